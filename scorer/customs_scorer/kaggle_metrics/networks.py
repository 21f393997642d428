"""Custom Kaggle metric: how well groups of importers agree with the true networks.

Paste this file into a Kaggle metric notebook; it needs only NumPy and pandas. Kaggle calls `score`
once for the public and once for the private rows of the solution. Participants see only the text of
a ParticipantVisibleError.
"""

import numpy as np
import pandas as pd

#: Columns of the solution that `score` reads, and columns of a submission after the ID.
TARGET = ("Network",)
ANSWER = ("Network",)
#: Published scores, the most important first, and the arguments of `score` for each.
SCORES = {"bcubed_f1": {"kind": "bcubed"}, "pair_f1": {"kind": "pairs"}}


class ParticipantVisibleError(Exception):
    """A participant's mistake; Kaggle shows its text to the participant."""


def score(
    solution: pd.DataFrame, submission: pd.DataFrame, row_id_column_name: str, kind: str = "bcubed"
) -> float:
    """Return the F1 score of groups against networks.

    Rows are matched by ID. Rows of the submission that the solution lacks (those of the other
    period) are left out before groups are compared; Kaggle itself checks that the IDs are complete.

    Parameters
    ----------
    solution : DataFrame
        ID column and Network; a lone importer has a name of its own.
    submission : DataFrame
        ID column and Network, any names: importers with the same one are one organisation.
    row_id_column_name : str
        Name of the ID column.
    kind : {"bcubed", "pairs"}
        Means over importers whose network has several IDs, or shares of all pairs.

    Examples
    --------
    Of 'a' and 'b', two of one network, only 'a' is joined, with the wrong one. Precision is the
    mean of 1/2 and 1, recall that of 1/2 and 1/2.

    >>> solution = pd.DataFrame({"id": list("abc"), "Network": ["x", "x", "y"]})
    >>> submission = pd.DataFrame({"id": list("abc"), "Network": ["1", "2", "1"]})
    >>> round(score(solution, submission, "id"), 4), score(solution, submission, "id", "pairs")
    (0.6, 0.0)
    """
    if "Network" not in solution or row_id_column_name not in solution or len(solution) == 0:
        raise ValueError(f"The solution needs rows with {row_id_column_name} and Network.")
    if solution[row_id_column_name].duplicated().any():
        raise ValueError("The solution needs one row per ID.")
    for name in (row_id_column_name, "Network"):
        if name not in submission:
            raise ParticipantVisibleError(f"Missing column: {name}.")
        if list(submission.columns).count(name) > 1:
            raise ParticipantVisibleError(f"The column {name} is repeated.")
    ids = submission[row_id_column_name].astype(str)
    if ids.duplicated().any():
        repeated = ids[ids.duplicated()].iloc[0]
        raise ParticipantVisibleError(f"Each ID needs one row; '{repeated}' is repeated.")
    names = submission["Network"]
    if names.isna().any() or (names.astype(str) == "").any():
        raise ParticipantVisibleError("Network is empty: a lone importer has a group of its own.")
    places = pd.Index(ids).get_indexer(pd.Index(solution[row_id_column_name].astype(str)))
    if (places < 0).any():
        raise ParticipantVisibleError(f"IDs are missing: {int((places < 0).sum())}.")
    group = pd.factorize(names.astype(str).to_numpy()[places])[0]
    network = pd.factorize(solution["Network"].astype(str).to_numpy())[0]
    both = pd.factorize(group.astype(np.int64) * (int(network.max()) + 1) + network)[0]
    in_group, in_network, in_both = (
        np.bincount(x)[x].astype(float) for x in (group, network, both)
    )
    if kind == "bcubed":
        judged = in_network > 1
        if not judged.any():
            return 0.0
        in_group, in_network, in_both = in_group[judged], in_network[judged], in_both[judged]
        return _f1(float(np.mean(in_both / in_group)), float(np.mean(in_both / in_network)))
    if kind != "pairs":
        raise ValueError("kind must be bcubed or pairs.")
    right = float(np.sum(in_both - 1))
    joined, true = float(np.sum(in_group - 1)), float(np.sum(in_network - 1))
    return _f1(right / joined if joined else 0.0, right / true if true else 0.0)


def _f1(precision: float, recall: float) -> float:
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0
