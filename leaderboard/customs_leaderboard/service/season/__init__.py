"""The service of a competition of seasons: API and pages."""

from __future__ import annotations

from customs_leaderboard.service.season import pages, public_api, team_api

__all__ = ["pages", "public_api", "team_api"]
