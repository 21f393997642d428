"""The answers in files: their hash, the same for other line ends, order and spelling; ranks."""

from __future__ import annotations

import hashlib
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import select

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.store.schema import Submission
from customs_leaderboard.teams.teams import lock_teams

# Teams with files of earlier releases that this process has not hashed yet; new files have hashes.
_NOT_HASHED: Final[WeakKeyDictionary[Board, set[int]]] = WeakKeyDictionary()
_TEAMS: Final = select(Submission.team_number).where(Submission.answer_sha256.is_(None)).distinct()


def hash_answer(answer: npt.NDArray[Any]) -> str:
    """Return the SHA-256 of an answer, in hexadecimal.

    Parameters
    ----------
    answer : ndarray, shape (n_units,) or (n_units, n_columns)
        Answer of `Judge.check`.

    Notes
    -----
    The bytes hashed are those of little-endian float64, row by row, with 0.0 in place of -0.0; of
    little-endian int64 for groups; and of the texts of choices with a blank after each and a line
    break after each row.

    Examples
    --------
    >>> hash_answer(np.array([0.0, 0.5])) == hash_answer(np.array([-0.0, 5e-1]))
    True
    """
    if answer.dtype.kind == "U":
        rows = answer.tolist()
        return hashlib.sha256("".join(" ".join([*row, "\n"]) for row in rows).encode()).hexdigest()
    if answer.dtype.kind == "i":
        return hashlib.sha256(answer.astype("<i8").tobytes()).hexdigest()
    return hashlib.sha256((answer + 0.0).astype("<f8").tobytes()).hexdigest()


def average_ranks(answer: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ranks from 1; equal values share their mean rank. SciPy would take a second to load.

    Examples
    --------
    >>> average_ranks(np.array([0.5, 0.1, 0.5])).tolist()
    [2.5, 1.0, 2.5]
    """
    return np.array(pd.Series(answer).rank(), dtype=np.float64)


def rank_correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Return Spearman's correlation: exactly 1 for the same order, NaN if all values are equal.

    Examples
    --------
    >>> rank_correlation(np.array([0.1, 0.2, 0.3]), np.array([1.0, 5.0, 9.0]))
    1.0
    """
    ranks = [average_ranks(answer) - (len(answer) + 1) / 2 for answer in (one, other)]
    lengths = [float(rank @ rank) for rank in ranks]
    if not all(lengths):
        return float("nan")
    if np.array_equal(ranks[0], ranks[1]):
        return 1.0
    return float(ranks[0] @ ranks[1]) / float(np.sqrt(lengths[0] * lengths[1]))


def hash_old_answers(board: Board, team_number: int) -> None:
    """Hash the scores in a team's files that an earlier release accepted, once.

    Where several of them have the same scores, only the first gets the hash. A file that cannot be
    read gets none.

    Raises
    ------
    UnavailableError
        If the database does not respond.
    """
    if board not in _NOT_HASHED:
        with board.database.reading() as session:
            _NOT_HASHED[board] = set(session.scalars(_TEAMS))
    if team_number not in _NOT_HASHED[board]:
        return
    of_team = Submission.team_number == team_number
    query = select(Submission).where(of_team, Submission.answer_sha256.is_(None))
    with board.database.reading() as session:
        hashes = {row.number: _hash_of(board, row) for row in session.scalars(query)}
    if hashes:
        with board.database.writing() as session:
            lock_teams(board.database, session, [team_number])
            taken = {None, *session.scalars(select(Submission.answer_sha256).where(of_team))}
            for row in session.scalars(query.order_by(Submission.number)):
                if (answer := hashes.get(row.number)) not in taken:
                    row.answer_sha256 = answer
                    taken.add(answer)
    _NOT_HASHED[board].discard(team_number)


def _hash_of(board: Board, submission: Submission) -> str | None:
    """Return the hash of an accepted file's scores; None if the file cannot be read."""
    try:
        checked = board.judge.check(board.folder.accepted_file(submission))
    except KitError:
        return None
    return hash_answer(checked.answer) if checked.passed else None
