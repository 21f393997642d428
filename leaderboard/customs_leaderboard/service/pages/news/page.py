"""All announcements, and the feed."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response

from customs_leaderboard.contest import Contest
from customs_leaderboard.organizing.announcements import Announcement, read_announcements
from customs_leaderboard.service.access import public_url_of
from customs_leaderboard.service.caching import cached_response
from customs_leaderboard.service.pages.news.feed import MEDIA_TYPE, make_feed
from customs_leaderboard.service.pages.rendering import HTML, render

router = APIRouter()


@router.api_route("/news", methods=["GET", "HEAD"])
async def show_news(request: Request) -> Response:
    """Show all announcements."""
    return await cached_response(request, "page news", make_news, HTML)


@router.api_route("/feed.xml", methods=["GET", "HEAD"])
async def send_feed(request: Request) -> Response:
    """Send the news as an Atom feed."""
    # Never the Host header: a reader would follow whatever a client wrote there.
    make = partial(make_feed, public_url=public_url_of(request))
    return await cached_response(request, "feed", make, MEDIA_TYPE)


def make_news(board: Contest) -> bytes:
    """Return the page."""
    with board.database.reading() as session:
        announcements = read_announcements(session)
    return render(board, "news.html", announcements=announcements)


def newest_announcement(board: Contest) -> Announcement | None:
    """Return the announcement for the home page."""
    with board.database.reading() as session:
        announcements = read_announcements(session)
    return announcements[0] if announcements else None
