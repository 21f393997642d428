"""Custom Kaggle metric: mean average precision over seven violations.

Paste this file into a Kaggle metric notebook; it needs only NumPy and pandas. Kaggle calls `score`
once for the public and once for the private rows of the solution. Participants see only the text of
a ParticipantVisibleError.
"""

import numpy as np
import pandas as pd

#: Columns of the solution that `score` reads, and columns of a submission after the ID: the score
#: of the violation with code 1, 2, ...
TARGET = ("Violation Code",)
ANSWER = (
    "Undervaluation Score",
    "Overvaluation Score",
    "Misclassification Score",
    "False origin Score",
    "Quantity misstatement Score",
    "Wrong tariff rate Score",
    "Origin marking Score",
)
#: Published scores, the most important first, and the arguments of `score` for each.
SCORES: "dict[str, dict[str, object]]" = {"mean_average_precision": {}}


class ParticipantVisibleError(Exception):
    """A participant's mistake; Kaggle shows its text to the participant."""


def score(solution: pd.DataFrame, submission: pd.DataFrame, row_id_column_name: str) -> float:
    """Return the mean, over the violations of the solution, of the average precision.

    The average precision of a violation is the mean, over its declarations, of the share of such
    declarations among all with at least their score. Rows are matched by ID. Rows of the submission
    that the solution lacks (those of the other period) are ignored; Kaggle itself checks that the
    IDs are complete.

    Parameters
    ----------
    solution : DataFrame
        ID column and Violation Code (0 = none).
    submission : DataFrame
        ID column and a score for each violation (finite; higher is more suspicious).
    row_id_column_name : str
        Name of the ID column.

    Examples
    --------
    >>> solution = pd.DataFrame({"id": list("abc"), "Violation Code": [1, 0, 1]})
    >>> submission = pd.DataFrame({"id": list("abc"), **{name: [0.9, 0.5, 0.1] for name in ANSWER}})
    >>> round(score(solution, submission, "id"), 4)
    0.8333
    """
    label = "Violation Code"
    if label not in solution or row_id_column_name not in solution or len(solution) == 0:
        raise ValueError(f"The solution needs rows with {row_id_column_name} and {label}.")
    violation = pd.to_numeric(solution[label]).to_numpy()
    known = np.isin(violation, range(len(ANSWER) + 1))
    if not known.all() or solution[row_id_column_name].duplicated().any():
        raise ValueError(f"The solution needs one row per ID, with {label} 0 to {len(ANSWER)}.")
    for name in (row_id_column_name, *ANSWER):
        if name not in submission:
            raise ParticipantVisibleError(f"Missing column: {name}.")
        if list(submission.columns).count(name) > 1:
            raise ParticipantVisibleError(f"The column {name} is repeated.")
    ids = submission[row_id_column_name].astype(str)
    if ids.duplicated().any():
        repeated = ids[ids.duplicated()].iloc[0]
        raise ParticipantVisibleError(f"Each ID needs one row; '{repeated}' is repeated.")
    places = pd.Index(ids).get_indexer(pd.Index(solution[row_id_column_name].astype(str)))
    if (places < 0).any():
        raise ParticipantVisibleError(f"IDs are missing: {int((places < 0).sum())}.")
    precisions = []
    for code, name in enumerate(ANSWER, start=1):
        scores = pd.to_numeric(submission[name], errors="coerce").astype("float64").to_numpy()
        if not np.isfinite(scores).all():
            n_wrong = int((~np.isfinite(scores)).sum())
            raise ParticipantVisibleError(f"{name} is not finite in {n_wrong} rows.")
        if (violation == code).any():
            precisions.append(_average_precision(scores[places], violation == code))
    if not precisions:
        raise ValueError("The solution has no violation.")
    return float(np.mean(precisions))


def _average_precision(scores: np.ndarray, positive: np.ndarray) -> float:
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    hits = np.cumsum(positive[order])[ends].astype(float)
    gained = np.diff(np.insert(hits, 0, 0.0))
    return float(np.sum(gained * hits / (ends + 1)) / hits[-1])
