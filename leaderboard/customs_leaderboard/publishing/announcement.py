"""What is announced on a platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from customs_data.errors import KitError
from customs_leaderboard.rules.competition import check_announced

#: How long the private phase takes what was sent before the close.
PRIVATE_PHASE: Final = timedelta(days=1)


@dataclass(frozen=True)
class Announcement:
    """The facts of a competition that the edition does not know.

    Attributes
    ----------
    title : str
        1 to 120 printable characters.
    opens, closes : datetime
        UTC; submissions are taken from the first moment until before the second.
    daily_limit : int
        Submissions a participant may make in a day, 1 to 1000.
    contact : str
        Where questions go: an address people can write to, or an URL; may be empty.
    """

    title: str
    opens: datetime
    closes: datetime
    daily_limit: int = 5
    contact: str = ""

    def __post_init__(self) -> None:
        check_announced(self.title, self.opens, self.closes, self.daily_limit)
        if not self.contact.isprintable() or any(sign in self.contact for sign in "<>[]()"):
            raise KitError("The contact must be a mail address or URL without brackets.")
