"""The rules of a competition: competition.toml."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from customs_data.errors import KitError
from customs_data.toml import check_types, from_table, read_toml
from customs_leaderboard.ladder.ladder import GROUND_ERRORS, STRICT_ERRORS, Kind
from customs_leaderboard.rules.schedule import (
    Milestone,
    PhaseRules,
    as_plain,
    check_schedule,
    show_time,
)

_MAX_TITLE: Final = 120
_MAX_CONTACT: Final = 200
_LISTS: Final = ("phases", "milestones")

#: Values of rules added in later releases, for competitions announced before: neither their
#: competition.toml nor their database contains these rules, and an upgrade must change no rule.
RULES_BEFORE: Final = {
    "ladder_ground_errors": 0.0, "hourly_limit": 0, "total_limit": 0, "refused_limit": 20,
    "contact": "", "private": False, "phases": [], "milestones": [],
}  # fmt: skip


def check_announced(title: str, opens: datetime, closes: datetime, daily_limit: int) -> None:
    """Check what a competition announces, here or on another platform.

    Raises
    ------
    KitError
        If a value is outside the limits of `Competition`.
    """
    if not 1 <= len(title) <= _MAX_TITLE or not title.isprintable():
        raise KitError(f"The title must have 1 to {_MAX_TITLE} printable characters.")
    if opens >= closes:
        raise KitError(
            f"The competition opens {show_time(opens)}, which is not before it closes "
            f"({show_time(closes)}). Choose a later deadline."
        )
    check_within("daily_limit", daily_limit, 1, 1000)


def check_within(name: str, value: float, low: float, high: float) -> None:
    """Raise `KitError` unless a rule is in a range, ends included."""
    if not low <= value <= high:  # NaN, too, is refused
        raise KitError(f"{name} = {value} is out of range: choose {low} to {high}.")


@dataclass(frozen=True)
class Limits:
    """Submissions that a team may send, at one moment; 0 is no such limit.

    Attributes
    ----------
    daily, hourly, total, refused : int
        Submissions per day (UTC), per hour and in all; refused files per day.
    """

    daily: int
    hourly: int
    total: int
    refused: int


@dataclass(frozen=True)
class Competition:
    """The rules, as announced before the start.

    Attributes
    ----------
    title : str
        1 to 120 printable characters.
    edition : path
        Folder of the organizer's copy (public/ and hidden/).
    opens, closes : datetime
        Start, and the time from which submissions are late; UTC. `closes` is the deadline as first
        announced; the database contains extensions.
    ladder_step : float
        In (0, 0.5]: how far a public score must beat the team's best before the board shows it,
        and the grid that scores are rounded to.
    daily_limit : int
        Submissions per team and day (UTC), 1 to 1000.
    hourly_limit, total_limit : int
        Submissions per team and hour, and in all, 1 to 10,000; 0 is no such limit.
    refused_limit : int
        Refused files per team and day (UTC), 1 to 1000; further files of the team wait for the
        next day.
    n_selections : int
        Submissions that a team may select for the final standings, 1 to 10.
    ladder : {'step', 'parameter_free', 'paired'}
        What a submission must beat the shown score by (`customs_leaderboard.ladder.ladder`).
    ladder_standard_errors : float
        In [0, 10]: standard errors of the paired difference; only the paired Ladder uses it.
    ladder_ground_errors : float
        In [0, 10]: standard errors of a random file's score by which a submission must beat chance
        before the board shows anything but the score of chance. 0 turns this off, as in
        competitions announced before there was a ground.
    late_submissions : bool
        Whether files are accepted after the close; they are never ranked.
    max_upload_mib : int
        Size limit of a file in MiB, 1 to 4096.
    practice : bool
        Whether anyone may know the hidden labels.
    contact : str
        Where questions go: an address of e-mail or a web page, at most 200 printable characters.
    private : bool
        Whether only teams and people with the view code may see the competition.
    phases : tuple of PhaseRules
        Phases from the opening to the deadline, in order; none is one phase without a name. An
        extension of the deadline makes the last one longer.
    milestones : tuple of Milestone
        Dates that teams should know.
    """

    title: str
    edition: Path
    opens: datetime
    closes: datetime
    ladder_step: float
    daily_limit: int = 5
    n_selections: int = 2
    ladder: Kind = "step"
    ladder_standard_errors: float = STRICT_ERRORS
    ladder_ground_errors: float = GROUND_ERRORS
    late_submissions: bool = True
    max_upload_mib: int = 8
    practice: bool = False
    hourly_limit: int = 0
    total_limit: int = 0
    refused_limit: int = 20
    contact: str = ""
    private: bool = False
    phases: tuple[PhaseRules, ...] = ()
    milestones: tuple[Milestone, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)
        self._check_times()
        check_announced(self.title, self.opens, self.closes, self.daily_limit)
        check_within("hourly_limit", self.hourly_limit, 0, 10_000)
        check_within("total_limit", self.total_limit, 0, 10_000)
        check_within("refused_limit", self.refused_limit, 1, 1000)
        if len(self.contact) > _MAX_CONTACT or not self.contact.isprintable():
            raise KitError(f"The contact must have at most {_MAX_CONTACT} printable characters.")
        check_within("n_selections", self.n_selections, 1, 10)
        check_within("max_upload_mib", self.max_upload_mib, 1, 4096)
        if not 0 < self.ladder_step <= 0.5:
            raise KitError(
                f"ladder_step = {self.ladder_step} is out of range: choose a number above 0 and at "
                "most 0.5."
            )
        check_within("ladder_standard_errors", self.ladder_standard_errors, 0, 10)
        check_within("ladder_ground_errors", self.ladder_ground_errors, 0, 10)
        check_schedule(self.phases, self.milestones, self.opens, self.closes)

    def _check_times(self) -> None:
        for name in ("opens", "closes"):
            if getattr(self, name).utcoffset() is None:
                raise KitError(f"{name} has no time zone. Write it as 2026-03-01T00:00:00Z.")
            object.__setattr__(self, name, getattr(self, name).astimezone(UTC))

    @property
    def max_upload_bytes(self) -> int:
        """Size limit of a file in bytes."""
        return self.max_upload_mib << 20

    def phase_at(self, moment: datetime) -> PhaseRules | None:
        """Return the phase of a moment; the last one goes on after the deadline."""
        begun = [phase for phase in self.phases if phase.begins <= moment]
        return begun[-1] if begun else None

    def limits_at(self, moment: datetime) -> Limits:
        """Return the limits of a moment: a phase may have a daily limit of its own."""
        phase = self.phase_at(moment)
        daily = self.daily_limit if phase is None else phase.daily_limit or self.daily_limit
        return Limits(daily, self.hourly_limit, self.total_limit, self.refused_limit)

    def as_dict(self) -> dict[str, Any]:
        """Return the rules as plain data for JSON, without the edition's folder."""
        data = asdict(self) | {name: show_time(getattr(self, name)) for name in ("opens", "closes")}
        for name in _LISTS:
            data[name] = [as_plain(entry) for entry in getattr(self, name)]
        del data["edition"]
        return data

    def to_toml(self) -> str:
        """Return the text of competition.toml."""
        lines = [
            "# The rules of the competition, as announced. Extend the deadline with",
            "# `customs-kit leaderboard extend`; other changes are written to the audit log.",
        ]
        lines += toml_lines(self)
        for name in _LISTS:  # tables come last in TOML
            for entry in getattr(self, name):
                lines += ["", f"[[{name}]]", *toml_lines(entry)]
        return "\n".join(lines) + "\n"


def read_competition(path: Path) -> Competition:
    """Read competition.toml.

    Rules newer than the file get their value from `RULES_BEFORE`.

    Raises
    ------
    KitError
        If the file is missing, not TOML, or a value is not allowed.
    """
    if not path.exists():
        raise KitError(f"No such file: {path}. Make one with `customs-kit leaderboard init`.")
    rules = from_table(Competition, {**RULES_BEFORE, **read_toml(path)}, str(path))
    return replace(rules, edition=path.parent / rules.edition)


def toml_lines(table: Any) -> list[str]:
    """Return the lines of a dataclass of plain values; its tuples are left out."""
    lines = []
    for field in fields(table):
        value = getattr(table, field.name)
        if isinstance(value, datetime):
            text = show_time(value)
        elif isinstance(value, str | Path):
            text = _toml_text(str(value))
        elif isinstance(value, tuple):
            continue
        else:
            text = json.dumps(value)
        lines.append(f"{field.name} = {text}")
    return lines


def _toml_text(text: str) -> str:
    """Quote text for TOML: its basic strings are escaped as in JSON, except for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
