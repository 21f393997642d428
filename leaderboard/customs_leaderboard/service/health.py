"""Health checks: the process answers, and submissions can be stored."""

from __future__ import annotations

from fastapi import APIRouter, Request

from customs_leaderboard.service.access import contest_of
from customs_leaderboard.service.answers import HealthAnswer, problem_answers
from customs_leaderboard.store.room import check_room

router = APIRouter(prefix="/health")


@router.get("/live")
async def live() -> HealthAnswer:
    """Return 200 while the process answers."""
    return HealthAnswer(status="ok")


@router.get("/ready", responses=problem_answers())
def ready(request: Request) -> HealthAnswer:
    """Return 200 if database and disk can store a submission, 503 if not."""
    check_room(contest_of(request))
    return HealthAnswer(status="ok")
