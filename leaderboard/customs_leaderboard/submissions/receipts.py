"""Receipts: what a team is told of an accepted file; and the days that quotas are counted in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from customs_leaderboard.rules.competition import show_time


@dataclass(frozen=True)
class Receipt:
    """What a team is told of an accepted file.

    Attributes
    ----------
    number : int
        Of the submission.
    received_at : datetime
        When the whole file had been received.
    sha256 : str
        Of the file as it was sent.
    duplicate : bool
        Whether the team had sent the same file before: `number` is the earlier one, and nothing
        was counted.
    late : bool
        Whether it came after the close: it is never ranked.
    shown : float or None
        The team's public score on the board after it (laddered); None if it was late.
    improved : bool
        Whether it changed that score.
    n_left_today : int
        Submissions left until `resets_at`.
    resets_at : datetime
        When the next day (UTC) begins.
    """

    number: int
    received_at: datetime
    sha256: str
    duplicate: bool
    late: bool
    shown: float | None
    improved: bool
    n_left_today: int
    resets_at: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt as plain data for JSON."""
        moments = {"received_at": self.received_at, "resets_at": self.resets_at}
        return {**vars(self), **{name: show_time(at) for name, at in moments.items()}}


def day_of(moment: datetime) -> str:
    """Return the day (UTC) whose quota a submission is counted in."""
    return moment.astimezone(UTC).date().isoformat()


def next_day(moment: datetime) -> datetime:
    """Return when the quota of the day of `moment` resets."""
    tomorrow = moment.astimezone(UTC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), UTC)
