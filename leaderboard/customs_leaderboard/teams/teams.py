"""Teams: making, naming, tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.errors import DisabledTeamError, UnknownTokenError
from customs_leaderboard.rules.competition import show_time
from customs_leaderboard.store.audit_log import ORGANIZER, append_entry
from customs_leaderboard.store.database import Database
from customs_leaderboard.store.schema import Team
from customs_leaderboard.teams.tokens import hash_token, is_token, make_token, same_token

# Begins with a letter or digit: a spreadsheet takes -, = and @ for the beginning of a formula.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{1,39}")
# Made once: making a statement costs as much as running it.
_BY_TOKEN: Final = select(*Team.__table__.columns).where(
    Team.token_sha256 == bindparam("token_sha256")
)
# In one order, so that two who lock several cannot wait for each other.
_LOCKED: Final = (
    select(Team)
    .where(Team.number.in_(bindparam("numbers", expanding=True)))
    .order_by(Team.number)
    .with_for_update()
)


def check_name(name: str) -> str:
    """Return a team's name if it may be one.

    Raises
    ------
    KitError
        If it has other signs than letters, digits, space, ``-``, ``_`` and ``.``, begins with
        another sign than a letter or digit, has blanks at its end or side by side, or not 2 to 40
        characters.

    Examples
    --------
    >>> check_name("Busan Customs 2")
    'Busan Customs 2'
    """
    if _NAME.fullmatch(name) is None or name.endswith(" ") or "  " in name:
        raise KitError(
            "A team's name must have 2 to 40 characters: letters A-Z, digits, single spaces, '-', "
            f"'_' and '.', a letter or digit first, however: {name[:60]!r}. Choose another name."
        )
    return name


def add_team(board: Board, name: str) -> tuple[Team, str]:
    """Add a team.

    Returns
    -------
    team : Team
    token : str
        Its token; it is stored nowhere and shown only here.

    Raises
    ------
    KitError
        If the name may not be one, or is taken (capital and small letters count as the same).
    """
    check_name(name)
    token = make_token()
    with board.database.writing() as session:
        _check_free(session, name)
        team = Team(
            name=name,
            name_key=name.casefold(),
            token_sha256=hash_token(token),
            made_at=board.now(),
            n_submissions=0,
        )
        session.add(team)
        session.flush()
        _log(board, session, "team added", team)
    return team, token


def list_teams(board: Board) -> list[Team]:
    """Return all teams in the order they were added."""
    with board.database.reading() as session:
        return list(session.scalars(select(Team).order_by(Team.number)))


def rename_team(board: Board, name: str, new_name: str) -> Team:
    """Rename a team; parameters and errors as `find_team` and `add_team`."""
    check_name(new_name)
    with board.database.writing() as session:
        team = find_team(session, name, lock=True)
        if new_name.casefold() != team.name_key:
            _check_free(session, new_name)
        old = team.name
        team.name, team.name_key = new_name, new_name.casefold()
        _log(board, session, "team renamed", team, old=old)
    return team


def reset_token(board: Board, name: str) -> tuple[Team, str]:
    """Give a team a new token; the old one is refused from now on. Errors as `find_team`."""
    token = make_token()
    with board.database.writing() as session:
        team = find_team(session, name, lock=True)
        team.token_sha256 = hash_token(token)
        _log(board, session, "token reset", team)
    return team, token


def disable_team(board: Board, name: str) -> Team:
    """Refuse a team's token and leave the team out of all standings; its files stay.

    Raises
    ------
    KitError
        As `find_team`, or if it is disabled already.
    """
    with board.database.writing() as session:
        team = find_team(session, name, lock=True)
        if team.disabled_at is not None:
            raise KitError(
                f"{team.name} must be an active team, however: it was disabled "
                f"{show_time(team.disabled_at)}."
            )
        team.disabled_at = board.now()
        _log(board, session, "team disabled", team)
    return team


def authenticate(board: Board, token: str) -> Team:
    """Return the team of a token.

    Raises
    ------
    UnknownTokenError
        If no team has it.
    DisabledTeamError
        If the team was disabled.
    """
    if not is_token(token):
        raise UnknownTokenError
    with board.database.glancing() as connection:
        found = connection.execute(_BY_TOKEN, {"token_sha256": hash_token(token)}).one_or_none()
    if found is None or not same_token(token, found.token_sha256):
        raise UnknownTokenError
    team = Team(**found._mapping)
    check_active(team)
    return team


def check_active(team: Team) -> None:
    """Raise `DisabledTeamError` if a team was disabled."""
    if team.disabled_at is not None:
        raise DisabledTeamError(f"{team.name} was disabled by the organizer. Ask the organizer.")


def find_team(session: Session, name: str, *, lock: bool = False) -> Team:
    """Return the team of a name (capital and small letters count as the same).

    Raises
    ------
    KitError
        If there is none.
    """
    wanted = select(Team).where(Team.name_key == name.casefold())
    team = session.scalar(wanted.with_for_update() if lock else wanted)
    if team is None:
        raise KitError(
            f"There is no team {name[:60]!r}. `customs-kit leaderboard team list` shows them."
        )
    return team


def lock_teams(database: Database, session: Session, numbers: Iterable[int]) -> None:
    """Keep teams as they are until the transaction ends: one decision at a time on each.

    SQLite has one writer anyway.
    """
    if database.is_postgresql:
        session.execute(_LOCKED, {"numbers": sorted(numbers)}).all()


def team_as_dict(team: Team) -> dict[str, Any]:
    """Return what an organizer may see of a team as plain data for JSON; never its token."""
    return {
        "number": team.number,
        "name": team.name,
        "made_at": show_time(team.made_at),
        "disabled_at": None if team.disabled_at is None else show_time(team.disabled_at),
        "n_submissions": team.n_submissions,
    }


def _check_free(session: Session, name: str) -> None:
    if session.scalar(select(Team).where(Team.name_key == name.casefold())) is not None:
        raise KitError(f"A team's name must be new, however: {name!r} is taken. Choose another.")


def _log(board: Board, session: Session, action: str, team: Team, **details: str) -> None:
    held = {"team": team.number, "name": team.name, **details}
    append_entry(board.database, session, board.now(), ORGANIZER, action, held)
