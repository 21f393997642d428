"""News: the page of all announcements, the newest one for the home page, and the feed."""

from customs_leaderboard.service.pages.news.page import newest_announcement, router

__all__ = ["newest_announcement", "router"]
