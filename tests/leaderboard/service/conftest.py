"""The service of a test's competition, called in process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.teams.teams import add_team
from real_server import Member


class Timer:
    """A clock that only the test advances: limits are exact, and cached answers cost nothing."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database_url() -> None:
    """SQLite; other tests cover the differences between databases (and test_server.py)."""
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
    # Bugs are answered, too: tests see the status instead of an exception.
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
