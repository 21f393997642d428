"""Who acts and what they do, in the words of the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

ORGANIZER: Final = "organizer"
#: The organizer, through the service.
AT_ADMIN_PAGE: Final = f"{ORGANIZER} (admin page)"

#: Actions of `organizing.announcements`.
ANNOUNCED: Final = "announcement made"
WITHDRAWN: Final = "announcement withdrawn"
#: Action of `backup`.
BACKED_UP: Final = "backup written"
EVIDENCE_PUBLISHED: Final = "evidence published"
#: The master secret of a competition of seasons.
WORLDS_REVEALED: Final = "worlds revealed"
#: Commits to the exact scores of all submissions, after the labels were replaced.
SCORES_RENEWED: Final = "scores renewed"
#: Actions of teams in a competition of seasons.
ATTEMPT_BEGUN: Final = "attempt begun"
WEEK_DECIDED: Final = "week decided"
CLOCK_WRONG: Final = "clock ran backwards"
#: An entry whose time may lie before that of the entry before it.
CLOCK_ACCEPTED: Final = "clock accepted"

#: Actions after which final standings must be computed again.
CORRECTIONS: Final = (
    "team disabled", "team enabled", "submission struck", "submission restored",
    "solution replaced",
)  # fmt: skip
#: Actions whose entries everybody may read.
PUBLIC_ACTIONS: Final = (
    "competition made",
    "rules changed",
    "deadline extended",
    "competition closed",
    "final standings computed",
    "labels revealed",
    WORLDS_REVEALED,
    EVIDENCE_PUBLISHED,
    "competition restored",
    ANNOUNCED,
    WITHDRAWN,
    *CORRECTIONS,
    CLOCK_WRONG,
    CLOCK_ACCEPTED,
)

_organizer: ContextVar[str] = ContextVar("organizer", default=ORGANIZER)


def team_actor(number: int) -> str:
    """Return a team's name in the log."""
    return f"team {number}"


@contextmanager
def acting_at_admin_page() -> Iterator[None]:
    """Let the log name the admin page for what the organizer does in the block."""
    token = _organizer.set(AT_ADMIN_PAGE)
    try:
        yield
    finally:
        _organizer.reset(token)


def acting(actor: str) -> str:
    """Return an actor as the log names it here: the organizer may be at the admin page."""
    return _organizer.get() if actor == ORGANIZER else actor
