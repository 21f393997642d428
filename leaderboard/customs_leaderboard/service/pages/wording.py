"""How moments, scores and numbers read on a page; the same for every reader and every machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from customs_leaderboard.rules.competition import Competition

# Not strftime's %b: that one depends on the server's language.
_MONTHS: Final = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]


def say_day(moment: datetime) -> str:
    """Return the day (UTC) of a moment.

    Examples
    --------
    >>> say_day(datetime(2026, 4, 9, 13, 5, tzinfo=UTC))
    '9 Apr 2026'
    """
    moment = moment.astimezone(UTC)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def say_moment(moment: datetime) -> str:
    """Return a moment as people read it, in UTC.

    Examples
    --------
    >>> say_moment(datetime(2026, 4, 9, 13, 5, tzinfo=UTC))
    '9 Apr 2026, 13:05 UTC'
    """
    return f"{say_day(moment)}, {say_clock(moment)} UTC"


def say_short(moment: datetime) -> str:
    """Return a moment without year and zone, for columns that name them.

    Examples
    --------
    >>> say_short(datetime(2026, 4, 9, 13, 5, tzinfo=UTC))
    '9 Apr, 13:05'
    """
    moment = moment.astimezone(UTC)
    return f"{moment.day} {_MONTHS[moment.month - 1]}, {say_clock(moment)}"


def say_clock(moment: datetime) -> str:
    """Return the time of day in UTC."""
    moment = moment.astimezone(UTC)
    return f"{moment.hour:02}:{moment.minute:02}"


def say_left(left: timedelta) -> str:
    """Return how long something still takes, in one unit, rounded down.

    Examples
    --------
    >>> say_left(timedelta(days=18, hours=10)), say_left(timedelta(hours=30))
    ('18 days', '30 hours')
    >>> say_left(timedelta(minutes=61)), say_left(timedelta(seconds=40))
    ('61 minutes', 'less than a minute')
    """
    minutes = int(left.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    for unit, in_minutes in (("day", 1440), ("hour", 60)):
        if minutes >= 2 * in_minutes:
            return f"{minutes // in_minutes} {unit}s"
    return count(minutes, "minute")


def count(n: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count(1, "team"), count(1200, "team")
    ('1 team', '1,200 teams')
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def n_decimals(competition: Competition) -> int:
    """Return with how many decimals laddered scores are shown: as many as the grid has.

    The parameter-free Ladder's grid is one of k inspected declarations; three decimals tell its
    steps apart up to a thousand of them.
    """
    if competition.ladder == "parameter_free":
        return 3
    exponent = Decimal(repr(competition.ladder_step)).normalize().as_tuple().exponent
    return max(-int(exponent), 2)


def say_score(score: float, decimals: int = 3) -> str:
    """Return a precision.

    Examples
    --------
    >>> say_score(0.5), say_score(0.87, 2)
    ('0.500', '0.87')
    """
    return f"{score:.{decimals}f}"


def say_bytes(n_bytes: int) -> str:
    """Return a size of a file.

    Examples
    --------
    >>> say_bytes(812), say_bytes(431_215), say_bytes(3_500_000)
    ('812 B', '421 KiB', '3.3 MiB')
    """
    if n_bytes < 1 << 10:
        return f"{n_bytes} B"
    return (
        f"{n_bytes / (1 << 10):.0f} KiB" if n_bytes < 1 << 20 else f"{n_bytes / (1 << 20):.1f} MiB"
    )
