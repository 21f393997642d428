"""Requests and answers of the organizer's API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from customs_leaderboard.organizing.announcements import MAX_LENGTH
from customs_leaderboard.service.answers import Phase
from customs_leaderboard.service.schedule_answers import Answer


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RoomAnswer(Answer):
    """Sizes in bytes."""

    free: int
    folder: int
    database: int


class StatusAnswer(Answer):
    """The status of the competition."""

    at: datetime
    title: str
    phase: Phase
    phase_of_rules: str | None
    opens: datetime
    closes: datetime
    seconds_left: int
    teams: dict[str, int]
    submissions: dict[str, int]
    by_hour: list[tuple[datetime, int]] = Field(description="Submissions of the last 24 hours.")
    refused: dict[str, int]
    room: RoomAnswer
    backed_up_at: datetime | None
    log: dict[str, Any]
    version: str
    health: str
    warnings: list[str]


class TeamActivityAnswer(Answer):
    """A team, with what only the organizer sees."""

    number: int
    name: str
    n_submissions: int
    best_shown: float | None
    n_members: int
    last_at: datetime | None
    disabled_at: datetime | None
    disabled_reason: str | None


class DeedAnswer(Answer):
    """What was done."""

    done: str


#: A reason, which the public log shows.
Reason = Annotated[str, Field(max_length=200)]


class AnnouncementRequest(_Wanted):
    """News for the teams."""

    text: str = Field(max_length=MAX_LENGTH, description="Markdown.")


class DeadlineRequest(_Wanted):
    """A later deadline."""

    closes: str = Field(max_length=40, description="A time (UTC), or +2h after the present one.")
    reason: Reason = ""


class ReasonRequest(_Wanted):
    """Why the organizer does it."""

    reason: Reason
