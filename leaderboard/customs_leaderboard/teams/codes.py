"""Access codes: 100 random bits that people can type, shown once and stored as SHA-256.

An organizer gives them away to register teams, to join one, or to view a private competition.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.contest import Contest
from customs_leaderboard.errors import UnknownCodeError
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.store.actions import ORGANIZER
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.schema import AccessCode, Team

Kind = Literal["organizer", "view", "register", "join"]

#: Digits and letters without I, L, O and U, which are read as others (Crockford's base 32).
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_N_CHARACTERS: Final = 20
_GROUP: Final = 5
_CODE: Final = re.compile(f"[{_ALPHABET}]{{{_N_CHARACTERS}}}")
_MISREAD: Final = str.maketrans("ILO", "110", " -\t")
#: Largest number of uses of one code.
MAX_USES: Final = 10_000
_IS_IT: Final = (
    AccessCode.code_sha256 == bindparam("code_sha256"),
    AccessCode.kind == bindparam("kind"),
)
_LOCKED: Final = select(AccessCode).where(*_IS_IT).with_for_update()
# Columns instead of objects: asked with every request to a private competition.
_GLANCE: Final = select(*AccessCode.__table__.columns).where(*_IS_IT)


@dataclass(frozen=True)
class CodeRecord:
    """What is known about a code after it was shown.

    Attributes
    ----------
    number : int
        Number of the code, by which it is revoked.
    kind : str
        What it is for.
    team : str or None
        Name of the team that one may join.
    made_at : datetime
        Time at which it was made.
    expires_at : datetime or None
        First moment at which it does not work; None for no such time.
    n_uses_left : int or None
        How often it can still be used; None for any number of times.
    """

    number: int
    kind: str
    team: str | None
    made_at: datetime
    expires_at: datetime | None
    n_uses_left: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain data for JSON."""
        expires = None if self.expires_at is None else show_time(self.expires_at)
        return {**vars(self), "made_at": show_time(self.made_at), "expires_at": expires}


def make_code() -> str:
    """Draw a code.

    Examples
    --------
    >>> len(make_code()), is_code(make_code())
    (23, True)
    """
    bits = int(secrets.token_hex(_N_CHARACTERS), 16)
    letters = [_ALPHABET[bits >> 5 * i & 31] for i in range(_N_CHARACTERS)]
    groups = ["".join(letters[i : i + _GROUP]) for i in range(0, _N_CHARACTERS, _GROUP)]
    return "-".join(groups)


def is_code(text: str) -> bool:
    """Whether text has the form of a code, however it was typed."""
    return _CODE.fullmatch(_plain(text)) is not None


def hash_code(code: str) -> str:
    """Return the SHA-256 of a code in hexadecimal; hyphens, case, O and I do not matter.

    Examples
    --------
    >>> hash_code("o1234-56789") == hash_code("0I2345 6789")
    True
    """
    return hashlib.sha256(_plain(code).encode()).hexdigest()


def _plain(code: str) -> str:
    return code.strip().upper().translate(_MISREAD)


def insert_code(
    board: Contest,
    session: Session,
    kind: Kind,
    *,
    team_number: int | None = None,
    n_uses: int | None = None,
    expires_at: datetime | None = None,
) -> tuple[AccessCode, str]:
    """Add a code in a writing transaction.

    Returns
    -------
    row : AccessCode
        The row.
    code : str
        The code, which is stored nowhere.

    Raises
    ------
    KitError
        If it would expire in the past, or `n_uses` is not 1 to 10,000.
    """
    if n_uses is not None and not 1 <= n_uses <= MAX_USES:
        raise KitError(f"A code can have 1 to {MAX_USES:,} uses, not {n_uses:,}.")
    if expires_at is not None and expires_at <= board.now():
        raise KitError(f"{show_time(expires_at)} is over. Choose a later time to expire.")
    code = make_code()
    row = AccessCode(
        kind=kind,
        code_sha256=hash_code(code),
        team_number=team_number,
        made_at=board.now(),
        expires_at=expires_at,
        n_uses_left=n_uses,
    )
    session.add(row)
    session.flush()
    return row, code


def renew_code(board: Contest, kind: Kind, action: str) -> str:
    """Make the only code of a kind, revoke the earlier ones and log it; return the code."""
    with board.database.writing() as session:
        for row in session.scalars(_active(kind).with_for_update()):
            row.revoked_at = board.now()
        row, code = insert_code(board, session, kind)
        append_entry(
            board.database, session, board.now(), ORGANIZER, action, {"number": row.number}
        )
    return code


def opens(board: Contest, code: str, kind: Kind) -> bool:
    """Whether a code of some kind is right and still works; nothing is counted."""
    if not is_code(code):
        return False
    with board.database.glancing() as connection:
        values = {"code_sha256": hash_code(code), "kind": kind}
        row = connection.execute(_GLANCE, values).one_or_none()
    return row is not None and not _fault(board, AccessCode(**row._mapping))


def use_code(board: Contest, session: Session, code: str, kind: Kind) -> AccessCode:
    """Use a code once, in a writing transaction; lock it until the end.

    Raises
    ------
    UnknownCodeError
        If there is no such code.
    KitError
        If it has expired, was revoked or is used up.
    """
    values = {"code_sha256": hash_code(code), "kind": kind}
    row = session.scalar(_LOCKED, values) if is_code(code) else None
    if row is None:
        raise UnknownCodeError
    if fault := _fault(board, row):
        raise KitError(f"This code {fault}. Ask for another.")
    if row.n_uses_left is not None:
        row.n_uses_left -= 1
    return row


def list_codes(
    board: Contest, kinds: tuple[Kind, ...], team_number: int | None = None
) -> list[CodeRecord]:
    """Return the codes of some kinds that work, oldest first, perhaps those of one team only."""
    query = (
        select(AccessCode, Team.name)
        .outerjoin(Team, Team.number == AccessCode.team_number)
        .where(AccessCode.kind.in_(kinds))
        .order_by(AccessCode.number)
    )
    if team_number is not None:
        query = query.where(AccessCode.team_number == team_number)
    with board.database.reading() as session:
        return [
            record_of(row, team) for row, team in session.execute(query) if not _fault(board, row)
        ]


def record_of(row: AccessCode, team: str | None) -> CodeRecord:
    """Return the record of a row."""
    return CodeRecord(row.number, row.kind, team, row.made_at, row.expires_at, row.n_uses_left)


def revoke_code(
    board: Contest, session: Session, number: int, kinds: tuple[Kind, ...], team: int | None = None
) -> None:
    """Revoke a code by its number, in a writing transaction; `team` for one of a team only.

    Raises
    ------
    KitError
        If no such code works.
    """
    row = session.get(AccessCode, number, with_for_update=True)
    ours = row is not None and row.kind in kinds and team in (None, row.team_number)
    if row is None or not ours or _fault(board, row):
        raise KitError(f"There is no code {number} that still works.")
    row.revoked_at = board.now()


def revoke_invitations(board: Contest, session: Session, team_number: int) -> None:
    """Revoke all codes to join a team, in a writing transaction."""
    for row in session.scalars(_active("join").where(AccessCode.team_number == team_number)):
        row.revoked_at = board.now()


def delete_spent_codes(board: Contest, session: Session, team_number: int) -> int:
    """Delete the codes of a team that do not work any more; return how many still work."""
    rows = session.scalars(select(AccessCode).where(AccessCode.team_number == team_number)).all()
    spent = [row for row in rows if _fault(board, row)]
    for row in spent:
        session.delete(row)
    return len(rows) - len(spent)


def _active(kind: Kind) -> Any:
    return select(AccessCode).where(AccessCode.kind == kind, AccessCode.revoked_at.is_(None))


def _fault(board: Contest, row: AccessCode) -> str:
    """Return why a code does not work; empty if it does."""
    if row.revoked_at is not None:
        return "was revoked"
    if row.expires_at is not None and row.expires_at <= board.now():
        return f"expired {show_time(row.expires_at)}"
    return "is used up" if row.n_uses_left == 0 else ""
