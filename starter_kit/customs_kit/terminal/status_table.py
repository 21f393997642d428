"""Table of a competition's status for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.service.text_formats import format_bytes, format_left

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from customs_leaderboard.organizing.status import Status

_BARS = "▁▂▃▄▅▆▇█"


def status_table(status: Status) -> Table:
    """Return the status with one row per fact."""
    table = Table(title=Text(status.title), title_justify="left", show_header=False)
    teams, submissions, refused = status.teams, status.submissions, status.refused
    counts = [n for _, n in status.by_hour]
    phase = f"{status.phase}, {status.phase_of_rules}" if status.phase_of_rules else status.phase
    if status.phase == "open":
        phase += f", {format_left(status.closes - status.at)} left"
    n_entries = status.log["entries"]
    entries = "1 entry" if n_entries == 1 else f"{n_entries:,} entries"
    rows = {
        "phase": phase,
        "opens, closes": f"{show_time(status.opens)}, {show_time(status.closes)}",
        "teams": f"{teams['total']:,} with {teams['members']:,} members; {teams['disabled']:,} "
        f"disabled, {teams['with_submissions']:,} with submissions",
        "active in 24 hours": f"{teams['active']:,} teams, {teams['active_members']:,} members",
        "submissions": f"{submissions['total']:,}: {submissions['today']:,} today (UTC), "
        f"{submissions['last_24_hours']:,} in 24 hours; {submissions['late']:,} late, "
        f"{submissions['struck']:,} struck",
        "by hour, now last": f"{spark(counts)} most {max(counts):,}",
        "refused files": f"{refused['total']:,}: {refused['today']:,} today",
        "disk": f"{format_bytes(status.room.free)} free; the folder uses "
        f"{format_bytes(status.room.folder)}, the database {format_bytes(status.room.database)}",
        "last backup": "none"
        if status.backed_up_at is None
        else f"{show_time(status.backed_up_at)}, {_age(status.at - status.backed_up_at)} ago",
        "log": f"{entries}, newest hash {status.log['head']}",
        "version": status.version,
        "health": status.health,
    }
    for name, text in rows.items():
        table.add_row(name, Text(text))
    return table


def spark(counts: Sequence[int]) -> str:
    """Return counts as a row of bars; a dot is none.

    Examples
    --------
    >>> spark([0, 1, 4, 8])
    '·▁▄█'
    """
    most = max(counts, default=0)
    return "".join(_BARS[-(-8 * n // most) - 1] if n else "·" for n in counts)


def _age(age: timedelta) -> str:
    return format_left(age)
