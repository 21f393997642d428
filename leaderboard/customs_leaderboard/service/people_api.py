"""The part of the JSON API about people: registering, joining, members and invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from customs_leaderboard.service.access import AuthenticatedTeam, charge_wrong, contest_of
from customs_leaderboard.service.answers import problem_answers
from customs_leaderboard.service.api import API
from customs_leaderboard.service.json_bodies import Answer, Number, Wanted
from customs_leaderboard.teams.codes import list_codes
from customs_leaderboard.teams.joining import (
    Welcome,
    invite_to_own_team,
    join_team,
    register_team,
    withdraw_own,
)
from customs_leaderboard.teams.members import members_of, revoke_own_member

router = APIRouter(prefix=API)
_N_LETTERS: Final = 200
Text = Annotated[str, Field(max_length=_N_LETTERS)]


class JoinRequest(Wanted):
    """A code for one team, and the name of the new member."""

    code: Text
    member: Text


class RegisterRequest(JoinRequest):
    """A code to register teams, the name of the new team, and of its first member."""

    team: Text


class WelcomeAnswer(Answer):
    """The new member's token, which cannot be shown again."""

    team: str
    member: str
    token: str


class MemberAnswer(Answer):
    """A member of the team."""

    number: int
    name: str = Field(description="Empty for the first member, unless the organizer gave a name.")
    made_at: datetime
    revoked_at: datetime | None
    you: bool = Field(description="Whether the request has this member's token.")


class InvitationAnswer(Answer):
    """An invitation to the team that works."""

    number: int
    made_at: datetime
    expires_at: datetime | None
    n_uses_left: int | None


class NewInvitationAnswer(InvitationAnswer):
    """A new invitation; its code cannot be shown again."""

    code: str
    path: str = Field(description="Append it to the leaderboard's address to get a link.")


class PeopleAnswer(Answer):
    """The team's members and open invitations."""

    members: list[MemberAnswer]
    invitations: list[InvitationAnswer]


@router.post(
    "/register",
    response_model=WelcomeAnswer,
    status_code=201,
    responses=problem_answers(400, 401, 403, 422),
)
def register(request: Request, wanted: RegisterRequest) -> Response:
    """Register a team with a code from the organizer."""
    return JSONResponse(
        register_by(request, wanted.code, wanted.team, wanted.member).as_dict(), 201
    )


@router.post(
    "/join",
    response_model=WelcomeAnswer,
    status_code=201,
    responses=problem_answers(400, 401, 403, 422),
)
def join(request: Request, wanted: JoinRequest) -> Response:
    """Join a team with an invitation."""
    return JSONResponse(join_by(request, wanted.code, wanted.member).as_dict(), 201)


@router.get("/team/members", response_model=PeopleAnswer, responses=problem_answers(401, 403))
def people(request: Request, team: AuthenticatedTeam) -> Response:
    """Return the team's members and open invitations."""
    return JSONResponse(people_of(request, team.number))


@router.delete(
    "/team/members/{number}", status_code=204, responses=problem_answers(400, 401, 403, 422)
)
def revoke_member(request: Request, team: AuthenticatedTeam, number: Number) -> Response:
    """Refuse the token of a member from now on; their submissions stay."""
    revoke_own_member(contest_of(request), team.number, number)
    return Response(status_code=204)


@router.post(
    "/team/invitations",
    response_model=NewInvitationAnswer,
    status_code=201,
    responses=problem_answers(400, 401, 403),
)
def make_invitation(request: Request, team: AuthenticatedTeam) -> Response:
    """Make a code with which one person may join the team within a week."""
    record, code = invite_to_own_team(contest_of(request), team.number)
    content = {**_invitation(record.as_dict()), "code": code, "path": f"/join#{code}"}
    return JSONResponse(content, 201)


@router.delete(
    "/team/invitations/{number}", status_code=204, responses=problem_answers(400, 401, 403, 422)
)
def revoke_invitation(request: Request, team: AuthenticatedTeam, number: Number) -> Response:
    """Revoke an invitation to the team."""
    withdraw_own(contest_of(request), team.number, number)
    return Response(status_code=204)


def register_by(request: Request, code: str, team: str, member: str) -> Welcome:
    """Register a team for a client; wrong codes count against its address."""
    with charge_wrong(request):
        welcome = register_team(contest_of(request), code, team.strip(), member.strip())
    return _entered(request, welcome)


def join_by(request: Request, code: str, member: str) -> Welcome:
    """Join a team for a client; wrong codes count against its address."""
    with charge_wrong(request):
        welcome = join_team(contest_of(request), code, member.strip())
    return _entered(request, welcome)


def people_of(request: Request, team_number: int) -> dict[str, list[dict[str, Any]]]:
    """Return members and open invitations of a team as plain data for JSON."""
    board = contest_of(request)
    with board.database.reading() as session:
        members = members_of(session, team_number)
    you = getattr(request.state, "member_number", None)
    return {
        "members": [{**one.as_dict(), "you": one.number == you} for one in members],
        "invitations": [
            _invitation(code.as_dict()) for code in list_codes(board, ("join",), team_number)
        ],
    }


def _invitation(record: dict[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in InvitationAnswer.model_fields}


def _entered(request: Request, welcome: Welcome) -> Welcome:
    """Let the log of requests name the team, and pages show what is new."""
    request.state.team_number = welcome.team.number
    request.app.state.answers.expire()
    return welcome
