"""Response models of the API: the source of OpenAPI, and compared with real answers by tests."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from customs_leaderboard.service.json_bodies import Answer, NumberInBody, Wanted
from customs_leaderboard.submissions.notes import MAX_NOTE

Phase = Literal["upcoming", "open", "over", "closed", "revealed"]


class PhaseRulesAnswer(Answer):
    """A phase, which lasts until the next one or the deadline."""

    name: str
    begins: datetime
    daily_limit: int = Field(description="0: the competition's daily limit.")


class MilestoneAnswer(Answer):
    """A date that teams should know."""

    name: str
    at: datetime
    description: str


class PhaseSpanAnswer(Answer):
    """A phase with its present end."""

    name: str
    begins: datetime
    ends: datetime
    daily_limit: int = Field(description="Submissions per team and day.")
    state: Literal["upcoming", "running", "over"]


class PhasesAnswer(Answer):
    """Phases and milestones."""

    phases: list[PhaseSpanAnswer]
    milestones: list[MilestoneAnswer]


class AnnouncementAnswer(Answer):
    """News from the organizer."""

    number: int = Field(description="Number of its entry in the log.")
    at: datetime
    text: str = Field(description="Markdown.")


class AnnouncementsAnswer(Answer):
    """The organizer's announcements without withdrawn ones, newest first."""

    announcements: list[AnnouncementAnswer]


class Rules(Answer):
    """The rules as they were at the start."""

    title: str
    opens: datetime
    closes: datetime = Field(description="The deadline as first announced.")
    ladder: str
    ladder_step: float
    ladder_standard_errors: float
    ladder_ground_errors: float
    daily_limit: int
    n_selections: int
    late_submissions: bool
    max_upload_mib: int
    practice: bool
    hourly_limit: int
    total_limit: int
    refused_limit: int
    contact: str
    private: bool
    phases: list[PhaseRulesAnswer]
    milestones: list[MilestoneAnswer]
    ranking: str


class SolutionAnswer(Answer):
    """A solution that replaced another during the competition."""

    at: datetime
    reason: str
    commitment: str
    previous_commitment: str


class EditionFacts(Answer):
    """Public facts of the edition."""

    name: str
    origin: str
    commitment: str = Field(description="Binds the organizer to the hidden labels (SHA-256).")
    solutions: list[SolutionAnswer] = Field(
        description="Solutions that replaced the committed one, oldest first; the newest counts."
    )
    rows: dict[str, int]
    files: list[str] = Field(description="Names under /edition/.")
    archive: str = Field(description="Name under /edition/ of one zip with all files.")


class CompetitionAnswer(Answer):
    """The competition."""

    phase: Phase
    closes: datetime = Field(description="The deadline with all extensions.")
    rules: Rules
    edition: EditionFacts
    downloads: list[str] = Field(description="Reveal and evidence; empty before the reveal.")


class StandingAnswer(Answer):
    """One team's place."""

    rank: int = Field(description="Teams with equal scores share it: 1, 1, 3.")
    team: str
    team_number: int
    score: float = Field(description="Laddered public score by the first metric of the ranking.")
    n_submissions: int
    improved_at: datetime


class StandingsAnswer(Answer):
    """The standings before the close, best first."""

    phase: Phase
    closes: datetime
    rows: list[StandingAnswer]


class PhaseStandingsAnswer(Answer):
    """The standings at the end of a phase, best first."""

    phase: PhaseSpanAnswer
    rows: list[StandingAnswer]


class ProgressAnswer(Answer):
    """A team's laddered score over time."""

    team: str
    team_number: int
    points: list[tuple[datetime, float]]


class ReceiptAnswer(Answer):
    """The receipt of an accepted file."""

    number: int
    received_at: datetime
    sha256: str
    duplicate: bool = Field(
        description="The team sent this file, or its scores, before; it was not counted."
    )
    late: bool
    shown: float | None = Field(description="The team's laddered public score after it.")
    improved: bool
    n_left_today: int = Field(description="Left by the limit that binds first.")
    resets_at: datetime | None = Field(description="Null: that limit is for the competition.")
    remark: str = Field(description="A sentence where the other values could surprise.")


class OwnSubmissionAnswer(Answer):
    """One of the team's submissions."""

    number: int
    received_at: datetime
    sha256: str
    n_bytes: int
    late: bool
    improved: bool
    selected: bool
    note: str = Field(description="The team's own note.")
    member_number: int | None = Field(description="Who sent it; null if not known.")
    member: str | None = Field(description="Their name, which may be empty.")
    shown: float | None
    exact: dict[str, dict[str, float]] | None = Field(description="Null before the close.")
    previous_exact: dict[str, dict[str, float]] | None = Field(
        description="With the solution before the newest one; null unless it was replaced."
    )
    struck_at: datetime | None = Field(description="When the organizer struck it: not ranked.")
    struck_reason: str | None


class TeamAnswer(Answer):
    """The team and its submissions, newest first."""

    number: int
    name: str
    n_submissions: int
    best_shown: float | None
    n_left_today: int = Field(description="Left by the limit that binds first.")
    resets_at: datetime | None = Field(description="Null: that limit is for the competition.")
    selected: list[int] = Field(description="Empty: the default selection.")
    submissions: list[OwnSubmissionAnswer]


class SelectionAnswer(Answer):
    """The team's final selections."""

    submissions: list[int] = Field(description="Empty: the default selection.")


class SelectionRequest(Wanted):
    """The team's final selections; none for the default."""

    submissions: list[NumberInBody] = Field(max_length=100)


class NoteRequest(Wanted):
    """A team's note on a submission."""

    note: Annotated[str, Field(max_length=MAX_NOTE)]


class LevelAnswer(Answer):
    """A reference score beside the teams."""

    name: str
    score: float = Field(description="Mean public score by the first metric of the ranking.")
    n_editions: int
    spread: float | None = Field(description="Standard deviation between editions.")


class ReferencesAnswer(Answer):
    """Baselines, expected ceiling and prior, measured on other editions."""

    baselines: list[LevelAnswer]
    ceiling: LevelAnswer | None
    prior: LevelAnswer | None = None


class FinalistAnswer(Answer):
    """A team's final place."""

    rank: int
    team_number: int
    team: str
    submission: int
    selected: list[int]
    selected_by_team: bool
    scores: dict[str, dict[str, Any]] = Field(description="By period.")
    rank_low: int
    rank_high: int
    first_share: float
    shown: float
    public_rank: int
    caught: dict[str, float] | None = Field(description="Frauds caught of each scheme.")
    shake_up: int


class FinalStandingsAnswer(Answer):
    """The final standings, best first."""

    rows: list[FinalistAnswer]
    periods: dict[str, dict[str, int]]
    frauds_by_scheme: dict[str, int] | None
    ceiling: dict[str, dict[str, float]] | None
    prior: dict[str, dict[str, float]] | None = None
    n_replicates: int
    sha256: str = Field(description="Of the stored standings; the public log contains it.")


class EntryAnswer(Answer):
    """An entry of the audit log."""

    sequence: int
    at: datetime
    actor: str
    action: str
    details: dict[str, Any]
    previous_hash: str
    hash: str


class LogAnswer(Answer):
    """The organizer's actions, newest first, and the hash of the whole log's newest entry."""

    head: str
    entries: list[EntryAnswer]


class FileProblem(Answer):
    """One kind of problem in a refused file."""

    message: str
    column: str
    n_lines: int
    examples: list[str]
    details: list[str]


class ProblemAnswer(Answer):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    problems: list[FileProblem] = Field(default=[], description="If the file was refused.")
    resets_at: datetime | None = Field(default=None, description="If the quota is used up.")


class HealthAnswer(Answer):
    """The service works."""

    status: Literal["ok"]


_DESCRIPTIONS: Final[dict[int, str]] = {
    400: "The request is malformed.",
    401: "The token is missing or unknown.",
    403: "The team was disabled, or the competition does not allow this now.",
    404: "Not found, or it belongs to another team.",
    408: "The client stopped sending.",
    409: "It contradicts what was decided before.",
    413: "The file is too large.",
    422: "The file cannot be scored (see the report), or a value of the request is invalid.",
    429: "The team's quota of the day is used up, or the client sends too many requests.",
    503: "The disk or the database does not answer.",
}


def problem_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's description of a route's errors."""
    schema = {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}
    content = {"application/problem+json": schema}
    return {
        status: {"description": _DESCRIPTIONS[status], "content": content}
        for status in sorted({*statuses, 429, 503})
    }


def describe_problems(openapi: dict[str, Any]) -> dict[str, Any]:
    """Add the model of errors, which no route declares, to an OpenAPI document."""
    shape = ProblemAnswer.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = openapi["components"]["schemas"]
    schemas |= {**shape.pop("$defs"), ProblemAnswer.__name__: shape}
    return openapi
