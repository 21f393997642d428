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
from customs_leaderboard.publishing.board_pages import PAGES, page_names
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.service import text_formats
from customs_leaderboard.service.access import board_of, is_hidden_from, public_url_of
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


def render(board: Board, template: str, **content: Any) -> bytes:
    """Return a page; texts in `content` are escaped."""
    common = {
        "competition": board.competition,
        "limits": board.competition.limits_at(board.now()),
        "ladder": board.ladder,
        "decimals": text_formats.n_decimals(board.competition),
        "task": find_task(board.manifest.task),
        "metrics": board.metrics,
        "metric": board.metrics.ranked[0],
        "public_url": None,
        "is_hidden": False,
        "information": [(name, PAGES[name]) for name in page_names(board)],
    }
    return _ENVIRONMENT.get_template(template).render(**{**common, **content}).encode()


def page(request: Request, template: str, *, status: int = 200, **content: Any) -> HTMLResponse:
    """Answer with a page that is not cached (`SecurityHeaders` adds no-store).

    Strangers do not see what a private competition is called and what it is about.
    """
    content.setdefault("public_url", public_url_of(request))
    content.setdefault("is_hidden", is_hidden_from(request))
    return HTMLResponse(render(board_of(request), template, **content), status)
