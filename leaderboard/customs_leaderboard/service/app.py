"""The app: routes, limits, headers, logs and errors put together.

`pages` may offer, besides its `router`, a function ``problem_page(request, problem) -> Response``
that shows an error to a browser. Its router also serves the files of static/.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Final

from anyio import CapacityLimiter
from fastapi import APIRouter, FastAPI

from customs_leaderboard.board import Board
from customs_leaderboard.service import api, edition_files, health, team_api
from customs_leaderboard.service.answers import describe_problems
from customs_leaderboard.service.caching import AnswerCache
from customs_leaderboard.service.edition_files import EditionFiles
from customs_leaderboard.service.limits import RateLimit
from customs_leaderboard.service.problems import add_handlers
from customs_leaderboard.service.requests_log import RequestLog
from customs_leaderboard.service.security import SecurityHeaders
from customs_leaderboard.service.settings import ServiceSettings

_PAGES: Final = "customs_leaderboard.service.pages"
# Of whatever is no upload; routes for uploads have UPLOAD_LIMIT.
_MAX_BODY_BYTES: Final = 1 << 16


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
        openapi_url=f"{api.API}/openapi.json",
        docs_url=None,  # the usual ones load scripts from other servers
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat whatever Host was sent
    )
    app.state.board = board
    app.state.settings = settings
    app.state.requests = RateLimit(
        settings.requests_per_second, settings.request_burst, settings.timer
    )
    app.state.wrong_tokens = RateLimit(
        settings.wrong_tokens_per_minute / 60, settings.wrong_token_burst, settings.timer
    )
    app.state.answers = AnswerCache(board, settings.refresh_s, settings.timer)
    app.state.scoring = CapacityLimiter(settings.n_scoring_threads)
    app.state.edition_files = EditionFiles(board.layout, board.manifest)
    app.state.problem_page = None
    add_handlers(app)
    app.add_middleware(RequestLog)
    app.add_middleware(SecurityHeaders)  # the outermost: limits and bugs are answered below it
    routes = APIRouter(max_body_size=_MAX_BODY_BYTES)
    for part in (api, team_api, edition_files, health):
        routes.include_router(part.router)
    _include_pages(app, routes)
    app.include_router(routes)
    describe = app.openapi
    app.openapi = lambda: describe_problems(describe())  # type: ignore[method-assign]
    return app


def _include_pages(app: FastAPI, routes: APIRouter) -> None:
    if (held := find_spec(_PAGES)) is None or held.origin is None:
        return
    pages = import_module(_PAGES)
    routes.include_router(pages.router, include_in_schema=False)
    app.state.problem_page = getattr(pages, "problem_page", None)
