"""The audit log: every action of organizers and teams, in a chain of hashes.

Each entry is hashed together with the hash before it. Anyone who noted a hash can check later that
no entry up to it was changed, removed or inserted. Entries never contain exact scores, labels,
tokens, addresses or names of people; an entry may *commit* to such facts.

Everybody sees the hashes, but only the entries of `PUBLIC_ACTIONS`. Each other entry contains a
random salt of 128 bits. So nobody can guess an entry and compare hashes, and an entry's commitment
to facts gives nothing away until the salt is published after the reveal.

The times of entries never run backwards. If the clock does, the action is refused (`ClockError`).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.errors import ClockError
from customs_leaderboard.rules.reasons import check_reason
from customs_leaderboard.store.actions import (
    CLOCK_ACCEPTED,
    CLOCK_WRONG,
    ORGANIZER,
    PUBLIC_ACTIONS,
    acting,
)
from customs_leaderboard.store.commitments import canonical_json, commit_to
from customs_leaderboard.store.database import Database
from customs_leaderboard.store.schema import AuditEntry, UtcTime

_NEWEST: Final = (
    select(AuditEntry.sequence, AuditEntry.at, AuditEntry.action, AuditEntry.hash)
    .order_by(AuditEntry.sequence.desc())
    .limit(1)
)
#: The hash before the first entry.
BEGINNING: Final = "0" * 64
#: How far a clock may lie behind the newest entry, as that of another process may.
CLOCK_TOLERANCE: Final = timedelta(seconds=2)
#: Longest time from a file's last byte to its entry.
LONGEST_WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Entry:
    """An entry of the log; `details` as plain data."""

    sequence: int
    at: datetime
    actor: str
    action: str
    details: dict[str, Any]
    previous_hash: str
    hash: str

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as plain data for JSON, with the values that are hashed."""
        return {**vars(self), "at": UtcTime.as_text(self.at)}


@dataclass(frozen=True)
class Event:
    """An action to be logged.

    Attributes
    ----------
    at : datetime
        Time of the action.
    actor : str
        `ORGANIZER` or `team_actor`.
    action : str
        A few words, the same for the same kind of action.
    details : dict
        Plain data for JSON.
    sealed : dict or None
        Plain data for JSON that the entry commits to without containing it. The action must not be
        public.
    """

    at: datetime
    actor: str
    action: str
    details: dict[str, Any]
    sealed: dict[str, Any] | None = None


def append_entry(
    database: Database,
    session: Session,
    at: datetime,
    actor: str,
    action: str,
    details: dict[str, Any] | None = None,
    sealed: dict[str, Any] | None = None,
) -> str:
    """Append one entry with the fields of an `Event`, as `append_entries` does; return its hash."""
    return append_entries(database, session, [Event(at, actor, action, details or {}, sealed)])[0]


def append_entries(database: Database, session: Session, events: Sequence[Event]) -> list[str]:
    """Append to the log, as the last step of a writing transaction.

    Parameters
    ----------
    database : Database
        Database of the session.
    session : Session
        From ``database.writing()``.
    events : sequence of Event
        In the order they happened.

    Returns
    -------
    list of str
        Hash of each entry, in hexadecimal.

    Raises
    ------
    ClockError
        If the clock lies behind the newest entry. The transaction that is rolled back then is
        followed by another one, which appends this once to the log.

    Notes
    -----
    hash = SHA-256(previous hash, a line break, canonical JSON of sequence, at, actor, action and
    details). An event that waited for its transaction gets the time of the newest entry.
    """
    session.flush()
    database.lock_chain(session)
    newest = _read_newest(session)
    at = _time_of_entry(database, newest, events[0].at) if newest is not None else events[0].at
    return _append(session, newest, at, events)


def accept_clock(database: Database, session: Session, reason: str) -> str:
    """Append an entry that accepts a clock behind the newest entry; return the entry's hash.

    For the organizer, if the clock was ahead for a while.

    Raises
    ------
    KitError
        If the clock is not behind, or the reason is not 1 to 200 printable characters.
    """
    check_reason(reason)
    session.flush()
    database.lock_chain(session)
    newest, now = _read_newest(session), database.clock()
    assert newest is not None
    if now >= newest.at:
        raise KitError("The clock is not behind the newest entry: there is nothing to accept.")
    details = {"newest": UtcTime.as_text(newest.at), "reason": reason}
    return _append(session, newest, now, [Event(now, ORGANIZER, CLOCK_ACCEPTED, details)])[0]


class _Newest(NamedTuple):
    """What the next entry needs from the newest one."""

    sequence: int
    at: datetime
    action: str
    hash: str


def _read_newest(session: Session) -> _Newest | None:
    row = session.execute(_NEWEST).one_or_none()
    return None if row is None else _Newest(*row)


def _time_of_entry(database: Database, newest: _Newest, at: datetime) -> datetime:
    """Return the time of an event, but not before the newest entry; or refuse the event."""
    if at >= newest.at:
        return at
    # It may have waited for a lock: look at the clock again.
    if (now := database.clock()) < newest.at - CLOCK_TOLERANCE:
        raise ClockError(now, newest.at, partial(_log_wrong_clock, database, now))
    return newest.at


def _log_wrong_clock(database: Database, now: datetime, session: Session) -> None:
    database.lock_chain(session)
    newest = _read_newest(session)
    assert newest is not None
    if newest.action != CLOCK_WRONG:
        details = {"clock": UtcTime.as_text(now), "newest": UtcTime.as_text(newest.at)}
        event = Event(newest.at, ORGANIZER, CLOCK_WRONG, details)
        _append(session, newest, newest.at, [event])


def _append(
    session: Session, newest: _Newest | None, at: datetime, events: Sequence[Event]
) -> list[str]:
    first, previous_hash = (1, BEGINNING) if newest is None else (newest.sequence + 1, newest.hash)
    entries = []
    for sequence, event in enumerate(events, start=first):
        entry = AuditEntry(
            sequence=sequence,
            at=(at := max(at, event.at)),
            actor=acting(event.actor),
            action=event.action,
            details=canonical_json(_salted(event)),
            previous_hash=previous_hash,
        )
        entry.hash = previous_hash = hash_entry(entry)
        entries.append(entry)
    session.add_all(entries)
    session.flush()
    return [entry.hash for entry in entries]


def _salted(event: Event) -> dict[str, Any]:
    if event.action in PUBLIC_ACTIONS:
        if event.sealed is not None:
            raise ValueError(f"The salt of {event.action!r} would be public.")
        return event.details
    salt = secrets.token_hex(16)
    if event.sealed is None:
        return {**event.details, "salt": salt}
    return {**event.details, "salt": salt, "commitment": commit_to(salt, event.sealed)}


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
        Entries of these actions only; `PUBLIC_ACTIONS` for those that everybody may read.
    actor : str, optional
        Entries of this actor only.
    limit : int, optional
        Largest number of entries.
    """
    query = select(AuditEntry).order_by(AuditEntry.sequence.desc()).limit(limit)
    if actions is not None:
        query = query.where(AuditEntry.action.in_(actions))
    if actor is not None:
        query = query.where(AuditEntry.actor == actor)
    return [read_entry(row) for row in session.scalars(query)]


def head_hash(session: Session) -> str:
    """Return the hash of the newest entry; whoever notes it can check all entries up to it."""
    newest = _read_newest(session)
    return BEGINNING if newest is None else newest.hash


def verify_chain(session: Session, kept_hash: str | None = None) -> int:
    """Check every entry against the one before it.

    Parameters
    ----------
    session : Session
        From ``database.reading()``.
    kept_hash : str, optional
        A hash that somebody noted; one of the entries must have it.

    Returns
    -------
    int
        Number of entries.

    Raises
    ------
    KitError
        If an entry does not follow from the one before it, or none has the noted hash.
    """
    previous, n_entries = BEGINNING, 0
    is_kept = kept_hash in (None, BEGINNING)
    query = select(AuditEntry).order_by(AuditEntry.sequence).execution_options(yield_per=1000)
    with closing(session.scalars(query)) as rows:
        for row in rows:
            n_entries += 1
            if (row.sequence, row.previous_hash, row.hash) != (
                n_entries,
                previous,
                hash_entry(row),
            ):
                raise KitError(
                    f"The audit log is damaged: entry {n_entries} was changed, removed or "
                    "inserted. Restore the competition from a backup."
                )
            previous = row.hash
            is_kept = is_kept or row.hash == kept_hash
    if not is_kept:
        raise KitError(
            "The audit log contains no entry with the noted hash: entries were changed or cut off. "
            "Restore the competition from a backup."
        )
    return n_entries


def hash_entry(row: AuditEntry) -> str:
    """Return the hash that follows from an entry's content and the hash before it."""
    content = read_entry(row).as_dict()
    del content["previous_hash"], content["hash"]
    return hashlib.sha256(f"{row.previous_hash}\n{canonical_json(content)}".encode()).hexdigest()


def read_entry(row: AuditEntry) -> Entry:
    """Return a row as an `Entry`; ValueError if its details are not JSON."""
    values = {field.name: getattr(row, field.name) for field in fields(Entry)}
    return Entry(**{**values, "details": json.loads(row.details)})
