"""Access for routes: the board of a request, its client, and the team of its token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from anyio.to_thread import run_sync
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.contest import Contest
from customs_leaderboard.errors import WrongSecretError
from customs_leaderboard.service.network.limits import RateLimit, client_key
from customs_leaderboard.service.problem_details import NoTokenError, TooManyRequestsError
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.store.schema import Team
from customs_leaderboard.teams.codes import opens
from customs_leaderboard.teams.teams import authenticate
from customs_leaderboard.teams.tokens import is_token

_BEARER: Final = HTTPBearer(auto_error=False, description="The team's token.")


def contest_of(request: Request) -> Contest:
    """Return the competition of the app, of any kind."""
    contest: Contest = request.app.state.board
    return contest


def board_of(request: Request) -> Board:
    """Return the board of the app, where the routes are those of a competition on an edition."""
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


def public_url_of(request: Request) -> str | None:
    """Return the address that the organizer gave with --public-url; None without.

    The Host header is the client's: nothing that others see may contain it.
    """
    return settings_of(request).public_url


def is_hidden_from(request: Request) -> bool:
    """Whether the competition is private, and the request has no credentials (`Privacy`)."""
    is_admitted: bool = getattr(request.state, "is_admitted", False)
    return contest_of(request).competition.private and not is_admitted


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
            join_team(board, code, name)  # raises UnknownCodeError
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


async def recognise_team(request: Request) -> Team | None:
    """Look at the bearer token before the route does; None without a right one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not is_token(token):
        return None
    try:
        team, member_number = await run_sync(authenticate, contest_of(request), token)
    except KitError:  # the route says why it refuses the token, if it needs one
        return None
    request.state.recognised = (token, team)
    request.state.team_number, request.state.member_number = team.number, member_number
    return team


async def recognise_organizer(request: Request) -> bool:
    """Whether a request of the organizer's API has the organizer's token."""
    if not request.url.path.startswith("/api/v1/admin/"):
        return False
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    try:
        return await run_sync(opens, contest_of(request), token.strip(), "organizer")
    except KitError:  # the route says why
        return False


async def require_team(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Team:
    """Return the team of the bearer token; a dependency of routes.

    Raises
    ------
    NoTokenError
        If the request has no bearer token.
    UnknownTokenError, DisabledTeamError, TooManyRequestsError
        As `authenticate_form`.
    """
    if bearer is None:
        raise NoTokenError
    token, team = getattr(request.state, "recognised", ("", None))
    if team is not None and token == bearer.credentials:
        return team  # type: ignore[no-any-return]
    return await run_sync(authenticate_form, request, bearer.credentials)


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
        If the team has sent too many requests; or if no team has the token, and too many wrong ones
        or too many requests came from the client's address.
    """
    requests: RateLimit = request.app.state.requests
    waits_s: float = getattr(request.state, "wait_s", 0.0)
    try:
        with charge_wrong(request):
            team, member_number = authenticate(contest_of(request), token)
    except WrongSecretError as error:
        if waits_s > 0:
            raise too_many("address", waits_s) from error
        raise
    if waits_s == 0:
        requests.give_back(client_of(request))
    if (waits_s := requests.take(team_key(team))) > 0:
        raise too_many("team", waits_s)
    request.state.team_number, request.state.member_number = team.number, member_number
    connection = getattr(request.state, "connection", None)
    if connection is not None:
        connection.serves_soon(team_key(team))
    return team


def team_key(team: Team) -> str:
    """Return the key that a team's requests are counted under."""
    return f"team {team.number}"


def too_many(whose: str, wait_s: float) -> TooManyRequestsError:
    """Return the error for too many requests of an "address" or a "team"."""
    return TooManyRequestsError(f"Too many requests came from your {whose}.", wait_s)


def token_first(check: Callable[[Request], Awaitable[object]]) -> type[APIRoute]:
    """Return a class of routes that check the token before they read the body."""

    class TokenFirst(APIRoute):
        """A route that checks the token first."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            """Return the function that answers requests."""
            handle = super().get_route_handler()

            async def check_first(request: Request) -> Response:
                await check(request)
                return await handle(request)

            return check_first

    return TokenFirst


async def _check_team(request: Request) -> None:
    await require_team(request, await _BEARER(request))


#: A route that checks the team's token before it reads the body.
TeamRoute: Final = token_first(_check_team)
#: The team of the request, for signatures of routes.
AuthenticatedTeam = Annotated[Team, Depends(require_team)]
