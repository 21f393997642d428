"""Quotas: how many submissions a team has left, by the limit that binds first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from customs_leaderboard.errors import QuotaError
from customs_leaderboard.rules.competition import Competition
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.submissions.receipts import next_day

_HOUR: Final = timedelta(hours=1)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass
class Usage:
    """Submissions of a team: on a day (UTC), in an hour of it, and in all."""

    n_today: int = 0
    n_this_hour: int = 0
    n_in_all: int = 0

    def add(self) -> None:
        """Count one more."""
        self.n_today += 1
        self.n_this_hour += 1
        self.n_in_all += 1


@dataclass(frozen=True)
class Quota:
    """What a team may still send.

    Attributes
    ----------
    n_left : int
        Submissions left by the limit that binds first.
    resets_at : datetime or None
        When that limit starts anew; None for the limit of the whole competition.
    """

    n_left: int
    resets_at: datetime | None


def quota_of(competition: Competition, usage: Usage, now: datetime) -> Quota:
    """Return what a team may still send at a time; `usage` is that of the same hour.

    Of two limits with as many left, the one that starts anew later binds.
    """
    return min(
        (quota for quota, _ in _limits(competition, usage, now)),
        key=lambda quota: (quota.n_left, _NEVER - (quota.resets_at or _NEVER)),
    )


def check_quota(competition: Competition, usage: Usage, now: datetime) -> None:
    """Check that a team may send one more file.

    Raises
    ------
    QuotaError
        If not; it names the limit that binds.
    """
    binding = quota_of(competition, usage, now)
    if binding.n_left:
        return
    words = next(words for quota, words in _limits(competition, usage, now) if quota == binding)
    raise QuotaError(f"Your team has used {words}", binding.resets_at)


def hour_of(moment: datetime) -> datetime:
    """Return the start of the hour (UTC) of a time, on whose limit a submission counts."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _limits(competition: Competition, usage: Usage, now: datetime) -> Iterator[tuple[Quota, str]]:
    """Yield for each limit what is left, and a sentence's end for when nothing is."""
    limits = competition.limits_at(now)
    tomorrow, next_hour = next_day(now), hour_of(now) + _HOUR
    yield (
        Quota(max(limits.daily - usage.n_today, 0), tomorrow),
        f"its {limits.daily} submissions for today. The next day starts {show_time(tomorrow)}.",
    )
    if limits.hourly:
        yield (
            Quota(max(limits.hourly - usage.n_this_hour, 0), next_hour),
            f"its {limits.hourly} submissions for this hour. The next hour starts "
            f"{show_time(next_hour)}.",
        )
    if limits.total:
        yield (
            Quota(max(limits.total - usage.n_in_all, 0), None),
            f"all its {limits.total} submissions of this competition.",
        )
