"""Custom Kaggle metric: share of declarations whose goods are among the first codes named.

Paste this file into a Kaggle metric notebook; it needs only NumPy and pandas. Kaggle calls `score`
once for the public and once for the private rows of the solution. Participants see only the text of
a ParticipantVisibleError.
"""

import re

import numpy as np
import pandas as pd

#: Columns of the solution that `score` reads, and columns of a submission after the ID.
TARGET = ("True HS6 Code",)
ANSWER = ("HS6 Code",)
#: Published scores, the most important first, and the arguments of `score` for each.
SCORES = {"top_1": {"first": 1}, "top_5": {"first": 5}}
#: Codes that a cell may have.
MOST = 5


class ParticipantVisibleError(Exception):
    """A participant's mistake; Kaggle shows its text to the participant."""


def score(
    solution: pd.DataFrame, submission: pd.DataFrame, row_id_column_name: str, first: int = 1
) -> float:
    """Return the share of declarations whose true code is among the first ones named.

    A cell has up to five different codes of six digits, best first, with blanks between them. An
    empty cell is wrong. Rows are matched by ID. Rows of the submission that the solution lacks
    (those of the other period) are ignored; Kaggle itself checks that the IDs are complete.

    Parameters
    ----------
    solution : DataFrame
        ID column and True HS6 Code.
    submission : DataFrame
        ID column and HS6 Code. Numbers are read as codes that lost their leading zeros.
    row_id_column_name : str
        Name of the ID column.
    first : int
        Number of codes that count.

    Examples
    --------
    >>> solution = pd.DataFrame({"id": list("ab"), "True HS6 Code": ["010121", "841821"]})
    >>> submission = pd.DataFrame({"id": list("ba"), "HS6 Code": ["841899 841821", "010121"]})
    >>> score(solution, submission, "id"), score(solution, submission, "id", first=5)
    (0.5, 1.0)
    """
    if "True HS6 Code" not in solution or row_id_column_name not in solution or len(solution) == 0:
        raise ValueError(f"The solution needs rows with {row_id_column_name} and True HS6 Code.")
    if solution[row_id_column_name].duplicated().any():
        raise ValueError("The solution needs one row per ID.")
    for name in (row_id_column_name, "HS6 Code"):
        if name not in submission:
            raise ParticipantVisibleError(f"Missing column: {name}.")
        if list(submission.columns).count(name) > 1:
            raise ParticipantVisibleError(f"The column {name} is repeated.")
    ids = submission[row_id_column_name].astype(str)
    if ids.duplicated().any():
        repeated = ids[ids.duplicated()].iloc[0]
        raise ParticipantVisibleError(f"Each ID needs one row; '{repeated}' is repeated.")
    cells = [_codes(cell) for cell in submission["HS6 Code"]]
    places = pd.Index(ids).get_indexer(pd.Index(solution[row_id_column_name].astype(str)))
    if (places < 0).any():
        raise ParticipantVisibleError(f"IDs are missing: {int((places < 0).sum())}.")
    true = [_code(value) for value in solution["True HS6 Code"]]
    hits = [code in cells[place][:first] for code, place in zip(true, places)]  # noqa: B905
    return float(np.mean(hits))


def _code(value: object) -> str:
    """Return a code as six digits, also if a program has taken it for a number."""
    text = str(value)
    if text.endswith(".0"):
        text = text[:-2]
    return text.zfill(6)


def _codes(cell: object) -> "list[str]":
    """Return the codes of a cell, best first."""
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return []
    codes = str(cell).split() if isinstance(cell, str) else [_code(cell)]
    if len(codes) == 1:
        codes = [_code(codes[0])]
    wrong = [code for code in codes if not re.fullmatch("[0-9]{6}", code)]
    if wrong:
        raise ParticipantVisibleError(
            f"HS6 Code needs codes of six digits with blanks between them, unlike '{cell}'."
        )
    if len(codes) > MOST or len(set(codes)) < len(codes):
        raise ParticipantVisibleError(
            f"HS6 Code needs up to {MOST} different codes, unlike '{cell}'."
        )
    return codes
