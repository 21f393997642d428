"""Who asks: the board of a request, and the team of its token.

For other modules of the service: `board_of`, `require_team` (a dependency of routes) and
`authenticate_form` (for tokens in forms).
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from customs_leaderboard.board import Board
from customs_leaderboard.errors import UnknownTokenError
from customs_leaderboard.service.limits import RateLimit, client_key
from customs_leaderboard.service.problems import NoTokenError, TooManyRequestsError
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.store.schema import Team
from customs_leaderboard.teams.teams import authenticate

_BEARER: Final = HTTPBearer(auto_error=False, description="The token of the team.")


def board_of(request: Request) -> Board:
    """Return the board that the app was made for."""
    board: Board = request.app.state.board
    return board


def settings_of(request: Request) -> ServiceSettings:
    """Return the limits that the app was made with."""
    settings: ServiceSettings = request.app.state.settings
    return settings


def client_of(request: Request) -> str:
    """Return what the client of a request is counted under.

    Behind a reverse proxy, `customs-kit leaderboard serve --forwarded-allow-ips` says whose
    X-Forwarded-For is believed; nobody else's is.
    """
    return client_key(request.client.host if request.client else None)


def require_team(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Team:
    """Return the team of the bearer token; a dependency of routes, and blocks.

    Raises
    ------
    NoTokenError
        If there is none.
    UnknownTokenError, DisabledTeamError, TooManyRequestsError
        As `authenticate_form`.
    """
    if bearer is None:
        raise NoTokenError
    return authenticate_form(request, bearer.credentials)


def authenticate_form(request: Request, token: str) -> Team:
    """Return the team of a token, wherever the request carries it; blocks.

    Parameters
    ----------
    request : Request
        Whose client is held to account for wrong tokens; its log entry names the team.
    token : str
        As it was sent.

    Raises
    ------
    UnknownTokenError
        If no team has it.
    DisabledTeamError
        If the team was disabled.
    TooManyRequestsError
        If too many wrong tokens came from the client's address; then right ones are not even
        looked up, or a guesser would learn by them. Requests that arrive at the same time may
        exceed the limit by the number of threads.
    """
    limit: RateLimit = request.app.state.wrong_tokens
    client = client_of(request)
    if (wait_s := limit.wait(client)) > 0:
        raise TooManyRequestsError(
            f"Too many wrong tokens came from your address. Try again in {wait_s:.0f} seconds.",
            wait_s,
        )
    try:
        team = authenticate(board_of(request), token)
    except UnknownTokenError:
        limit.take(client)
        raise
    request.state.team_number = team.number
    return team


#: The team of the request, for signatures of routes.
AuthenticatedTeam = Annotated[Team, Depends(require_team)]
