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

#: Fixed, so that the page, the table and the Kaggle metric mean the same.
RANKING: Final = "precision@5 %, then precision@10 %, then the earlier submission"
_MAX_TITLE: Final = 120

#: Rules that came with a later release, as the competitions announced before it have them: neither
#: their competition.toml nor their database names them, and an update changes no rule.
RULES_BEFORE: Final = {"ladder_ground_errors": 0.0}


def check_announced(title: str, opens: datetime, closes: datetime, daily_limit: int) -> None:
    """Hold what a competition announces, here or on another platform, against what makes sense.

    Raises
    ------
    KitError
        If a value lies outside the limits of `Competition`.
    """
    if not 1 <= len(title) <= _MAX_TITLE or not title.isprintable():
        raise KitError(f"The title must have 1 to {_MAX_TITLE} printable characters.")
    if opens >= closes:
        raise KitError(
            "The competition must open before it closes, however: it opens "
            f"{show_time(opens)} and closes {show_time(closes)}."
        )
    _check_within("daily_limit", daily_limit, 1, 1000)


def _check_within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise KitError(f"{name} must lie within {low} .. {high}, however: {value}.")


@dataclass(frozen=True)
class Competition:
    """What was agreed before the start.

    Attributes
    ----------
    title : str
        1 to 120 printable characters.
    edition : path
        Folder of the organizer's copy (public/ and hidden/).
    opens, closes : datetime
        First moment, and the moment from which submissions are late; UTC. `closes` is the deadline
        as first announced; extensions are kept in the database.
    ladder_step : float
        In (0, 0.5]: how far a public score must beat the team's best to be shown, and the grid it
        is rounded to.
    daily_limit : int
        Submissions a team may make in a day (UTC), 1 to 1000.
    n_selections : int
        Submissions a team may select for the final standings, 1 to 10.
    ladder : {'step', 'parameter_free', 'paired'}
        How public scores are kept from telling about labels (`customs_leaderboard.ladder.ladder`).
    ladder_standard_errors : float
        In [0, 10]: of the paired difference; only the paired Ladder uses it.
    ladder_ground_errors : float
        In [0, 10]: of a random file's score, that a submission must be better than chance by before
        anything but chance is shown of it; 0 for a Ladder without a ground, as competitions have
        that were announced before there was one.
    late_submissions : bool
        Whether submissions after the close are taken; they are never ranked.
    max_upload_mib : int
        Largest file that is taken, in MiB, 1 to 4096.
    practice : bool
        Whether anyone may know the hidden labels.
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

    def __post_init__(self) -> None:
        check_types(self)
        self._check_times()
        check_announced(self.title, self.opens, self.closes, self.daily_limit)
        _check_within("n_selections", self.n_selections, 1, 10)
        _check_within("max_upload_mib", self.max_upload_mib, 1, 4096)
        if not 0 < self.ladder_step <= 0.5:
            raise KitError(f"ladder_step must lie within (0, 0.5], however: {self.ladder_step}.")
        for name in ("ladder_standard_errors", "ladder_ground_errors"):
            if not 0 <= getattr(self, name) <= 10:
                raise KitError(f"{name} must lie within [0, 10], however: {getattr(self, name)}.")

    def _check_times(self) -> None:
        for name in ("opens", "closes"):
            if getattr(self, name).utcoffset() is None:
                raise KitError(f"{name} must name its time zone, as in 2026-03-01T00:00:00Z.")
            object.__setattr__(self, name, getattr(self, name).astimezone(UTC))

    @property
    def max_upload_bytes(self) -> int:
        """Largest file that is taken, in bytes."""
        return self.max_upload_mib << 20

    def as_dict(self) -> dict[str, Any]:
        """Return what everybody may know as plain data for JSON: all but the edition's folder."""
        data = asdict(self) | {name: show_time(getattr(self, name)) for name in ("opens", "closes")}
        del data["edition"]
        return {**data, "ranking": RANKING}

    def to_toml(self) -> str:
        """Return the text of competition.toml."""
        lines = [
            "# The rules of the competition, as announced. Extend the deadline with",
            "# `customs-kit leaderboard extend`; other changes are written to the audit log.",
        ]
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, datetime):
                text = show_time(value)
            elif isinstance(value, Path):
                text = _toml_text(str(value))
            else:
                text = _toml_text(value) if isinstance(value, str) else json.dumps(value)
            lines.append(f"{field.name} = {text}")
        return "\n".join(lines) + "\n"


def read_competition(path: Path) -> Competition:
    """Read competition.toml.

    Rules that were not known when a competition was announced are `RULES_BEFORE`.

    Raises
    ------
    KitError
        If it is missing, no TOML, or breaks a rule.
    """
    if not path.exists():
        raise KitError(f"No such file: {path}. Make one with `customs-kit leaderboard init`.")
    rules = from_table(Competition, {**RULES_BEFORE, **read_toml(path)}, str(path))
    return replace(rules, edition=path.parent / rules.edition)


def parse_time(text: str) -> datetime:
    """Read a moment: ``2026-03-01`` (its first second) or ISO 8601; without a zone it is UTC.

    Raises
    ------
    KitError
        If it is no moment.

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
            f"A date must be written as 2026-03-01 or 2026-03-01T18:00Z (UTC), however: {text!r}."
        ) from None


def show_time(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, with microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _toml_text(text: str) -> str:
    """Quote text for TOML, whose basic strings escape as JSON does (but for DEL and surrogates)."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
