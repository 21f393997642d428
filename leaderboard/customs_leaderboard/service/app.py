"""The app: routes, limits, headers, logs and error handlers."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from anyio import CapacityLimiter
from fastapi import FastAPI

from customs_leaderboard.board import Board
from customs_leaderboard.contest import Contest
from customs_leaderboard.season.board import SeasonBoard
from customs_leaderboard.service import (
    admin,
    api,
    edition_files,
    health,
    pages,
    people_api,
    season,
    team_api,
)
from customs_leaderboard.service.admin.similar import SimilarReports
from customs_leaderboard.service.answers import describe_problems
from customs_leaderboard.service.caching import AnswerCache
from customs_leaderboard.service.edition_files import EditionArchive, EditionFiles
from customs_leaderboard.service.fair_queue import FairQueue
from customs_leaderboard.service.network.bodies import BodyLimits
from customs_leaderboard.service.network.kept_answers import KeptAnswers
from customs_leaderboard.service.network.limits import RateLimit
from customs_leaderboard.service.network.privacy import Privacy
from customs_leaderboard.service.network.request_limits import RequestLimits
from customs_leaderboard.service.network.requests_log import RequestLog
from customs_leaderboard.service.network.security import SecurityHeaders
from customs_leaderboard.service.problem_details import add_handlers
from customs_leaderboard.service.settings import ServiceSettings

# Limit of requests that are no upload; routes for uploads have UPLOAD_LIMIT.
_MAX_BODY_BYTES: Final = 1 << 16
# Requests of a team that may wait: it plays its worlds at the same time.
_WAITING_PER_WORLD: Final = 2


def make_app(board: Contest, settings: ServiceSettings | None = None) -> FastAPI:
    """Return the service of a competition.

    Parameters
    ----------
    board : Board or SeasonBoard
        The competition.
    settings : ServiceSettings, optional
        Limits; the defaults if omitted.

    Returns
    -------
    FastAPI
        ``app.state`` has `board`, `settings` and the limits; `access` reads them.
    """
    app = _bare_app(board, settings or ServiceSettings())
    if isinstance(board, SeasonBoard):
        _add_season(app, board)
    else:
        assert isinstance(board, Board)
        _add_edition(app, board)
    describe = app.openapi
    app.openapi = lambda: describe_problems(describe())  # type: ignore[method-assign]
    return app


def _bare_app(board: Contest, settings: ServiceSettings) -> FastAPI:
    """Return an app with everything but its routes."""
    app = FastAPI(
        title="customs-kit leaderboard",
        version=version("customs-kit"),
        openapi_url=f"{api.API}/openapi.json",
        docs_url=None,  # FastAPI's pages load scripts from other servers
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the request's Host header
    )
    app.state.board = board
    app.state.settings = settings
    with board.database.reading() as session:
        app.state.address_key = board.state(session).address_key
    app.state.requests = RateLimit(
        settings.requests_per_second, settings.request_burst, settings.timer
    )
    app.state.wrong_tokens = RateLimit(
        settings.wrong_tokens_per_minute / 60, settings.wrong_token_burst, settings.timer
    )
    app.state.answers = AnswerCache(board, settings.refresh_s, settings.timer)
    app.state.kept_answers = KeptAnswers(settings.timer)
    app.state.error_page = pages.error_page
    add_handlers(app)
    app.add_middleware(Privacy)
    app.add_middleware(BodyLimits)
    app.add_middleware(RequestLimits)
    app.add_middleware(RequestLog)
    app.add_middleware(SecurityHeaders)  # outermost: limits and bugs are answered below it
    return app


def _add_edition(app: FastAPI, board: Board) -> None:
    """Add the routes of a competition on an edition."""
    n_at_once = app.state.settings.n_scoring_threads
    app.state.spooling = CapacityLimiter(n_at_once)
    app.state.queue = FairQueue(n_at_once)
    files = EditionFiles(board.layout, board.manifest)
    app.state.edition_files = files
    app.state.edition_archive = EditionArchive(files, board.manifest, board.folder)
    app.state.similar = SimilarReports(board)
    # Routes are looked for one by one: those of submissions come first.
    for part in (team_api, api, people_api, edition_files, health, admin.api):
        app.include_router(part.router, max_body_size=_MAX_BODY_BYTES)
    app.include_router(api.records, max_body_size=_MAX_BODY_BYTES)
    for page in (pages, admin.page):
        app.include_router(page.router, max_body_size=_MAX_BODY_BYTES, include_in_schema=False)


def _add_season(app: FastAPI, board: SeasonBoard) -> None:
    """Add the routes of a competition of seasons."""
    n_waiting = _WAITING_PER_WORLD * board.competition.worlds
    app.state.queue = FairQueue(app.state.settings.n_scoring_threads, n_waiting, "requests")
    for part in (season.team_api, season.public_api, people_api, health):
        app.include_router(part.router, max_body_size=_MAX_BODY_BYTES)
    app.include_router(api.records, max_body_size=_MAX_BODY_BYTES)
    app.include_router(season.pages.router, max_body_size=_MAX_BODY_BYTES, include_in_schema=False)
