"""`item_price`: open the most expensive."""

from __future__ import annotations

import numpy as np

from customs_baselines.season.week import Week
from customs_scorer.season.selection import Selection


class ItemPriceStrategy:
    """Open the highest Item Price: what a figure of revenue has to be read against."""

    def select(self, week: Week) -> Selection:
        """Return the most expensive arrivals."""
        return week.highest(week.arrivals["Item Price"].to_numpy(np.float64))


ESTIMATOR = ItemPriceStrategy
SUMMARY = "Open the highest Item Price: to be read beside every figure of revenue."
