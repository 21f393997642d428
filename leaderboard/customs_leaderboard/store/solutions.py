"""Solutions that replaced the edition's one during the competition, newest last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from customs_data.edition.commitment import Replacement
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.store.schema import Solution

if TYPE_CHECKING:
    from customs_leaderboard.board import Board


def read_solutions(board: Board) -> list[Solution]:
    """Return the solutions that replaced another, oldest first."""
    with board.database.reading() as session:
        return list(session.scalars(select(Solution).order_by(Solution.number)))


def read_replacements(board: Board) -> list[Replacement]:
    """Return the files and commitments of `read_solutions`."""
    return [
        Replacement(board.folder.solution_path(one.number), one.commitment)
        for one in read_solutions(board)
    ]


def solution_as_dict(solution: Solution) -> dict[str, Any]:
    """Return what is public about a solution, before the close, too.

    Not its SHA-256: without the nonce, whoever knows nearly all labels could guess the rest.
    """
    return {
        "at": show_time(solution.at),
        "reason": solution.reason,
        "commitment": solution.commitment,
        "previous_commitment": solution.previous_commitment,
    }
