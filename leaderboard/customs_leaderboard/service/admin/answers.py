"""Requests and answers of the organizer's API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from customs_leaderboard.organizing.announcements import MAX_LENGTH
from customs_leaderboard.service.answers import Phase
from customs_leaderboard.service.json_bodies import Answer, Wanted


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


class TeamRefAnswer(Answer):
    """A team of the report."""

    number: int
    name: str


class IdenticalGroupAnswer(Answer):
    """Teams with the same answer."""

    teams: list[TeamRefAnswer]
    submissions: list[int]


class SimilarPairAnswer(Answer):
    """The most similar submissions of two teams."""

    teams: list[TeamRefAnswer]
    submissions: list[int]
    kind: str
    rank_correlation: float
    overlap: float = Field(description="Share of the highest scores that both have.")
    n_pairs: int


class SharedAnswer(Answer):
    """Teams that share an address, or the name of a member."""

    name: str
    teams: list[TeamRefAnswer]


class SimilarityAnswer(Answer):
    """Similar submissions of different teams: hints, not proof."""

    at: datetime
    n_compared: int
    n_submissions: int
    identical: list[IdenticalGroupAnswer]
    pairs: list[SimilarPairAnswer]
    n_unchecked: int
    addresses: list[SharedAnswer]
    names: list[SharedAnswer]
    note: str


class DoneAnswer(Answer):
    """What was done."""

    done: str


#: A reason, which the public log shows.
Reason = Annotated[str, Field(max_length=200)]


class AnnouncementRequest(Wanted):
    """News for the teams."""

    text: str = Field(max_length=MAX_LENGTH, description="Markdown.")


class DeadlineRequest(Wanted):
    """A later deadline."""

    closes: str = Field(max_length=40, description="A time (UTC), or +2h after the current one.")
    reason: Reason = ""


class ReasonRequest(Wanted):
    """Why the organizer does it."""

    reason: Reason
