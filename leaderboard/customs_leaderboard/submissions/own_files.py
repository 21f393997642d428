"""A team's accepted files, as it sent them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.errors import NotFoundError, UnavailableError
from customs_leaderboard.store.schema import Submission


@dataclass(frozen=True)
class OwnFile:
    """An accepted file: where it is, what to call it, its media type and hash."""

    path: Path
    name: str
    media_type: str
    sha256: str


def own_file(board: Board, team_number: int, number: int) -> OwnFile:
    """Return the file of one of a team's submissions.

    Raises
    ------
    NotFoundError
        If the team has no such submission.
    UnavailableError
        If the file is missing or has changed.
    """
    query = select(Submission).where(
        Submission.team_number == team_number, Submission.number == number
    )
    with board.database.reading() as session:
        submission = session.scalar(query)
    if submission is None:
        raise NotFoundError(f"Your team has no submission {number}.")
    try:
        path = board.folder.accepted_file(submission)
    except KitError as error:  # which names the path, for organizers
        raise UnavailableError(
            f"The file of submission {number} cannot be read. Tell the organizer."
        ) from error
    is_gzip = submission.suffix.endswith(".gz")
    media_type = "application/gzip" if is_gzip else "text/csv"
    return OwnFile(path, f"submission-{number}{submission.suffix}", media_type, submission.sha256)
