"""A team's note on a submission, which only the team sees."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.store.schema import Submission

#: Longest note, in characters.
MAX_NOTE: Final = 200


def check_note(note: str) -> str:
    """Return a note without blanks around it.

    Raises
    ------
    KitError
        If it has more than 200 characters, or others than printable ones.
    """
    note = note.strip()
    if len(note) > MAX_NOTE or not note.isprintable():
        raise KitError(f"A note has at most {MAX_NOTE} printable characters, without line breaks.")
    return note


def write_note(board: Board, team_number: int, number: int, note: str) -> None:
    """Replace the note on one of a team's submissions.

    Raises
    ------
    KitError
        As `check_note`.
    NotFoundError
        If the team has no such submission.
    """
    note = check_note(note)
    query = select(Submission).where(
        Submission.team_number == team_number, Submission.number == number
    )
    with board.database.writing() as session:
        submission = session.scalar(query)
        if submission is None:
            raise NotFoundError(f"Your team has no submission {number}.")
        submission.note = note
