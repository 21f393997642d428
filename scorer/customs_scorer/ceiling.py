"""The known ceiling: what a scorer that knew every true fraud probability would reach."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from customs_data.columns.matching import arrow_text, match_ids
from customs_data.edition.layout import USAGES
from customs_data.edition.loading import Edition, load_oracle, load_solution
from customs_data.errors import InvalidEditionError
from customs_data.schema import KEY
from customs_scorer.metrics.inspection import precision_at


def oracle_ceiling(edition: Edition, solution: pd.DataFrame | None = None) -> dict[str, Any]:
    """Return ceiling and schemes of a simulated edition (organizers).

    Parameters
    ----------
    edition : Edition
        An organizer's copy.
    solution : DataFrame, shape (n_test, 4), optional
        Its hidden labels in the order of test, where they have been loaded already.

    Returns
    -------
    dict
        ``ceiling``: by period, precision_at_5 and precision_at_10 of the true fraud probability
        before the label was drawn. ``schemes``: by scheme (what the importer really did; "honest"
        for nothing), the number of test declarations and the share of them labelled fraud.

    Raises
    ------
    InvalidEditionError
        If hidden/ is not at hand or holds no oracle.
    """
    if solution is None:
        solution = load_solution(edition.layout, edition.test[KEY])
    oracle = load_oracle(edition.layout)
    places = match_ids(arrow_text(solution[KEY]), arrow_text(oracle[KEY]))
    if (places < 0).any():
        raise InvalidEditionError(
            f"{edition.layout.hidden} must hold the truth of every row of test, however: not so."
        )
    oracle = oracle[["Fraud Probability", "Scheme"]].take(places)
    probability = oracle["Fraud Probability"].to_numpy(np.float64)
    fraud = solution["Fraud"].to_numpy()
    ceiling = {}
    for period, usage in USAGES.items():
        rows = (solution["Usage"] == usage).to_numpy()
        ceiling[period] = {
            f"precision_at_{n}": precision_at(fraud[rows], probability[rows], n / 100)
            for n in (5, 10)
        }
    scheme = oracle["Scheme"].fillna("").replace("", "honest")
    table = pd.Series(fraud).groupby(scheme.to_numpy()).agg(["size", "mean"])
    return {
        "ceiling": ceiling,
        "schemes": {
            str(name): {"n_declarations": int(row["size"]), "fraud_rate": float(row["mean"])}
            for name, row in table.sort_values("size", ascending=False).iterrows()
        },
    }
