"""The deadline as 200 teams at once meet it: sockets, a server process, real time."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from customs_leaderboard.board import make_board
from customs_leaderboard.contest import utc_now
from customs_leaderboard.teams.teams import add_team

pytestmark = pytest.mark.slow
N_TEAMS = 200
_LAST = 9  # bytes of each file that are held back


def test_files_sent_250_ms_before_the_deadline_are_on_time_and_250_ms_after_are_late(
    tmp_path, competition, make_file
):
    now = utc_now()
    closes = now + timedelta(seconds=25)
    rules = replace(competition, opens=now - timedelta(days=1), closes=closes)
    board = make_board(tmp_path / "board", rules)
    tokens = [add_team(board, f"Team {i}")[1] for i in range(2 * N_TEAMS)]
    board.close_connections()
    command = [sys.executable, "-c", "from customs_kit.cli import main; main()"]
    command += ["leaderboard", "serve", str(board.folder.root), "--port", "0"]
    command += ["--connections-per-client", "1000"]
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=dict(os.environ)
    )
    try:
        assert server.stdout is not None
        url = urlsplit(server.stdout.readline().split()[2])
        content = make_file(1).read_bytes()
        with ExitStack() as stack:
            sockets = []
            for token in tokens:
                one = stack.enter_context(socket.create_connection((url.hostname, url.port)))
                one.sendall(
                    f"POST /api/v1/submissions HTTP/1.1\r\nHost: {url.netloc}\r\n"
                    f"Authorization: Bearer {token}\r\nConnection: close\r\n"
                    f"Content-Length: {len(content)}\r\n\r\n".encode()
                    + content[:-_LAST]
                )
                sockets.append(one)
            assert utc_now() < closes - timedelta(seconds=1), "too slow for this test"
            for seconds, group in ((-0.25, sockets[:N_TEAMS]), (0.25, sockets[N_TEAMS:])):
                wait = closes + timedelta(seconds=seconds) - utc_now()
                time.sleep(max(wait.total_seconds(), 0))
                for one in group:
                    one.sendall(content[-_LAST:])
            answers = [read(one) for one in sockets]
    finally:
        server.terminate()
        server.communicate(timeout=60)
    assert [late for _, late in answers] == [False] * N_TEAMS + [True] * N_TEAMS
    assert {status for status, _ in answers} == {201}


def read(connection: socket.socket) -> tuple[int, bool]:
    """Return status and lateness of an answer."""
    connection.settimeout(60)
    with connection.makefile("rb") as stream:
        head, _, body = stream.read().partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body).get("late")
