"""The known ceiling: what a model that knew every true fraud probability would score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from customs_data.columns.matching import arrow_text, match_ids
from customs_data.edition.layout import USAGES
from customs_data.edition.loading import Edition, load_oracle, load_solution
from customs_data.errors import InvalidEditionError
from customs_data.schema import KEY
from customs_scorer.metrics import metrics_of
from customs_scorer.metrics.metric import values_of


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
        ``ceiling``: by period, the ranked metrics of the true fraud probability before the label
        was drawn; empty for a task whose best answer the oracle does not contain.
        ``schemes``: by scheme (what the importer really did; "honest"
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
            f"{edition.layout.hidden} lacks the simulator's truth for some rows of test.csv."
        )
    metrics, oracle = metrics_of(edition.task), oracle.take(places)
    best = oracle[metrics.oracle].to_numpy(np.float64) if metrics.oracle else np.zeros(0)
    ceiling: dict[str, dict[str, float]] = {}
    for period, usage in USAGES.items() if metrics.oracle else ():
        rows = (solution["Usage"] == usage).to_numpy()
        answers = solution.loc[rows, list(edition.task.target_names)]
        ceiling[period] = values_of(metrics.ranked, answers, best[rows])
    scheme = oracle["Scheme"].fillna("").replace("", "honest")
    table = solution[edition.task.label].groupby(scheme.to_numpy()).agg(["size", "mean"])
    return {
        "ceiling": ceiling,
        "schemes": {
            str(name): {"n_declarations": int(row["size"]), "fraud_rate": float(row["mean"])}
            for name, row in table.sort_values("size", ascending=False).iterrows()
        },
    }
