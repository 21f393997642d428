"""Response models of phases, milestones and announcements, and the base of all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """An answer of the API: nothing but the fields that are declared."""

    model_config = ConfigDict(extra="forbid")


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
