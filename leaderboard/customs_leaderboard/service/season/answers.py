"""Response models and requests of the API of seasons; the source of OpenAPI."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from customs_leaderboard.season.deciding import Choice, Decided
from customs_leaderboard.service.answers import Phase
from customs_leaderboard.service.json_bodies import Answer, Wanted
from customs_scorer.season.environment import REPORT_COLUMNS

_MAX_ROWS = 1_000_000
#: Which part of a strategy chose a row.
Reason = Annotated[str, Field(min_length=1, max_length=40)]
Propensity = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class SeasonRulesAnswer(Answer):
    """The rules as they were at the start."""

    title: str
    opens: datetime
    closes: datetime = Field(description="The deadline as first announced.")
    season: str
    rows: int = Field(description="Declarations of a world.")
    rate: float = Field(description="Share of a week's declarations that is opened.")
    schedule: str
    weeks: int
    warm_up_weeks: int
    warm_up_rate: float
    delay: int = Field(description="Weeks until reports are at hand.")
    worlds: int = Field(description="Worlds of an attempt.")
    attempts: int = Field(description="Attempts of a team; the last finished one counts.")
    contact: str
    private: bool


class SeasonCompetitionAnswer(Answer):
    """The competition."""

    phase: Phase
    closes: datetime = Field(description="The deadline with all extensions.")
    rules: SeasonRulesAnswer
    commitment: str = Field(description="Binds the organizer to the master secret (SHA-256).")
    downloads: list[str] = Field(description="Reveal and evidence; empty before the reveal.")


class WorldAnswer(Answer):
    """How far a world is."""

    world: int
    n_decided: int
    next_week: int | None = Field(description="Week to decide next; null at the end.")


class AttemptAnswer(Answer):
    """An attempt."""

    attempt: int
    begun_at: datetime
    finished_at: datetime | None
    abandoned_at: datetime | None = Field(description="When a later attempt ended it.")
    worlds: list[WorldAnswer]


class SeasonAnswer(Answer):
    """The team and its attempts."""

    team: str
    number: int
    phase: Phase
    n_attempts_left: int
    attempts: list[AttemptAnswer]


Report = tuple[str, int, int, int, float | None, str, float | None]


class WeekAnswer(Answer):
    """A week before it is decided, and later."""

    attempt: int
    world: int
    week: int = Field(description="0: everything that was filed before week 1.")
    n_weeks: int
    n_inspections: int = Field(description="How many declarations must be opened.")
    is_decided: bool
    columns: list[str]
    declarations: list[list[Any]] = Field(description="A list per declaration.")
    report_columns: list[str]
    reports: list[Report] = Field(description="Those that arrived since the decision before.")


class NextWeekAnswer(Answer):
    """The week to decide next."""

    week: int
    n_arrivals: int
    n_inspections: int


class DecidedAnswer(Answer):
    """A decision was stored; the same decision gets the same answer again."""

    attempt: int
    world: int
    week: int
    n_opened: int
    next: NextWeekAnswer | None = Field(description="null after the last week.")
    report_columns: list[str]
    reports: list[Report] = Field(description="Those that have arrived since.")


class ReportsAnswer(Answer):
    """All reports that have arrived."""

    report_columns: list[str]
    reports: list[Report]


class WorldScoresAnswer(Answer):
    """Scores on one world."""

    opened: int
    fraud_found: int
    precision: float = Field(description="Frauds found / declarations opened.")
    recall: float | None
    norm_precision: float | None = Field(description="Frauds found / the most that could be.")
    critical_found: int
    capped_revenue_recall: float | None
    revenue_recall: float | None
    norm_revenue: float | None


class SeasonFinalistAnswer(Answer):
    """A team's final place."""

    rank: int
    team_number: int
    team: str
    attempt: int = Field(description="The attempt that counted: the last finished one.")
    n_begun: int
    n_finished: int
    precision: float = Field(description="Mean over worlds.")
    error: float | None = Field(description="Standard error over worlds.")
    worlds: list[WorldScoresAnswer]


class SeasonTableAnswer(Answer):
    """The final table."""

    rows: list[SeasonFinalistAnswer]


class ChoiceRequest(Wanted):
    """What to open: rows or Declaration IDs."""

    rows: list[Annotated[int, Field(ge=0, le=_MAX_ROWS)]] | None = Field(
        default=None, description="Positions among the week's declarations, from 0."
    )
    declaration_ids: list[Annotated[str, Field(max_length=64)]] | None = None
    reason: list[Reason] | None = Field(
        default=None, description="For each, what chose it; comes back in the reports."
    )
    propensity: list[Propensity] | None = Field(
        default=None, description="For each, the chance with which it was chosen."
    )

    def as_choice(self) -> Choice | None:
        """Return the choice; None unless there are either rows or IDs."""
        if (self.rows is None) == (self.declaration_ids is None):
            return None
        rows = self.rows if self.rows is not None else self.declaration_ids
        assert rows is not None
        return Choice(rows, self.reason, self.propensity)


def decided_answer(decided: Decided, attempt: int, world: int) -> dict[str, Any]:
    """Return a decision as `DecidedAnswer` has it."""
    following = None
    if decided.next_week is not None:
        following = {
            "week": decided.next_week,
            "n_arrivals": decided.n_arrivals,
            "n_inspections": decided.n_inspections,
        }
    return {
        "attempt": attempt,
        "world": world,
        "week": decided.week,
        "n_opened": decided.n_opened,
        "next": following,
        "report_columns": list(REPORT_COLUMNS),
        "reports": decided.reports,
    }
