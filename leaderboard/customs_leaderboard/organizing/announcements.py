"""Announcements: news from the organizer to the teams, kept in the audit log."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.contest import Contest
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.store.actions import ANNOUNCED, ORGANIZER, WITHDRAWN
from customs_leaderboard.store.audit_log import append_entry, read_entries
from customs_leaderboard.store.schema import AuditEntry

#: Longest announcement, in characters.
MAX_LENGTH: Final = 1000
# Joiners and marks of direction that many scripts and emoji need; others are refused.
_JOINERS: Final = "\u200c\u200d\u200e\u200f"


@dataclass(frozen=True)
class Announcement:
    """News from the organizer.

    Attributes
    ----------
    number : int
        Number of its entry in the audit log.
    at : datetime
        When it was made (UTC).
    text : str
        At most 1,000 characters of Markdown.
    """

    number: int
    at: datetime
    text: str

    def as_dict(self) -> dict[str, Any]:
        """Return the announcement as plain data for JSON."""
        return {"number": self.number, "at": show_time(self.at), "text": self.text}


def check_text(text: str) -> str:
    """Return the text of an announcement without blanks around it, and with plain line breaks.

    Raises
    ------
    KitError
        If it is empty, longer than 1,000 characters, or has characters that nobody sees.
    """
    text = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if not 1 <= len(text) <= MAX_LENGTH:
        raise KitError(
            f"The announcement has {len(text):,} characters: write 1 to {MAX_LENGTH:,}, and put "
            "the rest on a page that it links to."
        )
    for sign in text:
        if sign not in f"\n\t{_JOINERS}" and unicodedata.category(sign).startswith("C"):
            raise KitError(
                f"The announcement contains the invisible character U+{ord(sign):04X}. Remove it."
            )
    return text


def announce(board: Contest, text: str) -> Announcement:
    """Publish an announcement; the public log contains it.

    Parameters
    ----------
    board : Contest
        The competition.
    text : str
        As `check_text`.

    Raises
    ------
    KitError
        As `check_text`.
    """
    text = check_text(text)
    with board.database.writing() as session:
        now = board.now()
        entry_hash = append_entry(
            board.database, session, now, ORGANIZER, ANNOUNCED, {"text": text}
        )
        query = select(AuditEntry.sequence).where(AuditEntry.hash == entry_hash)
        number = session.scalars(query).one()
    return Announcement(number, now, text)


def withdraw(board: Contest, number: int) -> Announcement:
    """Take an announcement off the pages and the feed; the log keeps it.

    Raises
    ------
    KitError
        If there is no such announcement, or it was withdrawn before.
    """
    with board.database.writing() as session:
        board.state(session, "write")  # two withdrawals at once wait for each other
        announcements = read_announcements(session)
        chosen = next((one for one in announcements if one.number == number), None)
        if chosen is None:
            numbers = ", ".join(str(one.number) for one in announcements) or "none"
            raise KitError(
                f"There is no announcement {number} to withdraw; on the page: {numbers}."
            )
        append_entry(
            board.database, session, board.now(), ORGANIZER, WITHDRAWN, {"announcement": number}
        )
    return chosen


def read_announcements(session: Session) -> list[Announcement]:
    """Return the announcements that are not withdrawn, newest first."""
    entries = read_entries(session, actions=(ANNOUNCED, WITHDRAWN))
    withdrawn = {entry.details["announcement"] for entry in entries if entry.action == WITHDRAWN}
    return [
        Announcement(entry.sequence, entry.at, entry.details["text"])
        for entry in entries
        if entry.action == ANNOUNCED and entry.sequence not in withdrawn
    ]
