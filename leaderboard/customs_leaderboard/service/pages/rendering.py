"""Templates, and the few files that pages load; all of it is read once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from customs_leaderboard.board import Board
from customs_leaderboard.rules.competition import show_time
from customs_leaderboard.service.access import board_of
from customs_leaderboard.service.pages import wording

_SERVICE: Final = Path(__file__).parents[1]
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
#: Content of static/ by name: nothing but these names can be asked for.
_ASSETS: Final = {path.name: path.read_bytes() for path in sorted((_SERVICE / "static").iterdir())}
HTML: Final = "text/html; charset=utf-8"

router = APIRouter()


def asset_url(name: str) -> str:
    """Return the address of a static file; another content gives another address."""
    return f"/static/{name}?v={hashlib.sha256(_ASSETS[name]).hexdigest()[:12]}"


@router.get("/static/{name}")
def send_asset(name: str) -> Response:
    """Send a static file; browsers keep it, because its address changes with its content."""
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
_ENVIRONMENT.filters.update(
    {
        name: getattr(wording, name)
        for name in (
            "say_day", "say_moment", "say_short", "say_clock", "say_left", "say_score", "say_bytes",
        )
    }
    | {"iso": show_time, "counted": wording.count}
)  # fmt: skip


def render(board: Board, template: str, **content: Any) -> bytes:
    """Return a page; every text in `content` is escaped where it is put in."""
    held = {
        "competition": board.competition,
        "ladder": board.ladder,
        "decimals": wording.n_decimals(board.competition),
    }
    return _ENVIRONMENT.get_template(template).render(**held, **content).encode()


def page(request: Request, template: str, *, status: int = 200, **content: Any) -> HTMLResponse:
    """Answer with a page that nobody keeps (`SecurityHeaders` says no-store)."""
    return HTMLResponse(render(board_of(request), template, **content), status)
