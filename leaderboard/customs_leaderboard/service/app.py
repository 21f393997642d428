"""The app: routes, limits, headers, logs and errors put together.

`pages` may offer, besides its `router`, a function ``problem_page(request, problem) -> Response``
that shows an error to a browser; files in static/ are served under /static.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from customs_leaderboard.board import Board
from customs_leaderboard.service.limits import RateLimit
from customs_leaderboard.service.problems import add_handlers
from customs_leaderboard.service.requests_log import RequestLog
from customs_leaderboard.service.security import SecurityHeaders
from customs_leaderboard.service.settings import ServiceSettings

_STATIC: Final = Path(__file__).with_name("static")
API: Final = "/api/v1"


def make_app(board: Board, settings: ServiceSettings | None = None) -> FastAPI:
    """Make the service of a competition.

    Parameters
    ----------
    board : Board
        The competition.
    settings : ServiceSettings, optional
        Limits, if not the usual ones.

    Returns
    -------
    FastAPI
        ``app.state`` holds `board`, `settings` and the limits; use `access` to get at them.
    """
    settings = settings or ServiceSettings()
    app = FastAPI(
        title="customs-kit leaderboard",
        version=version("customs-kit"),
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # the usual ones load scripts from other servers
        redoc_url=None,
    )
    app.state.board = board
    app.state.settings = settings
    app.state.requests = RateLimit(
        settings.requests_per_second, settings.request_burst, settings.timer
    )
    app.state.wrong_tokens = RateLimit(
        settings.wrong_tokens_per_minute / 60, settings.wrong_token_burst, settings.timer
    )
    app.state.problem_page = None
    add_handlers(app)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog)
    _include_pages(app)
    return app


def _include_pages(app: FastAPI) -> None:
    if _STATIC.is_dir():
        app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    if find_spec("customs_leaderboard.service.pages") is None:
        return
    from customs_leaderboard.service import pages  # type: ignore[attr-defined]

    app.include_router(pages.router, include_in_schema=False)
    app.state.problem_page = getattr(pages, "problem_page", None)
