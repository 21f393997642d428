"""A team's actions on Kaggle: send a file, list its submissions, fetch the leaderboard."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Final

from customs_data.errors import KitError
from customs_data.temporary import scratch_folder
from customs_leaderboard.publishing.kaggle.client import KaggleService
from customs_scorer.formats import plain_csv

_FAILED: Final = "Could not submit to competition"


def send_submission(service: KaggleService, file: Path, competition: str, message: str) -> str:
    """Send a file, unpacked if it is compressed; return Kaggle's answer.

    Raises
    ------
    KitError
        If the file was not accepted; the client reports a failed upload as an answer.
    """
    with plain_csv(file) as plain:
        answer = service.call(
            "sending the submission",
            "competition_submit",
            str(plain),
            message,
            competition,
            quiet=True,
        )
    if answer.message == _FAILED or not answer.message:
        raise KitError(
            f"The upload of {file} failed. Look at `customs-kit submission status`, then try again."
        )
    return str(answer.message)


def list_submissions(service: KaggleService, competition: str) -> list[dict[str, Any]]:
    """Return the team's submissions as plain data, newest first."""
    items = service.call("listing submissions", "competition_submissions", competition)
    return [
        {
            "file": item.file_name,
            "sent": None if item.date is None else item.date.isoformat(),
            "message": item.description,
            "status": item.status.name.lower(),
            "public_score": item.public_score or None,
            "private_score": item.private_score or None,
            "error": item.error_description or None,
        }
        for item in items or []
    ]


def view_leaderboard(service: KaggleService, competition: str) -> list[dict[str, Any]]:
    """Return the first page of the leaderboard as plain data, best first."""
    items = service.call("reading the leaderboard", "competition_leaderboard_view", competition)
    return [
        {
            "team": item.team_name,
            "score": item.score,
            "sent": None if item.submission_date is None else item.submission_date.isoformat(),
        }
        for item in items or []
    ]


def download_leaderboard(service: KaggleService, competition: str) -> bytes:
    """Return the whole leaderboard as CSV.

    Raises
    ------
    KitError
        If the answer is not an archive with one CSV file.
    """
    with scratch_folder() as folder:
        service.call(
            "fetching the leaderboard", "competition_leaderboard_download", competition, str(folder)
        )
        (archive,) = folder.glob("*.zip")
        try:
            with zipfile.ZipFile(archive) as content:
                (member,) = (name for name in content.namelist() if name.endswith(".csv"))
                return content.read(member)
        except (zipfile.BadZipFile, ValueError):
            raise KitError(
                "Kaggle's answer is no zip archive with the leaderboard as one CSV file. Try again "
                "later."
            ) from None
