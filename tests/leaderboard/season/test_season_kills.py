"""Killed at random moments while teams play: no step is lost, and none is applied twice."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from customs_leaderboard.contest import utc_now
from customs_leaderboard.season.client import SeasonClient
from customs_leaderboard.season.live import Place
from customs_leaderboard.season.reports import hash_reports
from customs_leaderboard.season.verify import verify_season
from customs_leaderboard.store.audit_log import read_entries, verify_chain
from customs_leaderboard.store.schema import SeasonStep
from customs_leaderboard.teams.teams import add_team

SERVER = Path(__file__).with_name("season_server.py")
N_TEAMS = 3


class KilledServer:
    """A server process that is killed and started again."""

    def __init__(self, folder: Path, database_url: str | None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._command = [sys.executable, str(SERVER), str(folder), str(self.port)]
        self._environment = dict(os.environ)
        if database_url is not None:
            self._environment["CUSTOMS_KIT_DATABASE_URL"] = database_url
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self._environment
        )
        assert self._process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()


def play(url, member, log):
    """Play all weeks of all worlds; log what was acknowledged: place, week, rows, reports."""
    rng = np.random.default_rng(member.number)
    with SeasonClient(url, member.token) as client:
        attempt = client.begin()
        for world in (1, 2):
            of_world = client.world(attempt, world)
            for week in of_world.weeks():
                rows = rng.choice(len(week.arrivals), week.n_inspections, replace=False).tolist()
                answer = of_world.open(week.number, rows)
                week.is_opened = True
                place = Place(member.number, attempt, world)
                log.append((place, week.number, rows, hash_reports(answer["reports"])))


def play_and_kill(board, database_url, n_kills, seed):
    """Let teams play while the server is killed; return what was acknowledged."""
    from real_server import Member

    members = [Member(*add_team(board, f"Team {i}")) for i in range(N_TEAMS)]
    n_steps = N_TEAMS * board.competition.worlds * board.competition.weeks
    moments = sorted(random.Random(seed).sample(range(n_steps), n_kills))
    log: list[tuple] = []
    server = KilledServer(board.folder.root, database_url)
    try:
        with ThreadPoolExecutor(N_TEAMS) as pool:
            url = f"http://127.0.0.1:{server.port}"
            players = [pool.submit(play, url, member, log) for member in members]
            for moment in moments:
                while len(log) < moment and not all(one.done() for one in players):
                    time.sleep(0.001)
                server.kill()
                server.start()
            for player in players:
                player.result()
    finally:
        server.kill()
    return log


def check(board, log):
    rules = board.competition
    n_steps = N_TEAMS * rules.worlds * rules.weeks
    assert len(log) == n_steps
    with board.database.reading() as session:
        verify_chain(session)
        steps = {
            (Place(row.team_number, row.attempt, row.world), row.week): row.selection
            for row in session.scalars(select(SeasonStep))
        }
        entries = [one for one in read_entries(session) if one.action == "week decided"]
    assert len(steps) == len(entries) == n_steps
    hashes = {
        (one.actor, one.details["attempt"], one.details["world"], one.details["week"]): (
            one.details["reports_sha256"]
        )
        for one in entries
    }
    for place, week, rows, reports in log:
        assert f'"rows":{rows}'.replace(" ", "") in steps[place, week]
        key = (f"team {place.team_number}", place.attempt, place.world, week)
        assert hashes[key] == reports
    assert verify_season(board).findings == []


@pytest.fixture
def running(season_board_of, database_url):
    """A competition that is open now."""
    now = utc_now()
    board = season_board_of(
        opens=now - timedelta(days=1), closes=now + timedelta(days=1), rows=3000, weeks=8
    )
    board.now = utc_now
    return board


@pytest.mark.process
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_killed_twice_no_step_is_lost_or_applied_twice(running, database_url):
    check(running, play_and_kill(running, database_url, 2, seed=1))


@pytest.mark.slow
def test_killed_ten_times_no_step_is_lost_or_applied_twice(running, database_url):
    check(running, play_and_kill(running, database_url, 10, seed=20260301))
