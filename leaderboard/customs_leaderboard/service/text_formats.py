"""Texts of moments, scores and numbers on a page, the same on every machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from customs_leaderboard.rules.competition import Competition

# Not strftime's %b, which depends on the server's language.
_MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
)  # fmt: skip


def format_day(moment: datetime) -> str:
    """Return the day of a moment (UTC).

    Examples
    --------
    >>> format_day(datetime(2026, 4, 9, 13, 5, tzinfo=UTC))
    '9 Apr 2026'
    """
    return f"{format_short_day(moment)} {moment.astimezone(UTC).year}"


def format_short_day(moment: datetime) -> str:
    """Return the day of a moment without the year (UTC)."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {_MONTHS[moment.month - 1]}"


def format_moment(moment: datetime) -> str:
    """Return day and time of a moment (UTC).

    Examples
    --------
    >>> format_moment(datetime(2026, 4, 9, 13, 5, tzinfo=UTC))
    '9 Apr 2026, 13:05 UTC'
    """
    return f"{format_day(moment)}, {format_clock(moment)} UTC"


def format_short(moment: datetime) -> str:
    """Return day and time of a moment without year and zone (UTC).

    Examples
    --------
    >>> format_short(datetime(2026, 4, 9, 13, 5, tzinfo=UTC))
    '9 Apr, 13:05'
    """
    return f"{format_short_day(moment)}, {format_clock(moment)}"


def format_clock(moment: datetime) -> str:
    """Return the time of day (UTC)."""
    moment = moment.astimezone(UTC)
    return f"{moment.hour:02}:{moment.minute:02}"


def format_left(left: timedelta) -> str:
    """Return a remaining time in one unit, rounded down; below 6 hours with minutes.

    Examples
    --------
    >>> format_left(timedelta(days=18, hours=10)), format_left(timedelta(hours=30))
    ('18 days', '30 hours')
    >>> format_left(timedelta(minutes=61)), format_left(timedelta(seconds=40))
    ('61 minutes', 'less than a minute')
    >>> format_left(timedelta(hours=2, minutes=59)), format_left(timedelta(hours=3))
    ('2 hours 59 minutes', '3 hours')
    """
    minutes = int(left.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    if 2 <= hours < 6 and rest:
        return f"{hours} hours {count(rest, 'minute')}"
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
    """Return the number of decimals of laddered scores: as many as the Ladder's step has.

    The step of the parameter-free Ladder is one of the k inspected declarations: three decimals
    suffice up to k = 1,000.
    """
    if competition.ladder == "parameter_free":
        return 3
    exponent = Decimal(repr(competition.ladder_step)).normalize().as_tuple().exponent
    return max(-int(exponent), 2)


def format_score(score: float, decimals: int = 3) -> str:
    """Return a score with fixed decimals.

    Examples
    --------
    >>> format_score(0.5), format_score(0.87, 2), format_score(1234567.8)
    ('0.500', '0.87', '1,234,568')
    """
    return f"{score:.{decimals}f}" if abs(score) < 1000 else f"{score:,.0f}"


def capitalized(text: str) -> str:
    """Return a text with a capital letter."""
    return text[:1].upper() + text[1:]


def unbroken(text: str) -> str:
    r"""Return a text without line breaks before the percent sign.

    Examples
    --------
    >>> unbroken("precision@5 %")
    'precision@5\xa0%'
    """
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def format_megabytes(n_bytes: int) -> str:
    """Return the size of a download.

    Examples
    --------
    >>> format_megabytes(5_634_000), format_megabytes(12_000), format_megabytes(91_000_000)
    ('5.6 MB', '0.1 MB', '91 MB')
    """
    megabytes = max(n_bytes / 1e6, 0.1)
    return f"{megabytes:.1f} MB" if megabytes < 10 else f"{megabytes:.0f} MB"


def format_bytes(n_bytes: int) -> str:
    """Return a file size.

    Examples
    --------
    >>> format_bytes(812), format_bytes(431_215), format_bytes(3_500_000)
    ('812 B', '421 KiB', '3.3 MiB')
    """
    if n_bytes < 1 << 10:
        return f"{n_bytes} B"
    if n_bytes < 1 << 20:
        return f"{n_bytes / (1 << 10):.0f} KiB"
    if n_bytes < 1 << 30:
        return f"{n_bytes / (1 << 20):.1f} MiB"
    return f"{n_bytes / (1 << 30):,.1f} GiB"
