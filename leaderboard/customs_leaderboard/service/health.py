"""Health checks: the process answers, and submissions can be stored."""

from __future__ import annotations

import os
from typing import Final

from fastapi import APIRouter, Request

from customs_leaderboard.errors import UnavailableError
from customs_leaderboard.service.access import board_of
from customs_leaderboard.service.answers import HealthAnswer, problem_answers

router = APIRouter(prefix="/health")
# The disk must have room for this many files of the largest size.
_N_FILES: Final = 8


@router.get("/live")
async def live() -> HealthAnswer:
    """Return 200 while the process answers."""
    return HealthAnswer(status="ok")


@router.get("/ready", responses=problem_answers())
def ready(request: Request) -> HealthAnswer:
    """Return 200 if database and disk can store a submission, 503 if not."""
    board = board_of(request)
    board.database.check()
    try:
        space = os.statvfs(board.folder.spool)
    except OSError as error:
        raise UnavailableError("The leaderboard's disk does not answer.") from error
    if space.f_bavail * space.f_frsize < _N_FILES * board.competition.max_upload_bytes:
        raise UnavailableError("The leaderboard's disk is nearly full.")
    if not os.access(board.folder.spool, os.W_OK):
        raise UnavailableError("The leaderboard's disk is read-only.")
    return HealthAnswer(status="ok")
