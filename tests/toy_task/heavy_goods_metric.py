"""Metric file of the made-up task, for platforms: the share of all kilograms in the first fifth."""

from math import ceil

import pandas as pd

ANSWER = ("Mass Score",)
TARGET = ("True Mass",)
SCORES = {"mass_recall_at_20": {"rate": 0.2}}


class ParticipantVisibleError(Exception):
    """A participant's mistake."""


def score(
    solution: pd.DataFrame, submission: pd.DataFrame, row_id_column_name: str, rate: float = 0.2
) -> float:
    """Share of the mass among the ceil(rate * n) declarations with the highest Mass Score."""
    rows = solution.merge(submission, on=row_id_column_name, how="left", validate="one_to_one")
    if rows["Mass Score"].isna().any():
        raise ParticipantVisibleError("Some scores are missing.")
    first = rows.sort_values("Mass Score", ascending=False, kind="stable")
    opened = first.head(ceil(len(first) * 2 * rate / 2))
    return float(opened["True Mass"].sum() / rows["True Mass"].sum())
