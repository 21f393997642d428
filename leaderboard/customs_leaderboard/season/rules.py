"""The rules of a competition of seasons: season.toml."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from customs_data.errors import KitError
from customs_data.season.arrivals import PLAYED_WEEKS, WARM_UP_WEEKS, Arrivals
from customs_data.season.kinds import arrivals_of_season, check_season
from customs_data.toml import check_types, from_table, read_toml
from customs_leaderboard.rules.competition import check_announced, check_within, toml_lines
from customs_leaderboard.rules.schedule import show_time
from customs_scorer.season.budget import Budget

#: Rules that an organizer may change during a competition; changes are written to the audit log.
CHANGEABLE: Final = ("title", "contact", "private", "attempts")
#: Rules that decide the worlds; the commitment contains them.
OF_WORLDS: Final = ("season", "rows", "weeks", "warm_up_weeks", "warm_up_rate")
_MAX_CONTACT: Final = 200
_MAX_BODY: Final = 1 << 20


@dataclass(frozen=True)
class SeasonRules:
    """The rules, as announced before the start.

    Attributes
    ----------
    title : str
        1 to 120 printable characters.
    opens, closes : datetime
        Start and deadline; UTC. `closes` is the deadline as first announced; the database contains
        extensions.
    season : str
        Kind of worlds (`customs_data.season.kinds.SEASONS`).
    rows : int
        Declarations of a world.
    rate : float
        Share of a week's declarations that is opened.
    schedule : str
        As of `Budget.parse`.
    weeks, warm_up_weeks : int
        Weeks that are played, and before them.
    warm_up_rate : float
        Share of the warm-up's declarations whose labels are known.
    delay : int
        Weeks until reports are at hand, 1 to 26.
    worlds : int
        Worlds of an attempt, 1 to 10; its score is the mean over them.
    attempts : int
        Attempts of a team, 1 to 100; the last finished one counts.
    contact : str
        Where questions go, at most 200 printable characters.
    private : bool
        Whether only teams and people with the view code may see the competition.
    """

    title: str
    opens: datetime
    closes: datetime
    season: str = "steady"
    rows: int = 54_000
    rate: float = 0.05
    schedule: str = "constant"
    weeks: int = PLAYED_WEEKS
    warm_up_weeks: int = WARM_UP_WEEKS
    warm_up_rate: float = 0.05
    delay: int = 1
    worlds: int = 10
    attempts: int = 3
    contact: str = ""
    private: bool = False

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("opens", "closes"):
            if getattr(self, name).utcoffset() is None:
                raise KitError(f"{name} has no time zone. Write it as 2026-03-01T00:00:00Z.")
            object.__setattr__(self, name, getattr(self, name).astimezone(UTC))
        check_announced(self.title, self.opens, self.closes, daily_limit=1)
        check_season(self.season)
        if len(self.contact) > _MAX_CONTACT or not self.contact.isprintable():
            raise KitError(f"The contact must have at most {_MAX_CONTACT} printable characters.")
        check_within("delay", self.delay, 1, 26)
        check_within("worlds", self.worlds, 1, 10)
        check_within("attempts", self.attempts, 1, 100)
        _ = self.budget

    @property
    def budget(self) -> Budget:
        """How many declarations are opened each week."""
        return Budget.parse(self.rate, self.schedule)

    @property
    def max_upload_bytes(self) -> int:
        """Size limit of what a team sends for one week."""
        return _MAX_BODY

    def make_world(self, key: bytes) -> Arrivals:
        """Simulate the world of a key.

        Raises
        ------
        KitError
            As `arrivals_of_season`.
        """
        return arrivals_of_season(
            self.season,
            key,
            n_declarations=self.rows,
            warm_up_weeks=self.warm_up_weeks,
            played_weeks=self.weeks,
            warm_up_rate=self.warm_up_rate,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the rules as plain data for JSON."""
        return asdict(self) | {name: show_time(getattr(self, name)) for name in ("opens", "closes")}

    def to_toml(self) -> str:
        """Return the text of season.toml."""
        lines = [
            "# The rules of the competition, as announced. Extend the deadline with",
            "# `customs-kit leaderboard extend`; other changes are written to the audit log.",
            *toml_lines(self),
        ]
        return "\n".join(lines) + "\n"


def read_rules(path: Path) -> SeasonRules:
    """Read season.toml.

    Raises
    ------
    KitError
        If the file is missing, not TOML, or a value is not allowed.
    """
    if not path.exists():
        raise KitError(
            f"No such file: {path}. Make one with `customs-kit leaderboard season create`."
        )
    return from_table(SeasonRules, read_toml(path), str(path))
