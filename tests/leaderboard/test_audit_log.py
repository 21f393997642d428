"""The log is append-only: every change is detected."""

import hashlib
import json

import pytest

from customs_data.errors import KitError
from customs_leaderboard.store.audit_log import append_entry, head_hash, read_entries, verify_chain
from customs_leaderboard.teams.teams import add_team


@pytest.fixture
def log(board, clock):
    for i in range(5):
        with board.database.writing() as session:
            append_entry(board.database, session, clock(), "organizer", "tried", {"i": i})
    return board.database


def test_the_chain_follows_from_its_definition(log):
    with log.reading() as session:
        entries = read_entries(session)[::-1]
        assert verify_chain(session) == 6
    previous = "0" * 64
    for sequence, entry in enumerate(entries, start=1):
        fields = entry.as_dict()
        stated = fields.pop("hash")
        assert fields.pop("previous_hash") == previous
        assert fields["sequence"] == sequence
        text = f"{previous}\n{json.dumps(fields, sort_keys=True, separators=(',', ':'))}"
        assert hashlib.sha256(text.encode()).hexdigest() == stated
        previous = stated


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_entry SET details = '{\"i\":9}' WHERE sequence = 3",
        "UPDATE audit_entry SET actor = 'team 1' WHERE sequence = 3",
        "UPDATE audit_entry SET at = '2026-03-01T00:00:00.000000Z' WHERE sequence = 3",
        "DELETE FROM audit_entry WHERE sequence = 3",
        "DELETE FROM audit_entry WHERE sequence = 1",
        "UPDATE audit_entry SET sequence = 60 WHERE sequence = 6",
    ],
)
def test_tampering_shows(log, tampering):
    with log.writing() as session:
        session.connection().exec_driver_sql(tampering)
    with log.reading() as session, pytest.raises(KitError, match="audit log is damaged"):
        verify_chain(session)


def test_cutting_off_the_end_is_detected_with_a_noted_hash(log):
    with log.reading() as session:
        kept = head_hash(session)
        verify_chain(session, kept)
    with log.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM audit_entry WHERE sequence = 6")
    with log.reading() as session:
        assert verify_chain(session) == 5
        with pytest.raises(KitError, match="noted hash"):
            verify_chain(session, kept)


def test_a_rolled_back_entry_leaves_no_gap(log, clock):
    def fail():
        with log.writing() as session:
            append_entry(log, session, clock(), "organizer", "tried")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with log.writing() as session:
        append_entry(log, session, clock(), "organizer", "tried")
    with log.reading() as session:
        assert verify_chain(session) == 7


def test_entries_are_read_newest_first_and_by_kind(board):
    add_team(board, "Team A")
    with board.database.reading() as session:
        assert [e.action for e in read_entries(session)] == ["team added", "competition made"]
        assert [e.action for e in read_entries(session, limit=1)] == ["team added"]
        assert read_entries(session, actor="team 1") == []
        assert len(read_entries(session, actions=("team added",))) == 1
