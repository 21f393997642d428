"""The pages: HTML from the server that works without scripts. Read home.py first.

There are no cookies: forms carry the team's token, so that no other site can make a browser act for
a team. No page contains a token, except for that of a new member.
"""

from __future__ import annotations

from fastapi import APIRouter

from customs_leaderboard.service.network import kept_answers
from customs_leaderboard.service.pages import (
    about,
    api_page,
    home,
    information,
    joining,
    log,
    news,
    rendering,
    reveal,
    submit,
    team,
)
from customs_leaderboard.service.pages.errors import error_page

router = APIRouter()
for _part in (
    rendering,
    home,
    submit,
    team,
    joining,
    kept_answers,
    about,
    api_page,
    information,
    log,
    news,
    reveal,
):
    router.include_router(_part.router)

__all__ = ["error_page", "router"]
