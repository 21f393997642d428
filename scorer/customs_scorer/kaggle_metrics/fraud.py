"""Custom Kaggle metric: precision@n % of customs declarations.

Paste this file into a Kaggle metric notebook; it needs only NumPy and pandas. Kaggle calls `score`
once for the public and once for the private rows of the solution. Participants see only the text of
a ParticipantVisibleError.
"""

from fractions import Fraction
from math import ceil

import numpy as np
import pandas as pd

#: Columns of the solution that `score` reads, and columns of a submission after the ID.
TARGET = ("Fraud",)
ANSWER = ("Fraud Score",)
#: Published scores, the most important first, and the arguments of `score` for each.
SCORES = {"precision_at_5": {"inspection_rate": 0.05}, "precision_at_10": {"inspection_rate": 0.10}}


class ParticipantVisibleError(Exception):
    """A participant's mistake; Kaggle shows its text to the participant."""


def score(
    solution: pd.DataFrame,
    submission: pd.DataFrame,
    row_id_column_name: str,
    inspection_rate: float = 0.05,
) -> float:
    """Return the precision among the ceil(inspection_rate * n) highest Fraud Scores.

    Ties at the cut count as the expected value under random tie-breaking. Rows are matched by ID.
    Rows of the submission that the solution lacks (those of the other period) are ignored; Kaggle
    itself checks that the IDs are complete.

    Parameters
    ----------
    solution : DataFrame
        ID column and Fraud (0 or 1).
    submission : DataFrame
        ID column and Fraud Score (finite; higher is more suspicious).
    row_id_column_name : str
        Name of the ID column.
    inspection_rate : float
        Share of declarations that are opened, in (0, 1].

    Examples
    --------
    Two of four are opened: 'a' (fraud) and one of 'b' (fraud) and 'c': (1 + 1 * 1 / 2) / 2.

    >>> solution = pd.DataFrame({"id": list("abcd"), "Fraud": [1, 1, 0, 0]})
    >>> submission = pd.DataFrame({"id": list("dcba"), "Fraud Score": [0.1, 0.5, 0.5, 0.9]})
    >>> score(solution, submission, "id", 0.5)
    0.75
    """
    if "Fraud" not in solution or row_id_column_name not in solution or len(solution) == 0:
        raise ValueError(f"The solution needs rows with {row_id_column_name} and Fraud.")
    labels = pd.to_numeric(solution["Fraud"]).to_numpy()
    if not np.isin(labels, (0, 1)).all() or solution[row_id_column_name].duplicated().any():
        raise ValueError("The solution needs one row per ID, with Fraud 0 or 1.")
    if not 0 < inspection_rate <= 1:
        raise ValueError("inspection_rate must be in (0, 1].")
    for name in (row_id_column_name, "Fraud Score"):
        if name not in submission:
            raise ParticipantVisibleError(f"Missing column: {name}.")
        if list(submission.columns).count(name) > 1:
            raise ParticipantVisibleError(f"The column {name} is repeated.")
    ids = submission[row_id_column_name].astype(str)
    if ids.duplicated().any():
        first = ids[ids.duplicated()].iloc[0]
        raise ParticipantVisibleError(f"Each ID needs one row; '{first}' is repeated.")
    scores = pd.to_numeric(submission["Fraud Score"], errors="coerce").astype("float64")
    if not np.isfinite(scores.to_numpy()).all():
        n_wrong = int((~np.isfinite(scores.to_numpy())).sum())
        raise ParticipantVisibleError(f"Fraud Score is not finite in {n_wrong} rows.")
    places = pd.Index(ids).get_indexer(pd.Index(solution[row_id_column_name].astype(str)))
    if (places < 0).any():
        raise ParticipantVisibleError(f"IDs are missing: {int((places < 0).sum())}.")
    values = scores.to_numpy()[places]

    # Exact arithmetic: in floating point, 0.07 * 100 is more than 7 and would open 8 declarations.
    k = ceil(Fraction(repr(float(inspection_rate))) * len(values))
    cut = np.partition(values, len(values) - k)[len(values) - k]
    above, tied = values > cut, values == cut
    n_above, n_tied = int(above.sum()), int(tied.sum())
    n_fraud_times_ties = int(labels[above].sum()) * n_tied + (k - n_above) * int(labels[tied].sum())
    return n_fraud_times_ties / (n_tied * k)
