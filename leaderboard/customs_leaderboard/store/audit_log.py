"""The audit log: everything organizers and teams did, each entry hashed with the one before it.

Whoever kept a hash from an earlier day can tell that nothing before it was changed, left out or put
in. Entries never hold exact scores, labels, tokens or addresses; what everybody may read of them is
said by `PUBLIC_ACTIONS`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.store.database import Database
from customs_leaderboard.store.schema import AuditEntry, UtcTime

ORGANIZER: Final = "organizer"
_NEWEST: Final = (
    select(AuditEntry.sequence, AuditEntry.hash).order_by(AuditEntry.sequence.desc()).limit(1)
)
_BEGINNING: Final = "0" * 64

#: Actions of organizers that everybody may read about.
PUBLIC_ACTIONS: Final = (
    "competition made",
    "rules changed",
    "deadline extended",
    "competition closed",
    "final standings computed",
    "labels revealed",
    "competition restored",
)


def team_actor(number: int) -> str:
    """Return how a team is named in the log."""
    return f"team {number}"


@dataclass(frozen=True)
class Entry:
    """One thing that was done; `details` as plain data."""

    sequence: int
    at: datetime
    actor: str
    action: str
    details: dict[str, Any]
    previous_hash: str
    hash: str

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as plain data for JSON, in the form that is hashed."""
        return {
            "sequence": self.sequence,
            "at": _moment(self.at),
            "actor": self.actor,
            "action": self.action,
            "details": self.details,
            "previous_hash": self.previous_hash,
            "hash": self.hash,
        }


@dataclass(frozen=True)
class Event:
    """Something done that is to be logged.

    Attributes
    ----------
    at : datetime
        When.
    actor : str
        `ORGANIZER` or `team_actor`.
    action : str
        In a few words, always the same for the same thing.
    details : dict
        Plain data for JSON.
    """

    at: datetime
    actor: str
    action: str
    details: dict[str, Any]


def append_entry(
    database: Database,
    session: Session,
    at: datetime,
    actor: str,
    action: str,
    details: dict[str, Any] | None = None,
) -> str:
    """Append one entry, of the fields of an `Event`, as `append_entries` does; return its hash."""
    deed = Event(at, actor, action, details or {})
    return append_entries(database, session, [deed])[0]


def append_entries(database: Database, session: Session, deeds: Sequence[Event]) -> list[str]:
    """Append to the log as the last thing of a writing transaction.

    Parameters
    ----------
    database : Database
        Of the session.
    session : Session
        From ``database.writing()``.
    deeds : sequence of Event
        In the order they were done.

    Returns
    -------
    list of str
        Hash of each entry, in hexadecimal.

    Notes
    -----
    hash = SHA-256(previous hash, a line break, canonical JSON of sequence, at, actor, action and
    details). Canonical JSON has sorted keys, no blanks, and ASCII only.
    """
    session.flush()
    database.lock_chain(session)
    sequence, previous_hash = session.execute(_NEWEST).one_or_none() or (0, _BEGINNING)
    entries = []
    for deed in deeds:
        sequence += 1
        entry = AuditEntry(
            sequence=sequence,
            at=deed.at,
            actor=deed.actor,
            action=deed.action,
            details=_canonical(deed.details),
            previous_hash=previous_hash,
        )
        entry.hash = previous_hash = _hash_of(entry)
        entries.append(entry)
    session.add_all(entries)
    session.flush()
    return [entry.hash for entry in entries]


def read_entries(
    session: Session,
    *,
    actions: tuple[str, ...] | None = None,
    actor: str | None = None,
    limit: int | None = None,
) -> list[Entry]:
    """Return entries, newest first.

    Parameters
    ----------
    session : Session
        From ``database.reading()``.
    actions : tuple of str, optional
        Only these; `PUBLIC_ACTIONS` for what everybody may read.
    actor : str, optional
        Only this actor's.
    limit : int, optional
        At most so many.
    """
    wanted = select(AuditEntry).order_by(AuditEntry.sequence.desc()).limit(limit)
    if actions is not None:
        wanted = wanted.where(AuditEntry.action.in_(actions))
    if actor is not None:
        wanted = wanted.where(AuditEntry.actor == actor)
    return [_read(row) for row in session.scalars(wanted)]


def head_hash(session: Session) -> str:
    """Return the hash of the newest entry: whoever keeps it can check all entries up to it."""
    wanted = select(AuditEntry.hash).order_by(AuditEntry.sequence.desc()).limit(1)
    return session.scalar(wanted) or _BEGINNING


def verify_chain(session: Session, kept_hash: str | None = None) -> int:
    """Check every entry against the one before it.

    Parameters
    ----------
    session : Session
        From ``database.reading()``.
    kept_hash : str, optional
        A hash that somebody kept: it must be one of the log's.

    Returns
    -------
    int
        Number of entries.

    Raises
    ------
    KitError
        Naming the first entry that does not follow from the one before it.
    """
    previous, n_entries = _BEGINNING, 0
    found = kept_hash in (None, _BEGINNING)
    wanted = select(AuditEntry).order_by(AuditEntry.sequence)
    with closing(session.scalars(wanted.execution_options(yield_per=1000))) as rows:
        for row in rows:
            n_entries += 1
            if (row.sequence, row.previous_hash, row.hash) != (n_entries, previous, _hash_of(row)):
                raise KitError(
                    f"The audit log must be whole, however: entry {n_entries} was changed, left "
                    "out or put in. Restore the competition from a backup."
                )
            previous = row.hash
            found = found or row.hash == kept_hash
    if not found:
        raise KitError(
            "The audit log must hold the entry of the hash that was kept, however: it does not: "
            "entries were changed or cut off. Restore the competition from a backup."
        )
    return n_entries


def _hash_of(row: AuditEntry) -> str:
    content = {
        "sequence": row.sequence,
        "at": _moment(row.at),
        "actor": row.actor,
        "action": row.action,
        "details": json.loads(row.details),
    }
    return hashlib.sha256(f"{row.previous_hash}\n{_canonical(content)}".encode()).hexdigest()


def _read(row: AuditEntry) -> Entry:
    return Entry(
        row.sequence,
        row.at,
        row.actor,
        row.action,
        json.loads(row.details),
        row.previous_hash,
        row.hash,
    )


def _canonical(data: dict[str, Any]) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _moment(at: datetime) -> str:
    """As the database writes it."""
    return str(UtcTime.as_text(at))
