"""Members of teams: each has a token of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.contest import Contest
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.store.actions import ORGANIZER, team_actor
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.schema import Member, Submission, Team
from customs_leaderboard.teams.codes import revoke_invitations
from customs_leaderboard.teams.names import check_member_name, key_of
from customs_leaderboard.teams.teams import check_active, find_team
from customs_leaderboard.teams.tokens import hash_token, make_token

#: Members of a team at a time, and with those who were revoked, whose entries the log keeps.
MAX_MEMBERS: Final = 50
_MAX_EVER: Final = 200


@dataclass(frozen=True)
class MemberRecord:
    """A member, without the token; the first of a team may have an empty name."""

    number: int
    name: str
    made_at: datetime
    revoked_at: datetime | None

    def as_dict(self) -> dict[str, Any]:
        """Return the member as plain data for JSON."""
        revoked = None if self.revoked_at is None else show_time(self.revoked_at)
        return {**vars(self), "made_at": show_time(self.made_at), "revoked_at": revoked}


def add_member(board: Contest, team_name: str, name: str) -> tuple[Member, str]:
    """Add a member to a team.

    Returns
    -------
    member : Member
    token : str
        Their token, which is stored nowhere.

    Raises
    ------
    KitError
        If there is no such team, or `insert_member` raises it.
    """
    with board.database.writing() as session:
        team = find_team(session, team_name, lock=True)
        member, token = insert_member(board, session, team, name)
        log_member(board, session, ORGANIZER, "member added", member)
    return member, token


def insert_member(board: Contest, session: Session, team: Team, name: str) -> tuple[Member, str]:
    """Add a member in a writing transaction, to a team that it has locked; do not log it.

    Raises
    ------
    KitError
        If the name is not allowed or that of another member, or the team is full or disabled.
    """
    name = check_member_name(name)
    check_active(team)
    members = session.scalars(select(Member).where(Member.team_number == team.number)).all()
    active = [member for member in members if member.revoked_at is None]
    if any(key_of(member.name) == key_of(name) for member in active):
        raise KitError(f"{team.name} has a member {name!r} already. Choose another name.")
    if len(active) >= MAX_MEMBERS or len(members) >= _MAX_EVER:
        raise KitError(
            f"{team.name} has {len(active)} members, and had {len(members)}: a team can have "
            f"{MAX_MEMBERS} at a time and {_MAX_EVER} in all."
        )
    token = make_token()
    member = Member(
        team_number=team.number,
        name=name,
        token_sha256=hash_token(token),
        made_at=board.now(),
    )
    session.add(member)
    session.flush()
    return member, token


def list_members(board: Contest, team_name: str) -> list[MemberRecord]:
    """Return a team's members in the order they were added, with those who were revoked.

    Raises
    ------
    KitError
        If there is no such team.
    """
    with board.database.reading() as session:
        return members_of(session, find_team(session, team_name).number)


def members_of(session: Session, team_number: int) -> list[MemberRecord]:
    """Return the members of a team by its number, as `list_members`."""
    query = select(Member).where(Member.team_number == team_number).order_by(Member.number)
    return [
        MemberRecord(row.number, row.name, row.made_at, row.revoked_at)
        for row in session.scalars(query)
    ]


def submissions_by_member(board: Contest, team_name: str) -> dict[int, list[int]]:
    """Return the numbers of the submissions that each member of a team sent, by their number."""
    with board.database.reading() as session:
        team = find_team(session, team_name)
        query = (
            select(Submission.member_number, Submission.number)
            .where(Submission.team_number == team.number, Submission.member_number.is_not(None))
            .order_by(Submission.number)
        )
        numbers: dict[int, list[int]] = {}
        for row in session.execute(query):
            numbers.setdefault(row.member_number, []).append(row.number)
        return numbers


def count_members(board: Contest) -> dict[int, int]:
    """Return the number of members of each team, by its number, without those revoked."""
    query = (
        select(Member.team_number, func.count().label("n_members"))
        .where(Member.revoked_at.is_(None))
        .group_by(Member.team_number)
    )
    with board.database.reading() as session:
        return {row.team_number: row.n_members for row in session.execute(query)}


def revoke_member(board: Contest, team_name: str, name: str) -> MemberRecord:
    """Refuse the token of a member from now on, as the organizer.

    The team's invitations end, too: whoever leaves may know them, and could come back.

    Raises
    ------
    KitError
        If there is no such team, or it has no such member.
    """
    with board.database.writing() as session:
        team = find_team(session, team_name, lock=True)
        for member in members_of(session, team.number):
            if member.revoked_at is None and key_of(member.name) == key_of(name):
                return _revoke(board, session, ORGANIZER, member.number)
    raise KitError(f"{team.name} has no member {name[:60]!r}. `team member list` lists them.")


def revoke_own_member(board: Contest, team_number: int, number: int) -> MemberRecord:
    """Refuse the token of a member from now on, as their team; as `revoke_member`.

    Raises
    ------
    KitError
        If the team has no such member, or no other one.
    """
    with board.database.writing() as session:
        session.get_one(Team, team_number, with_for_update=True)
        active = [one for one in members_of(session, team_number) if one.revoked_at is None]
        if number not in [member.number for member in active]:
            raise KitError(f"Your team has no member {number}.")
        if len(active) == 1:
            raise KitError(
                "This is the team's last member, and nobody could act for it any more. Invite "
                "another one first."
            )
        return _revoke(board, session, team_actor(team_number), number)


def _revoke(board: Contest, session: Session, actor: str, number: int) -> MemberRecord:
    member = session.get_one(Member, number)
    member.revoked_at = board.now()
    revoke_invitations(board, session, member.team_number)
    log_member(board, session, actor, "member revoked", member)
    return MemberRecord(member.number, member.name, member.made_at, member.revoked_at)


def log_member(board: Contest, session: Session, actor: str, action: str, member: Member) -> None:
    """Log an action on a member, without their name: the log may be published one day."""
    details = {"team": member.team_number, "member": member.number}
    append_entry(board.database, session, board.now(), actor, action, details)
