"""The organizer's side of the service: API and page, with the organizer's token."""

from customs_leaderboard.service.admin import api, page

__all__ = ["api", "page"]
