"""The service of a test's competition, asked in process or over a real socket."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient

from customs_leaderboard.board import Board
from customs_leaderboard.schema import Team
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.serving import Address, make_server, url_of
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.teams import add_team


class Timer:
    """Seconds that only pass when a test says so: limits are exact, cached answers never rest."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Member:
    """A team and its token."""

    team: Team
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def number(self) -> int:
        return self.team.number


@pytest.fixture
def database_url() -> None:
    """SQLite; what differs between databases is tested below HTTP, and in test_server.py."""
    return


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def settings(timer) -> ServiceSettings:
    return ServiceSettings(timer=timer)


@pytest.fixture
def app(board, settings):
    return make_app(board, settings)


@pytest.fixture
def client(app) -> Iterator[TestClient]:
    # A bug is answered, too: tests see the status instead of an exception.
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def member(board) -> Member:
    return Member(*add_team(board, "Busan"))


@pytest.fixture
def rival(board) -> Member:
    return Member(*add_team(board, "Incheon"))


@pytest.fixture
def post(client, member, make_file) -> Callable:
    """Send a new file: ``post(seed)``, or any bytes: ``post(content=b"...")``."""

    def send(seed=0, *, content=None, headers=None, team=member, **request):
        if content is None and "files" not in request:
            content = make_file(seed).read_bytes()
        headers = {**team.headers, **(headers or {})}
        return client.post("/api/v1/submissions", content=content, headers=headers, **request)

    return send


@contextmanager
def running(board: Board, settings: ServiceSettings) -> Iterator[str]:
    """Serve on a free port in a thread, as `customs-kit leaderboard serve` does in a process."""
    with Address(port=0).listen() as listening:
        server = make_server(board, Address(), settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield url_of(listening)
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()
