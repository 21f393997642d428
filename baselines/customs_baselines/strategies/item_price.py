"""`item_price`: open the most expensive."""

from __future__ import annotations

from customs_baselines.season.week import Week
from customs_data.columns.column_set import declared_number
from customs_scorer.season.selection import Selection


class ItemPriceStrategy:
    """Open the highest Item Price: what a figure of revenue has to be read against."""

    def select(self, week: Week) -> Selection:
        """Return the most expensive arrivals."""
        return week.highest(declared_number(week.arrivals, "Item Price"))


ESTIMATOR = ItemPriceStrategy
SUMMARY = "Open the highest Item Price: to be read beside every figure of revenue."
