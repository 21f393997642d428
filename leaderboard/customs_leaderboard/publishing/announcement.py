"""What is announced on a platform, and which editions may be published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from customs_data.edition.manifest import Manifest
from customs_data.errors import KitError
from customs_leaderboard.competition import show_time

_MAX_TITLE: Final = 120
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
        if not 1 <= len(self.title) <= _MAX_TITLE or not self.title.isprintable():
            raise KitError(f"The title must have 1 to {_MAX_TITLE} printable characters.")
        if self.opens >= self.closes:
            raise KitError(
                "The competition must open before it closes, however: it opens "
                f"{show_time(self.opens)} and closes {show_time(self.closes)}."
            )
        if not 1 <= self.daily_limit <= 1000:
            raise KitError(f"daily_limit must lie within 1 .. 1000, however: {self.daily_limit}.")
        if not self.contact.isprintable() or any(sign in self.contact for sign in "<>[]()"):
            raise KitError("The contact must be a mail address or URL without brackets.")


def check_origin(manifest: Manifest, *, practice: bool) -> None:
    """Refuse editions whose hidden labels anyone can make again.

    Raises
    ------
    KitError
        If the seed is published and `practice` is not said.
    """
    if manifest.origin == "published-seed" and not practice:
        raise KitError(
            f"A competition's edition must be made from a secret, however: {manifest.name} "
            "is of a published seed: anyone can make its labels again. Make one with `customs-kit "
            "data generate --secret-file`, or say --practice."
        )


def origin_warning(manifest: Manifest) -> str | None:
    """Return what an organizer should know of the edition's origin before publishing it."""
    if manifest.origin == "import":
        return "the edition was imported: whoever has its source knows the labels."
    return None
