"""The pages: server-made HTML that works without scripts. Read home.py first.

Nothing here sets a cookie: a form carries the team's token itself, so that no other site can make a
browser act for a team. No page ever holds a token.
"""

from __future__ import annotations

from fastapi import APIRouter

from customs_leaderboard.service.pages import about, home, log, rendering, reveal, submit, team
from customs_leaderboard.service.pages.problem_page import problem_page

router = APIRouter()
for _part in (rendering, home, submit, team, about, log, reveal):
    router.include_router(_part.router)

__all__ = ["problem_page", "router"]
