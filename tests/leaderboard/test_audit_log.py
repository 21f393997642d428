"""The log is append-only: every change is detected."""

import hashlib
import json
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from customs_data.errors import KitError
from customs_leaderboard.errors import (
    ClockError,
    QuotaError,
    UnavailableError,
    organizer_errors,
)
from customs_leaderboard.service.app import make_app
from customs_leaderboard.standings.select import MAX_CHANGES, select_submissions
from customs_leaderboard.store.actions import PUBLIC_ACTIONS
from customs_leaderboard.store.audit_log import (
    accept_clock,
    append_entry,
    head_hash,
    read_entries,
    verify_chain,
)
from customs_leaderboard.submissions.spool import Spool
from customs_leaderboard.submissions.submit import submit, submit_file
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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_entries_are_read_newest_first_and_by_kind(board):
    add_team(board, "Team A")
    with board.database.reading() as session:
        assert [e.action for e in read_entries(session)] == ["team added", "competition made"]
        assert [e.action for e in read_entries(session, limit=1)] == ["team added"]
        assert read_entries(session, actor="team 1") == []
        assert len(read_entries(session, actions=("team added",))) == 1


def all_entries(board):
    with board.database.reading() as session:
        verify_chain(session)
        return read_entries(session)[::-1]


def test_every_entry_that_is_not_public_has_a_salt_of_its_own(board, make_file):
    team, _ = add_team(board, "Team A")
    submit_file(board, team.number, make_file(1))
    select_submissions(board, team.number, [1])
    entries = all_entries(board)
    assert [entry.action for entry in entries] == [
        "competition made", "team added", "submission accepted", "selection changed"
    ]  # fmt: skip
    salts = [entry.details["salt"] for entry in entries if entry.action not in PUBLIC_ACTIONS]
    assert all(len(bytes.fromhex(salt)) == 16 for salt in salts)
    assert len(set(salts)) == 3
    assert "salt" not in entries[0].details


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_public_entry_commits_to_nothing_secret(board, clock):
    with board.database.writing() as session, pytest.raises(ValueError, match="public"):
        append_entry(
            board.database, session, clock(), "organizer", PUBLIC_ACTIONS[0], {}, {"score": 1}
        )


def test_selections_do_not_flood_the_log(board, make_file, clock):
    team, _ = add_team(board, "Team A")
    for seed in (1, 2):
        submit_file(board, team.number, make_file(seed))
    for i in range(MAX_CHANGES):
        for _ in range(2):  # unchanged, the second time
            select_submissions(board, team.number, [1 + i % 2])
    with pytest.raises(QuotaError, match="50 times today"):
        select_submissions(board, team.number, [1])
    n_changes = sum(entry.action == "selection changed" for entry in all_entries(board))
    assert n_changes == MAX_CHANGES
    clock.forward(days=1)
    assert select_submissions(board, team.number, [1]) == [1]


def test_a_clock_put_back_is_refused_and_logged_once(board, make_file, clock):
    """No second quota of the day, no deadline that comes back."""
    team, token = add_team(board, "Team A")
    clock.forward(days=1)
    for seed in range(4):
        submit_file(board, team.number, make_file(seed))
    newest = clock.now
    clock.forward(days=-1)
    for attempt in (
        lambda: submit_file(board, team.number, make_file(9)),
        lambda: select_submissions(board, team.number, [1]),
        lambda: add_team(board, "Team B"),
    ):
        with pytest.raises(ClockError, match="clock is wrong, so nothing was counted"):
            attempt()
    with pytest.raises(KitError) as refused, organizer_errors(board.folder.root):
        add_team(board, "Team B")
    for word in ("shows 2026-03-01", "is of 2026-03-02", "--accept-clock"):
        assert word in str(refused.value)
    answer = TestClient(make_app(board)).post(
        "/api/v1/submissions",
        content=make_file(9).read_bytes(),
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.json()["type"] == "urn:customs-kit:problem:clock-wrong"
    last = all_entries(board)[-1]
    assert (last.sequence, last.action) == (7, "clock ran backwards")
    assert last.details["clock"].startswith("2026-03-01")
    assert last.details["newest"].startswith("2026-03-02")
    assert len(list(board.folder.submissions.glob("*/*"))) == 4
    clock.now = newest
    assert add_team(board, "Team B")[0].name == "Team B"


def test_a_clock_that_was_ahead_is_accepted_by_the_organizer(board, make_file, clock):
    clock.forward(days=20)
    team, _ = add_team(board, "Team A")
    for seed in range(4):
        submit_file(board, team.number, make_file(seed))
    clock.forward(days=-20)
    with pytest.raises(ClockError):
        add_team(board, "Team B")
    with board.database.writing() as session:
        accept_clock(board.database, session, "It was 20 days ahead.")
    add_team(board, "Team B")
    *_, accepted, added = all_entries(board)
    assert (accepted.action, added.action) == ("clock accepted", "team added")
    assert accepted.details["reason"] == "It was 20 days ahead."
    assert added.at > accepted.at
    # Submissions of days that are yet to come count as today's.
    assert submit_file(board, team.number, make_file(4)).n_left_today == 0
    with pytest.raises(QuotaError):
        submit_file(board, team.number, make_file(5))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("hours", [-1, 2])
def test_a_clock_that_was_set_while_a_file_waited_is_noticed(board, make_file, clock, hours):
    """Its time of receipt may be wrong: on another day, or before a deadline that had passed."""
    team, _ = add_team(board, "Team A")

    class Slow(Spool):
        def finish(self):
            super().finish()
            clock.forward(hours=hours)

    clock.forward(hours=2)
    with Slow(board) as spool:
        spool.write(make_file(1).read_bytes())
        file = spool.received(team.number, clock())
        with pytest.raises(UnavailableError, match="was set while"):
            submit(board, file, spool)
    assert all_entries(board)[-1].action == "team added"
    clock.forward(hours=3)
    assert submit_file(board, team.number, make_file(1)).n_left_today == 4


def test_an_action_that_waited_gets_the_time_of_the_newest_entry(board, clock):
    early = clock()
    add_team(board, "Team A")
    newest = all_entries(board)[-1].at
    with board.database.writing() as session:  # the clock itself is right
        append_entry(board.database, session, early, "organizer", "tried")
    assert early < all_entries(board)[-1].at == newest
    clock.now = newest - timedelta(seconds=1)  # within the tolerance
    add_team(board, "Team B")
    assert all_entries(board)[-1].at == newest
