"""The schedule of a competition: times as text, phases and milestones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from customs_data.errors import KitError

_MAX_NAME: Final = 60
_MAX_DESCRIPTION: Final = 200
_MAX_ENTRIES: Final = 20
_MAX_DAILY: Final = 1000
_STEP: Final = re.compile(r"\+([0-9]{1,5})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class PhaseRules:
    """A phase, which lasts until the next one begins or the competition closes.

    Attributes
    ----------
    name : str
        1 to 60 printable characters.
    begins : datetime
        First moment (UTC).
    daily_limit : int
        Submissions per team and day during the phase, 1 to 1000; 0 is the competition's limit.
    """

    name: str
    begins: datetime
    daily_limit: int = 0

    def __post_init__(self) -> None:
        _check_text("name of a phase", self.name, 1, _MAX_NAME)
        if not 0 <= self.daily_limit <= _MAX_DAILY:
            raise KitError(
                f"daily_limit = {self.daily_limit} of phase {self.name!r} is out of range: choose "
                f"0 to {_MAX_DAILY}."
            )
        object.__setattr__(self, "begins", _utc("begins", self.begins))


@dataclass(frozen=True)
class Milestone:
    """A date that teams should know; it changes no rule.

    Attributes
    ----------
    name : str
        1 to 60 printable characters.
    at : datetime
        The moment (UTC), before or after the deadline.
    description : str
        At most 200 printable characters.
    """

    name: str
    at: datetime
    description: str = ""

    def __post_init__(self) -> None:
        _check_text("name of a milestone", self.name, 1, _MAX_NAME)
        _check_text("description of a milestone", self.description, 0, _MAX_DESCRIPTION)
        object.__setattr__(self, "at", _utc("at", self.at))


def check_schedule(
    phases: Sequence[PhaseRules],
    milestones: Sequence[Milestone],
    opens: datetime,
    closes: datetime,
) -> None:
    """Check that phases fill the time from the opening to the deadline, and names differ.

    Raises
    ------
    KitError
        If they do not.
    """
    for kind, entries in (("phases", phases), ("milestones", milestones)):
        if len(entries) > _MAX_ENTRIES:
            raise KitError(f"There are {len(entries)} {kind}: choose at most {_MAX_ENTRIES}.")
        names = [entry.name.casefold() for entry in entries]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise KitError(f"Two {kind} have the name {twice!r}. Choose another name for one.")
    if not phases:
        return
    if phases[0].begins != opens:
        raise KitError(
            f"The first phase, {phases[0].name!r}, begins {show_time(phases[0].begins)}, but the "
            f"competition opens {show_time(opens)}. Choose the same time for both."
        )
    ends = [*(phase.begins for phase in phases[1:]), closes]
    for phase, end in zip(phases, ends, strict=True):
        if phase.begins >= end:
            raise KitError(
                f"Phase {phase.name!r} begins {show_time(phase.begins)}, which is not before its "
                f"end ({show_time(end)}). Give the phases in order, all before the deadline."
            )


def as_plain(entry: PhaseRules | Milestone) -> dict[str, Any]:
    """Return a phase or a milestone as plain data for JSON."""
    values = asdict(entry)
    return {
        key: show_time(value) if isinstance(value, datetime) else value
        for key, value in values.items()
    }


def parse_phase(text: str, start: datetime | None) -> PhaseRules:
    """Parse ``NAME=TIME`` or ``NAME=TIME,LIMIT``, with a daily limit of the phase.

    Parameters
    ----------
    text : str
        The phase.
    start : datetime, optional
        What a time such as ``+3h`` counts from (see `parse_moment`).

    Raises
    ------
    KitError
        If it has another form.

    Examples
    --------
    >>> as_plain(parse_phase("Warm-up=2030-01-01,20", None))
    {'name': 'Warm-up', 'begins': '2030-01-01T00:00:00Z', 'daily_limit': 20}
    """
    name, moment = _split("phase", text, "Warm-up=2030-01-01")
    time, comma, limit = moment.partition(",")
    if comma and not re.fullmatch("[0-9]{1,4}", limit):
        raise KitError(
            f"Not a daily limit: {limit!r} in {text!r}. Write a number, as in "
            "'Warm-up=2030-01-01,20'."
        )
    return PhaseRules(name, parse_moment(time, start), int(limit or 0))


def parse_milestone(text: str, start: datetime | None) -> Milestone:
    """Parse ``NAME=TIME`` or ``NAME=TIME,DESCRIPTION``; parameters and errors as `parse_phase`.

    Examples
    --------
    >>> as_plain(parse_milestone("Paper draft=2030-02-01,four pages", None))
    {'name': 'Paper draft', 'at': '2030-02-01T00:00:00Z', 'description': 'four pages'}
    """
    name, moment = _split("milestone", text, "Paper draft=2030-02-01")
    time, _, description = moment.partition(",")
    return Milestone(name, parse_moment(time, start), description.strip())


def _split(kind: str, text: str, example: str) -> tuple[str, str]:
    name, sign, moment = text.rpartition("=")
    if not sign:
        raise KitError(f"Not a {kind}: {text!r}. Write its name and time, as in {example!r}.")
    return name.strip(), moment.strip()


def parse_moment(text: str, start: datetime | None) -> datetime:
    """Parse a time as `parse_time`, or minutes, hours or days after another one.

    Parameters
    ----------
    text : str
        ``2030-03-01``, ``2030-03-01T18:00Z``, or ``+90m``, ``+3h``, ``+2d``.
    start : datetime, optional
        What the latter count from; without it they are refused.

    Raises
    ------
    KitError
        If it is none of these.

    Examples
    --------
    >>> show_time(parse_moment("+90m", parse_time("2030-03-01T09:00")))
    '2030-03-01T10:30:00Z'
    """
    step = _STEP.fullmatch(text)
    if step is None or start is None:
        return parse_time(text)
    try:
        return start + timedelta(**{_UNITS[step[2]]: int(step[1])})
    except OverflowError:
        raise KitError(f"{text} after {show_time(start)} is beyond the calendar.") from None


def parse_time(text: str) -> datetime:
    """Parse a date (its first second) or an ISO 8601 time; without a time zone it is UTC.

    Raises
    ------
    KitError
        If it is neither.

    Examples
    --------
    >>> show_time(parse_time("2026-03-01"))
    '2026-03-01T00:00:00Z'
    >>> show_time(parse_time("2026-03-01T09:00+09:00"))
    '2026-03-01T00:00:00Z'
    """
    try:
        moment = datetime.fromisoformat(text)
        zoned = moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment
        return zoned.astimezone(UTC)
    except (ValueError, OverflowError):
        raise KitError(
            f"Not a date: {text!r}. Write 2026-03-01, or 2026-03-01T18:00Z with a time (UTC)."
        ) from None


def show_time(moment: datetime) -> str:
    """Return a time as ISO 8601 in UTC, with microseconds only if there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _check_text(what: str, text: str, low: int, high: int) -> None:
    if not low <= len(text) <= high or not text.isprintable():
        raise KitError(f"The {what} must have {low} to {high} printable characters.")


def _utc(name: str, moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise KitError(f"{name} has no time zone. Write it as 2026-03-01T00:00:00Z.")
    return moment.astimezone(UTC)
