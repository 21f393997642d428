"""Kills at random moments, full disks, databases that stop: no acknowledged file is lost."""

import errno
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select, true

from customs_leaderboard.board import make_board, open_board
from customs_leaderboard.contest import utc_now
from customs_leaderboard.errors import DamagedDatabaseError, UnavailableError
from customs_leaderboard.ladder.update_rules import step_ladder
from customs_leaderboard.standings.public import public_standings, team_history
from customs_leaderboard.store.audit_log import read_entries, verify_chain
from customs_leaderboard.store.schema import Submission, Team
from customs_leaderboard.store.scores import read_scores
from customs_leaderboard.submissions.receipts import day_of
from customs_leaderboard.submissions.spool import Spool
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.submissions.sweeping import sweep
from customs_leaderboard.teams.teams import add_team, list_teams

SUBMITTER = Path(__file__).with_name("submitter.py")


def kill_at_random(board, database_url, rng, first_seed):
    """Let a child submit, kill it at a random moment; return the receipts it got."""
    environment = dict(os.environ)
    if database_url is not None:
        environment["CUSTOMS_KIT_DATABASE_URL"] = database_url
    child = subprocess.Popen(
        [sys.executable, str(SUBMITTER), str(board.folder.root), str(first_seed)],
        stdout=subprocess.PIPE,
        env=environment,
    )
    with child:
        lines = [child.stdout.readline() for _ in range(rng.randint(1, 8))]
        try:
            child.wait(timeout=rng.uniform(0, 0.05))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
        rest = child.stdout.read()
    assert child.returncode == -signal.SIGKILL
    return [json.loads(line) for line in [*lines, *rest.splitlines(keepends=True)]
            if line.endswith(b"\n")]  # fmt: skip


def check_recovered(board, acknowledged):
    """Check that every acknowledged file is there, and that rows, files, teams and log agree."""
    with board.database.reading() as session:
        verify_chain(session)
        rows = {row.number: row for row in session.scalars(select(Submission))}
        scores = read_scores(session, board.metrics, true())
        # In the same view: PostgreSQL may still commit what a killed client had asked for.
        teams = list(session.scalars(select(Team)))
        logged = read_entries(session, actions=("submission accepted",))
    for receipt in acknowledged:
        row = rows[receipt["number"]]
        assert (row.team_number, row.sha256) == (receipt["team"], receipt["sha256"])
        assert row.shown == receipt["shown"]
    assert {entry.details["submission"] for entry in logged} == set(rows) == set(scores)
    for row in rows.values():
        board.folder.accepted_file(row)  # checks its SHA-256
    for team in teams:
        own = [row for number, row in sorted(rows.items()) if row.team_number == team.number]
        assert team.n_submissions == len(own)
        by_day = [row.day for row in own]
        assert all(by_day.count(day) <= board.competition.daily_limit for day in set(by_day))
        shown = None
        for row in own:  # the Ladder, computed again
            assert row.day == day_of(row.received_at)
            exact = scores[row.number]["public"]["precision_at_5"]
            shown = step_ladder(shown, exact, board.competition.ladder_step)
            assert row.shown == shown
        assert team.best_shown == shown
    return rows


def kill_rounds(board, database_url, n_rounds):
    rng = random.Random(20260301)
    acknowledged = []
    for i in range(n_rounds):
        acknowledged += kill_at_random(board, database_url, rng, 1000 * (i + 1))
        check_recovered(board, acknowledged)
    rows = check_recovered(board, acknowledged)
    assert len({receipt["number"] for receipt in acknowledged}) == len(acknowledged)
    with board.database.reading() as session:
        scores = read_scores(session, board.metrics, true())
    for number, row in rows.items():
        path = board.folder.accepted_file(row)
        assert scores[number] == board.judge.score(board.judge.check(path).answer)
    # Files without a receipt may be there or not; `sweep` deletes those without a row.
    board.now = lambda: utc_now() + timedelta(hours=2)
    sweep(board)
    assert len(list(board.folder.submissions.glob("*/*"))) == len(rows)
    assert list(board.folder.spool.iterdir()) == []
    assert len(rows) >= n_rounds


@pytest.fixture
def running(board_of):
    """A competition that is open now, with three teams and a high daily limit."""
    now = utc_now()
    board = board_of(
        opens=now - timedelta(days=1), closes=now + timedelta(days=1), daily_limit=1000
    )
    board.now = utc_now
    for i in range(3):
        add_team(board, f"Team {i}")
    return board


def test_killed_at_random_moments_nothing_acknowledged_is_lost(running, database_url):
    kill_rounds(running, database_url, 2 if database_url is None else 1)


@pytest.mark.slow
def test_killed_fifty_times_nothing_acknowledged_is_lost(running, database_url):
    kill_rounds(running, database_url, 50)


@pytest.fixture
def team(board):
    return add_team(board, "Team A")[0]


def nothing_happened(board, team):
    assert team_history(board, team.number) == []
    assert public_standings(board).rows == []
    assert list_teams(board)[0].n_submissions == 0
    assert list(board.folder.spool.iterdir()) == []
    with board.database.reading() as session:
        assert [e.action for e in read_entries(session)] == ["team added", "competition made"]


def failing(real, at_call, calls):
    """Wrap a function of the operating system: at one call the disk is full."""

    def call(*args, **kwargs):
        calls.append(args)
        if len(calls) == at_call:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args, **kwargs)

    return call


@pytest.mark.parametrize(
    ("function", "n_calls"), [("fsync", 3), ("replace", 1), ("mkdir", 1), ("open", 3)]
)
def test_a_full_disk_is_reported_and_nothing_is_counted(
    board, team, make_file, monkeypatch, function, n_calls
):
    """The first call fails, then the second, until a submission succeeds."""
    path = make_file(1)
    assert board.judge  # load it before the disk fails
    for at_call in range(1, n_calls + 1):
        real = getattr(os, function)
        with monkeypatch.context() as patched:
            patched.setattr(os, function, failing(real, at_call, []))
            with pytest.raises(UnavailableError, match="nothing was counted") as error:
                submit_file(board, team.number, path)
        assert str(board.folder.root) not in str(error.value)
        nothing_happened(board, team)
    calls = []
    with monkeypatch.context() as patched:
        patched.setattr(os, function, failing(real, None, calls))
        receipt = submit_file(board, team.number, path)
    assert len(calls) <= n_calls  # the team's folder exists by now: every call was tried
    assert (receipt.duplicate, receipt.n_left_today) == (False, 4)
    assert len(team_history(board, team.number)) == 1


def test_a_disk_that_fills_up_while_a_file_comes_is_reported(board, team):
    class Full:
        closed = False

        def write(self, _part):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            raise OSError(errno.ENOSPC, "No space left on device")

    with Spool(board) as spool:
        spool._stream = Full()
        with pytest.raises(UnavailableError, match="No space left"):
            spool.write(b"x")
    nothing_happened(board, team)


@pytest.fixture
def sqlite_board(tmp_path, competition, clock):
    board = make_board(tmp_path / "board", competition, clock=clock)
    yield board
    board.close_connections()


def test_a_full_database_is_reported_and_nothing_is_counted(sqlite_board, make_file):
    board = sqlite_board
    team, _ = add_team(board, "Team A")
    for i in range(3):
        submit_file(board, team.number, make_file(i))
    pages = []

    @event.listens_for(board.database.engine, "checkout")
    def limit(connection, _record, _proxy):
        if pages:
            connection.execute(f"PRAGMA max_page_count={pages[0]}")

    with board.database.engine.connect() as connection:
        pages.append(connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    def add_many():
        for i in range(200):
            add_team(board, f"Another {i}")

    with pytest.raises(UnavailableError, match="is full, and nothing was changed"):
        add_many()
    before = team_history(board, team.number)
    # A submission may still fit into the last page or not.
    try:
        submit_file(board, team.number, make_file(9))
    except UnavailableError:
        assert team_history(board, team.number) == before
    pages[0] = 1 << 30
    assert not submit_file(board, team.number, make_file(10)).duplicate
    with board.database.reading() as session:
        verify_chain(session)


def test_a_locked_database_is_reported(tmp_path, competition, clock, make_file, monkeypatch):
    monkeypatch.setattr("customs_leaderboard.store.database._WAIT_SECONDS", 0)
    board = make_board(tmp_path / "board", competition, clock=clock)
    team, _ = add_team(board, "Team A")
    other = sqlite3.connect(board.folder.database_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError, match="does not respond"):
        submit_file(board, team.number, make_file(1))
    nothing_happened(board, team)
    other.execute("ROLLBACK")
    other.close()
    assert submit_file(board, team.number, make_file(1)).n_left_today == 4
    board.close_connections()


def test_a_damaged_database_is_reported(sqlite_board):
    sqlite_board.close_connections()
    for path in sqlite_board.folder.root.glob("board.sqlite3*"):
        path.write_bytes(b"x" * 8192)
    with pytest.raises(DamagedDatabaseError, match="is damaged"):
        open_board(sqlite_board.folder.root)


def test_a_missing_table_is_a_bug_and_not_an_excuse(board):
    from sqlalchemy.exc import DBAPIError

    def read():
        with board.database.reading() as session:
            session.connection().exec_driver_sql("SELECT * FROM nothing")

    with pytest.raises(DBAPIError):
        read()


def test_a_commit_that_fails_leaves_nothing_but_a_file(board, team, make_file):
    """The file is there without its row: it is no submission, and `sweep` deletes it."""

    def fail(_connection):
        raise ZeroDivisionError

    event.listen(board.database.engine, "commit", fail)
    with pytest.raises(ZeroDivisionError):
        submit_file(board, team.number, make_file(1))
    event.remove(board.database.engine, "commit", fail)
    nothing_happened(board, team)
    assert len(list(board.folder.submissions.glob("*/*"))) == 1
    receipt = submit_file(board, team.number, make_file(1))
    assert (receipt.duplicate, receipt.n_left_today) == (False, 4)
    board.now = lambda: utc_now() + timedelta(hours=2)
    assert sweep(board) == 0


def test_a_database_server_that_stops_is_reported_and_nothing_is_lost(
    tmp_path, competition, clock, make_file, postgresql
):
    board = make_board(
        tmp_path / "board", competition, database_url=postgresql.new_database(), clock=clock
    )
    team, token = add_team(board, "Team A")
    first = submit_file(board, team.number, make_file(1))
    postgresql.stop()
    try:
        for ask in (
            lambda: submit_file(board, team.number, make_file(2)),
            lambda: public_standings(board),
            lambda: board.database.check(),
            lambda: add_team(board, "Team B"),
        ):
            with pytest.raises(UnavailableError, match="does not respond") as error:
                ask()
            assert token not in str(error.value)
            assert "postgres" not in str(error.value)
    finally:
        postgresql.start()
    assert [one.number for one in team_history(board, team.number)] == [first.number]
    assert submit_file(board, team.number, make_file(2)).n_left_today == 3
    with board.database.reading() as session:
        verify_chain(session)
    board.close_connections()
