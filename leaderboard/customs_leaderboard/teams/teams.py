"""Add, rename and authenticate teams; `corrections.disabling` disables them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.contest import Contest
from customs_leaderboard.errors import DisabledTeamError, UnknownTokenError
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.store.actions import ORGANIZER
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.database import Database
from customs_leaderboard.store.schema import Member, Team
from customs_leaderboard.teams.codes import revoke_invitations
from customs_leaderboard.teams.names import (
    check_free,
    check_member_name,
    check_name,
    key_of,
)
from customs_leaderboard.teams.tokens import hash_token, is_token, make_token, same_token

_TEAM: Final = [column.label(f"team_{column.name}") for column in Team.__table__.columns]
_COLUMNS: Final = [column.name for column in Team.__table__.columns]
# Built once: building a statement costs as much as running it.
_BY_TOKEN: Final = (
    select(Member.number, Member.token_sha256, Member.revoked_at, *_TEAM)
    .join(Team, Team.number == Member.team_number)
    .where(Member.token_sha256 == bindparam("token_sha256"))
)
# Always in this order, so that two transactions cannot wait for each other.
_LOCKED: Final = (
    select(Team)
    .where(Team.number.in_(bindparam("numbers", expanding=True)))
    .order_by(Team.number)
    .with_for_update()
)


def add_team(board: Contest, name: str, member_name: str = "") -> tuple[Team, str]:
    """Add a team, as the organizer.

    Returns
    -------
    team : Team
    token : str
        Token of its first member, which is stored nowhere.

    Raises
    ------
    KitError
        If the name is not allowed, taken, or looks like that of another team.
    """
    with board.database.writing() as session:
        team, _, token = insert_team(board, session, name, member_name)
        log_team(board, session, ORGANIZER, "team added", team)
    return team, token


def insert_team(
    board: Contest, session: Session, name: str, member_name: str
) -> tuple[Team, Member, str]:
    """Add a team with a member in a writing transaction; do not log it. Errors as `add_team`."""
    name = check_name(name)
    member_name = member_name and check_member_name(member_name)
    _check_free(board, session, name)
    team = Team(name=name, name_key=key_of(name), made_at=board.now(), n_submissions=0)
    session.add(team)
    session.flush()
    token = make_token()
    member = Member(
        team_number=team.number,
        name=member_name,
        token_sha256=hash_token(token),
        made_at=team.made_at,
    )
    session.add(member)
    return team, member, token


def list_teams(board: Contest) -> list[Team]:
    """Return all teams in the order they were added."""
    with board.database.reading() as session:
        return list(session.scalars(select(Team).order_by(Team.number)))


def rename_team(board: Contest, name: str, new_name: str) -> Team:
    """Rename a team; parameters and errors as `find_team` and `add_team`."""
    new_name = check_name(new_name)
    with board.database.writing() as session:
        team = find_team(session, name, lock=True)
        _check_free(board, session, new_name, but=team)
        old = team.name
        team.name, team.name_key = new_name, key_of(new_name)
        log_team(board, session, ORGANIZER, "team renamed", team, old=old)
    return team


def reset_token(board: Contest, name: str) -> tuple[Team, str]:
    """Give a team's first member a new token, also if it was revoked; errors as `find_team`.

    The team's invitations end: whoever had the old token may have made some.
    """
    token = make_token()
    with board.database.writing() as session:
        team = find_team(session, name, lock=True)
        first = select(Member).where(Member.team_number == team.number).order_by(Member.number)
        member = session.scalars(first.limit(1)).one()
        member.token_sha256, member.revoked_at = hash_token(token), None
        revoke_invitations(board, session, team.number)
        log_team(board, session, ORGANIZER, "token reset", team)
    return team, token


def authenticate(board: Contest, token: str) -> tuple[Team, int]:
    """Return the team of a token, and the number of the member who has it.

    Raises
    ------
    UnknownTokenError
        If no member has it, or it was revoked.
    DisabledTeamError
        If the team was disabled.
    """
    if not is_token(token):
        raise UnknownTokenError
    with board.database.glancing() as connection:
        row = connection.execute(_BY_TOKEN, {"token_sha256": hash_token(token)}).one_or_none()
    if row is None or row.revoked_at is not None or not same_token(token, row.token_sha256):
        raise UnknownTokenError
    team = Team(**dict(zip(_COLUMNS, row[len(row) - len(_COLUMNS) :], strict=True)))
    check_active(team)
    return team, row.number


def check_active(team: Team) -> None:
    """Raise `DisabledTeamError` if a team was disabled."""
    if team.disabled_at is not None:
        reason = f" ({team.disabled_reason})" if team.disabled_reason else ""
        raise DisabledTeamError(
            f"{team.name} was disabled by the organizer{reason}. Ask the organizer."
        )


def find_team(session: Session, name: str, *, lock: bool = False) -> Team:
    """Return the team with a name, ignoring case.

    Raises
    ------
    KitError
        If there is none.
    """
    query = select(Team).where(Team.name_key == key_of(name))
    team = session.scalar(query.with_for_update() if lock else query)
    if team is None:
        raise KitError(
            f"There is no team {name[:60]!r}. `customs-kit leaderboard team list` lists all teams."
        )
    return team


def lock_teams(database: Database, session: Session, numbers: Iterable[int]) -> None:
    """Lock teams until the transaction ends; SQLite has one writer anyway."""
    if database.is_postgresql:
        session.execute(_LOCKED, {"numbers": sorted(numbers)}).all()


def team_as_dict(team: Team) -> dict[str, Any]:
    """Return a team as plain data for JSON, for organizers; without its token."""
    return {
        "number": team.number,
        "name": team.name,
        "made_at": show_time(team.made_at),
        "disabled_at": None if team.disabled_at is None else show_time(team.disabled_at),
        "disabled_reason": team.disabled_reason,
        "n_submissions": team.n_submissions,
    }


def log_team(
    board: Contest, session: Session, actor: str, action: str, team: Team, **details: str
) -> None:
    """Log an action on a team."""
    team_details = {"team": team.number, "name": team.name, **details}
    append_entry(board.database, session, board.now(), actor, action, team_details)


def _check_free(board: Contest, session: Session, name: str, but: Team | None = None) -> None:
    """Compare a name with those of all teams; one transaction at a time may do so."""
    board.state(session, "write")
    numbers_and_names = session.execute(select(Team.number, Team.name)).all()
    own = None if but is None else but.number
    check_free(name, (other for number, other in numbers_and_names if number != own))
