"""A small competition of seasons: two worlds of four weeks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from customs_leaderboard.season.board import SeasonBoard, make_season_board
from customs_leaderboard.season.rules import SeasonRules
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.teams.teams import add_team
from leaderboard.conftest import OPENS
from real_server import Member, running

RULES = SeasonRules(
    title="Weeks at the port",
    opens=OPENS,
    closes=OPENS + timedelta(days=30),
    rows=2000,
    rate=0.1,
    weeks=4,
    worlds=2,
    attempts=3,
)


@pytest.fixture(autouse=True)
def worlds_are_made_once(monkeypatch):
    """Cache worlds: they never change, and a check makes them again and again."""
    make, worlds = SeasonRules.make_world, {}

    def make_once(rules, key):
        name = key, rules.rows, rules.weeks
        if name not in worlds:
            worlds[name] = make(rules, key)
        return worlds[name]

    monkeypatch.setattr(SeasonRules, "make_world", make_once)


@pytest.fixture
def season_board_of(tmp_path, database_url, clock) -> Iterator:
    """Make the competition with other rules: ``season_board_of(delay=2)``."""
    boards = []

    def make(**rules) -> SeasonBoard:
        board = make_season_board(
            tmp_path / "season", replace(RULES, **rules), database_url=database_url, clock=clock
        )
        boards.append(board)
        return board

    yield make
    for board in boards:
        board.close_connections()


@pytest.fixture
def board(season_board_of) -> SeasonBoard:
    return season_board_of()


@pytest.fixture
def member(board) -> Member:
    return Member(*add_team(board, "Busan"))


@pytest.fixture
def rival(board) -> Member:
    return Member(*add_team(board, "Incheon"))


@pytest.fixture
def client(board) -> Iterator[TestClient]:
    app = make_app(board, ServiceSettings(timer=lambda: 0.0))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def served(board) -> Iterator[str]:
    """Address of a real server of the competition."""
    with running(board) as server:
        yield server.url
