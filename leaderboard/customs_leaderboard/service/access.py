"""Access for routes: the board of a request, its client, and the team of its token."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from customs_leaderboard.board import Board
from customs_leaderboard.errors import UnknownTokenError
from customs_leaderboard.service.limits import RateLimit, client_key
from customs_leaderboard.service.problem_details import NoTokenError, TooManyRequestsError
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.store.schema import Team
from customs_leaderboard.teams.teams import authenticate

_BEARER: Final = HTTPBearer(auto_error=False, description="The team's token.")


def board_of(request: Request) -> Board:
    """Return the board of the app."""
    board: Board = request.app.state.board
    return board


def settings_of(request: Request) -> ServiceSettings:
    """Return the limits of the app."""
    settings: ServiceSettings = request.app.state.settings
    return settings


def client_of(request: Request) -> str:
    """Return the key that the client of a request is counted under.

    X-Forwarded-For counts only from the proxies that `customs-kit leaderboard serve
    --forwarded-allow-ips` names.
    """
    return client_key(request.client.host if request.client else None)


def require_team(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Team:
    """Return the team of the bearer token; a dependency of routes, and blocks.

    Raises
    ------
    NoTokenError
        If the request has no bearer token.
    UnknownTokenError, DisabledTeamError, TooManyRequestsError
        As `authenticate_form`.
    """
    if bearer is None:
        raise NoTokenError
    return authenticate_form(request, bearer.credentials)


def authenticate_form(request: Request, token: str) -> Team:
    """Return the team of a token, from a header or a form; blocks.

    Parameters
    ----------
    request : Request
        Wrong tokens count against its client; its log line names the team.
    token : str
        Token as it was sent.

    Raises
    ------
    UnknownTokenError
        If no team has the token.
    DisabledTeamError
        If the team was disabled.
    TooManyRequestsError
        If too many wrong tokens came from the client's address. Then right tokens are refused as
        well, so that a guesser learns nothing. Simultaneous requests may exceed the limit by the
        number of threads.
    """
    limit: RateLimit = request.app.state.wrong_tokens
    client = client_of(request)
    if (wait_s := limit.wait(client)) > 0:
        raise TooManyRequestsError(
            f"Too many wrong tokens came from your address. Try again in {wait_s:.0f} seconds.",
            wait_s,
        )
    try:
        team, member_number = authenticate(board_of(request), token)
    except UnknownTokenError:
        limit.take(client)
        raise
    request.state.team_number = team.number
    request.state.member_number = member_number
    return team


#: The team of the request, for signatures of routes.
AuthenticatedTeam = Annotated[Team, Depends(require_team)]
