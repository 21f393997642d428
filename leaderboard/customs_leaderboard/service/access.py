"""Access for routes: the board of a request, its client, and the team of its token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from customs_leaderboard.board import Board
from customs_leaderboard.errors import WrongSecretError
from customs_leaderboard.service.network.limits import RateLimit, client_key
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


def sender_of(request: Request) -> str:
    """Return the keyed hash of the client's address (`limits.sender_key`)."""
    sender: str = request.state.sender
    return sender


def public_url_of(request: Request) -> str | None:
    """Return the address that the organizer gave with --public-url; None without.

    The Host header is the client's: nothing that others see may contain it.
    """
    return settings_of(request).public_url


@contextmanager
def charge_wrong(request: Request) -> Iterator[None]:
    """Count a wrong secret against the client's address; right ones always get through.

    Look up every token or code inside this block: what is right does not raise and costs nothing.

    Raises
    ------
    WrongSecretError
        The block's own, as long as few came from the address.
    TooManyRequestsError
        In its place, if too many wrong ones came from the address.

    Examples
    --------
    ::

        with charge_wrong(request):
            check_code(board, "view", code)  # raises UnknownCodeError
    """
    limit: RateLimit = request.app.state.wrong_tokens
    try:
        yield
    except WrongSecretError as error:
        if (wait_s := limit.take(client_of(request))) > 0:
            raise TooManyRequestsError(
                "Too many wrong tokens or codes came from your address. Try again in "
                f"{wait_s:.0f} seconds.",
                wait_s,
            ) from error
        raise


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
        If no team has the token, and too many wrong ones came from the client's address.
    """
    with charge_wrong(request):
        team, member_number = authenticate(board_of(request), token)
    request.state.team_number = team.number
    request.state.member_number = member_number
    return team


#: The team of the request, for signatures of routes.
AuthenticatedTeam = Annotated[Team, Depends(require_team)]
