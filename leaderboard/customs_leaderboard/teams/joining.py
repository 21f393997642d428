"""Registration and invitations: people become teams and members with a code.

A code is counted in the transaction that adds the team or member, so that it never serves more
people than it should, and a refused name does not use it up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.contest import Contest
from customs_leaderboard.errors import NotOpenError
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.store.actions import ORGANIZER, team_actor
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.schema import Member, Team
from customs_leaderboard.teams.codes import (
    CodeRecord,
    Kind,
    delete_spent_codes,
    insert_code,
    record_of,
    revoke_code,
    use_code,
)
from customs_leaderboard.teams.members import insert_member, log_member
from customs_leaderboard.teams.names import check_member_name
from customs_leaderboard.teams.teams import check_active, find_team, insert_team, log_team

#: Actor of teams that registered themselves.
REGISTRATION: Final = "registration"
INVITATIONS: Final[tuple[Kind, ...]] = ("register", "join")
_MAX_INVITATIONS: Final = 10
_INVITATION_DAYS: Final = 7


@dataclass(frozen=True)
class Welcome:
    """What a new member gets; the token is stored nowhere."""

    team: Team
    member: Member
    token: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {"team": self.team.name, "member": self.member.name, "token": self.token}


def invite(
    board: Contest,
    *,
    team_name: str | None = None,
    n_uses: int = 1,
    expires_at: datetime | None = None,
) -> tuple[CodeRecord, str]:
    """Make a code to register teams, or to join a team, as the organizer.

    Parameters
    ----------
    board : Contest
        The competition.
    team_name : str, optional
        Team to join; without it, each use registers a new team.
    n_uses : int
        Number of teams or members, 1 to 10,000.
    expires_at : datetime, optional
        First moment at which the code does not work.

    Raises
    ------
    KitError
        If there is no such team, or the number or time is not possible.
    """
    with board.database.writing() as session:
        team = None if team_name is None else find_team(session, team_name, lock=True)
        number = None if team is None else team.number
        row, code = insert_code(
            board,
            session,
            "register" if team is None else "join",
            team_number=number,
            n_uses=n_uses,
            expires_at=expires_at,
        )
        details = {"code": row.number, "team": number, "uses": n_uses}
        append_entry(board.database, session, board.now(), ORGANIZER, "invitation made", details)
        return record_of(row, None if team is None else team.name), code


def withdraw(board: Contest, number: int) -> None:
    """Revoke an invitation by its number, as the organizer.

    Raises
    ------
    KitError
        If no invitation with this number works.
    """
    with board.database.writing() as session:
        revoke_code(board, session, number, INVITATIONS)
        details = {"code": number}
        append_entry(board.database, session, board.now(), ORGANIZER, "invitation revoked", details)


def invite_to_own_team(board: Contest, team_number: int) -> tuple[CodeRecord, str]:
    """Make a code with which one person may join a team within a week, as this team.

    Raises
    ------
    KitError
        If ten invitations of the team are open, or the competition is over.
    """
    with board.database.writing() as session:
        team = session.get_one(Team, team_number, with_for_update=True)
        check_active(team)
        _check_not_over(board, session)
        if delete_spent_codes(board, session, team_number) >= _MAX_INVITATIONS:
            raise KitError(f"{_MAX_INVITATIONS} invitations of your team are open. Revoke one.")
        expires = board.now() + timedelta(days=_INVITATION_DAYS)
        row, code = insert_code(
            board, session, "join", team_number=team_number, n_uses=1, expires_at=expires
        )
        return record_of(row, team.name), code


def withdraw_own(board: Contest, team_number: int, number: int) -> None:
    """Revoke an invitation to a team, as this team; errors as `withdraw`."""
    with board.database.writing() as session:
        revoke_code(board, session, number, ("join",), team_number)


def register_team(board: Contest, code: str, team_name: str, member_name: str) -> Welcome:
    """Add a team and its first member with a code.

    Raises
    ------
    NotOpenError
        After the deadline.
    UnknownCodeError
        If there is no such code.
    KitError
        If the code does not work any more, or a name is not allowed or taken.
    """
    with board.database.writing() as session:
        _check_not_over(board, session)
        use_code(board, session, code, "register")
        member_name = check_member_name(member_name)
        team, member, token = insert_team(board, session, team_name, member_name)
        log_team(board, session, REGISTRATION, "team added", team)
    return Welcome(team, member, token)


def join_team(board: Contest, code: str, member_name: str) -> Welcome:
    """Add a member to the team of an invitation; errors as `register_team`."""
    with board.database.writing() as session:
        _check_not_over(board, session)
        row = use_code(board, session, code, "join")
        team = session.get_one(Team, row.team_number, with_for_update=True)
        member, token = insert_member(board, session, team, member_name)
        log_member(board, session, team_actor(team.number), "member added", member)
    return Welcome(team, member, token)


def _check_not_over(board: Contest, session: Session) -> None:
    state = board.state(session)
    if board.phase(state) not in ("upcoming", "open"):
        closed_at = state.closed_at or state.closes
        raise NotOpenError(f"The competition closed {show_time(closed_at)}. Nobody can join now.")
