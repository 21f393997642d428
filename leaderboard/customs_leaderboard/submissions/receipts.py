"""Receipts of accepted files, and the days of the daily limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from customs_leaderboard.rules.schedule import show_time


@dataclass(frozen=True)
class Receipt:
    """Receipt of an accepted file.

    Attributes
    ----------
    number : int
        Number of the submission.
    received_at : datetime
        Time at which the service read the file's last bytes.
    sha256 : str
        SHA-256 of the file as it was sent.
    duplicate : bool
        Whether the team sent the same file or the same scores before; then `number` is that
        submission, and this one does not count.
    late : bool
        Whether it came after the close; late submissions are never ranked.
    shown : float or None
        The team's public score on the board after this submission (laddered); None if it is late.
    improved : bool
        Whether this submission changed that score.
    n_left_today : int
        Submissions left until `resets_at`, by the limit that binds first.
    resets_at : datetime or None
        When that limit starts anew; None for the limit of the whole competition.
    remark : str
        A sentence for the team where the other values could surprise; usually empty.
    """

    number: int
    received_at: datetime
    sha256: str
    duplicate: bool
    late: bool
    shown: float | None
    improved: bool
    n_left_today: int
    resets_at: datetime | None
    remark: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt as plain data for JSON."""
        resets_at = None if self.resets_at is None else show_time(self.resets_at)
        return {**vars(self), "received_at": show_time(self.received_at), "resets_at": resets_at}


def day_of(moment: datetime) -> str:
    """Return the day (UTC) of a time, on whose limit a submission counts."""
    return moment.astimezone(UTC).date().isoformat()


def next_day(moment: datetime) -> datetime:
    """Return the start of the day (UTC) after `moment`."""
    tomorrow = moment.astimezone(UTC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), UTC)
