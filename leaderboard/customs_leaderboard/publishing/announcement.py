"""Announcement of a competition on a platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from customs_data.errors import KitError
from customs_leaderboard.rules.competition import check_announced

#: Length of Codabench's private phase, which scores the files from before the close.
PRIVATE_PHASE: Final = timedelta(days=1)


@dataclass(frozen=True)
class Announcement:
    """Facts of a competition that are not part of the edition.

    Attributes
    ----------
    title : str
        1 to 120 printable characters.
    opens, closes : datetime
        Submissions are accepted from `opens` (inclusive) to `closes` (exclusive); UTC.
    daily_limit : int
        Submissions per participant and day, 1 to 1000.
    contact : str
        Mail address or URL for questions; may be empty.
    """

    title: str
    opens: datetime
    closes: datetime
    daily_limit: int = 5
    contact: str = ""

    def __post_init__(self) -> None:
        check_announced(self.title, self.opens, self.closes, self.daily_limit)
        if not self.contact.isprintable() or any(sign in self.contact for sign in "<>[]()"):
            raise KitError("The contact has brackets: give a mail address or URL without them.")
