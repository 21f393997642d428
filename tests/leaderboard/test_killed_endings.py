"""Killed at random moments of close and reveal, a second call finishes, and all is verified."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from customs_leaderboard.board import make_board
from customs_leaderboard.contest import utc_now
from customs_leaderboard.standings.close import close_competition, reveal_labels
from customs_leaderboard.standings.final import final_standings
from customs_leaderboard.store.audit_log import read_entries
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team
from customs_leaderboard.verification.published import verify_evidence
from customs_leaderboard.verification.verify import verify_board

ENDER = Path(__file__).with_name("ender.py")
#: Longest time after which the child is killed, in seconds; both endings take about as long.
LONGEST = 0.4


def kill_while(board, actions, database_url, rng):
    """Let a child end the competition, kill it at a random moment; return whether it was killed."""
    environment = dict(os.environ)
    if database_url is not None:
        environment["CUSTOMS_KIT_DATABASE_URL"] = database_url
    child = subprocess.Popen(
        [sys.executable, str(ENDER), str(board.folder.root), *actions],
        stdout=subprocess.PIPE,
        env=environment,
    )
    with child:
        assert child.stdout.readline() == b"ready\n"
        try:
            child.wait(timeout=rng.uniform(0, LONGEST * len(actions)))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
    assert child.returncode in (0, -signal.SIGKILL)
    with board.database.writing() as session:
        board.state(session, "write")  # PostgreSQL may still commit what the child had asked for
    return child.returncode != 0


def check(board, once):
    """Check that nothing is lost, everything agrees, and some actions were logged once."""
    assert verify_board(board).findings == []
    with board.database.reading() as session:
        logged = [entry.action for entry in read_entries(session)]
    assert [logged.count(action) for action in once] == [1] * len(once)
    assert logged.count("submission accepted") == 3


def end_and_kill(board, database_url, rng, *steps):
    """End a competition in steps, each killed once; return how often the child was killed."""
    n_killed = 0
    for actions in steps:
        n_killed += kill_while(board, actions, database_url, rng)
        once = ["competition closed", "final standings computed"]
        if final_standings(board) is None:
            close_competition(board, early=True, n_replicates=300)
        if "reveal" in actions:
            path = reveal_labels(board)
            once += ["labels revealed", "evidence published"]
        check(board, once)
    evidence = verify_evidence(board.folder.evidence_file, board.competition.edition, path)
    assert evidence.findings == []
    assert not [path for path in board.folder.root.iterdir() if path.name.startswith(".")]
    return n_killed


@pytest.fixture
def running(tmp_path, competition, make_file):
    """Make a competition that is open now, with three submissions: ``running(url, number)``."""
    now = utc_now()
    rules = replace(competition, opens=now - timedelta(days=1), closes=now + timedelta(days=1))
    boards = []

    def make(database_url, number=0):
        board = make_board(tmp_path / f"board {number}", rules, database_url=database_url)
        boards.append(board)
        teams = [add_team(board, name)[0] for name in ("Team A", "Team B")]
        for seed, team in enumerate([*teams, teams[0]]):
            submit_file(board, team.number, make_file(seed))
        return board

    yield make
    for board in boards:
        board.close_connections()


def test_killed_at_random_moments_the_endings_are_finished_by_another(running, database_url):
    both = ("close", "reveal")
    end_and_kill(running(database_url), database_url, random.Random(20260301), both)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_ten_times_the_endings_are_finished_by_another(running, request, kind):
    rng, n_killed = random.Random(1), 0
    for number in range(10):
        url = None
        if kind == "postgresql":
            url = request.getfixturevalue("postgresql").new_database()
        n_killed += end_and_kill(running(url, number), url, rng, ("close",), ("reveal",))
    assert n_killed >= 10  # of 20; a child may be faster than the kill
