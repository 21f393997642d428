"""Check the chain of hashes, and that no entry's time runs backwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from customs_leaderboard.store.actions import CLOCK_ACCEPTED
from customs_leaderboard.store.audit_log import (
    BEGINNING,
    LONGEST_WAIT,
    Entry,
    hash_entry,
    read_entry,
)
from customs_leaderboard.store.schema import AuditEntry, UtcTime


def readable_entries(log: Sequence[AuditEntry]) -> list[Entry]:
    """Return the entries whose details are JSON; `chain_faults` names the others."""
    return [entry for row in log if (entry := _try_to_read(row)) is not None]


def chain_faults(log: Sequence[AuditEntry], kept_hash: str | None = None) -> Iterator[str]:
    """Yield what is wrong with the chain.

    Parameters
    ----------
    log : sequence of AuditEntry
        All entries, in the order of their sequence.
    kept_hash : str, optional
        A hash that somebody noted; one of the entries must have it.
    """
    if not log:
        yield "The log is empty."
    expected, previous = 1, BEGINNING
    for row in log:
        if row.sequence != expected:
            missing = f"Entry {expected} is" if row.sequence == expected + 1 else (
                f"Entries {expected} to {row.sequence - 1} are"
            )  # fmt: skip
            yield f"{missing} missing from the log."
        elif row.previous_hash != previous:
            yield f"{_name(row)} does not follow the entry before it."
        if _try_to_read(row) is None or hash_entry(row) != row.hash:
            yield f"{_name(row)} was changed: its content does not give its hash."
        expected, previous = row.sequence + 1, row.hash
    if kept_hash not in (None, BEGINNING) and all(row.hash != kept_hash for row in log):
        yield (
            f"No entry has the noted hash {kept_hash}: entries were changed, or cut off at the end."
        )


def clock_faults(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield which entries' times run backwards, and which files waited suspiciously long."""
    newest: datetime | None = None
    for entry in entries:
        received = entry.details.get("received_at")
        # Entries of earlier releases have the time of receipt, in the order of acceptance.
        is_old = entry.action == "submission accepted" and received is None
        tolerance = LONGEST_WAIT if is_old else timedelta()
        if newest is not None and entry.at < newest - tolerance and entry.action != CLOCK_ACCEPTED:
            yield (
                f"Entry {entry.sequence} ({entry.action}) is of {UtcTime.as_text(entry.at)}, "
                f"before the entry before it ({UtcTime.as_text(newest)})."
            )
        newest = entry.at if newest is None or not is_old else max(newest, entry.at)
        if received is None:
            continue
        wait = entry.at - datetime.fromisoformat(received)
        if not timedelta() <= wait <= LONGEST_WAIT:
            yield (
                f"Submission {entry.details['submission']} was received {received}, but entered "
                f"the log {UtcTime.as_text(entry.at)} (entry {entry.sequence})."
            )


def _name(row: AuditEntry) -> str:
    return f"Entry {row.sequence} ({row.action}, {row.actor})"


def _try_to_read(row: AuditEntry) -> Entry | None:
    try:
        return read_entry(row)
    except (ValueError, TypeError):
        return None
