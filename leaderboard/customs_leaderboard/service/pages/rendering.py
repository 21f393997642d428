"""Templates and static files, all read once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from customs_data.tasks import find_task
from customs_leaderboard.board import Board
from customs_leaderboard.contest import Contest
from customs_leaderboard.publishing.board_pages import PAGES, page_names
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.service import text_formats
from customs_leaderboard.service.access import contest_of, is_hidden_from, public_url_of
from customs_leaderboard.service.pages.markdown import short_markdown
from customs_scorer.formats import FORMATS_IN_WORDS

_SERVICE: Final = Path(__file__).parents[1]
_MEDIA_TYPES: Final = {
    ".png": "image/png",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
#: Content of static/ by name; requests can reach nothing else.
_ASSETS: Final = {path.name: path.read_bytes() for path in sorted((_SERVICE / "static").iterdir())}
#: What pages of a competition of seasons show.
_OF_SEASON: Final = {
    "information": (),
    "description": "Week after week an office opens a few declarations and learns only from those. "
    "Teams are ranked by the share of fraud among what they open.",
    "navigation": (("/", "Season"), ("/play", "Play"), ("/news", "News"), ("/log", "Log")),
}
HTML: Final = "text/html; charset=utf-8"

router = APIRouter()


def asset_url(name: str) -> str:
    """Return the URL of a static file, which changes with its content."""
    return f"/static/{name}?v={hashlib.sha256(_ASSETS[name]).hexdigest()[:12]}"


@router.get("/static/{name}")
def send_asset(name: str) -> Response:
    """Send a static file; browsers may keep it, because its URL changes with its content."""
    if name not in _ASSETS:
        raise HTTPException(404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_ASSETS[name], headers=headers, media_type=_MEDIA_TYPES[Path(name).suffix])


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_SERVICE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals["asset_url"] = asset_url
_ENVIRONMENT.globals["formats_in_words"] = FORMATS_IN_WORDS
_ENVIRONMENT.filters.update(
    {name: function for name, function in vars(text_formats).items() if name.startswith("format_")}
    | {
        "iso": show_time,
        "counted": text_formats.count,
        "capitalized": text_formats.capitalized,
        "unbroken": text_formats.unbroken,
        "short_markdown": short_markdown,
    }
)


def render(board: Contest, template: str, **content: Any) -> bytes:
    """Return a page; texts in `content` are escaped."""
    common = {
        "competition": board.competition,
        "public_url": None,
        "is_hidden": False,
        **(_of_edition(board) if isinstance(board, Board) else _OF_SEASON),
    }
    return _ENVIRONMENT.get_template(template).render(**{**common, **content}).encode()


def _of_edition(board: Board) -> dict[str, Any]:
    """Return what pages of a competition on an edition show."""
    task, metric = find_task(board.manifest.task), board.metrics.ranked[0]
    information = [(name, PAGES[name]) for name in page_names(board)]
    about = (f"/{information[0][0]}", "About") if information else ("/about", "Rules")
    return {
        "limits": board.competition.limits_at(board.now()),
        "ladder": board.ladder,
        "decimals": text_formats.n_decimals(board.competition),
        "task": task,
        "metrics": board.metrics,
        "metric": metric,
        "information": information,
        "description": f"{task.question} Teams are ranked by {metric.title}.",
        "navigation": (
            ("/", "Standings"), ("/submit", "Submit"), ("/team", "Team"), about,
            ("/news", "News"), ("/log", "Log"),
        ),
    }  # fmt: skip


def page(request: Request, template: str, *, status: int = 200, **content: Any) -> HTMLResponse:
    """Answer with a page that is not cached (`SecurityHeaders` adds no-store).

    Strangers do not see what a private competition is called and what it is about.
    """
    content.setdefault("public_url", public_url_of(request))
    content.setdefault("is_hidden", is_hidden_from(request))
    return HTMLResponse(render(contest_of(request), template, **content), status)
