"""A small competition on both databases."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, event, inspect, true

from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.hidden import load_solution
from customs_data.edition.layout import Layout
from customs_data.edition.loading import Edition, load_edition
from customs_leaderboard.board import Board, make_board
from customs_leaderboard.rules.competition import Competition
from customs_leaderboard.store import migrations
from customs_leaderboard.store.scores import ExactScores, read_scores
from customs_leaderboard.submissions.judge import Judge, load_judge
from customs_leaderboard.submissions.submit import submit_file
from customs_scorer import write_submission
from postgresql_server import PostgresqlServer, start_or_skip

OPENS = datetime(2026, 3, 1, tzinfo=UTC)


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = OPENS + timedelta(hours=1)

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder in memory, if there is one, because each submission is synced several times."""
    in_memory = Path("/dev/shm")
    usable = in_memory.is_dir() and os.access(in_memory, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="kit-", dir=in_memory if usable else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def judges() -> dict[Path, Judge]:
    return {}


@pytest.fixture(autouse=True)
def judges_are_loaded_once(monkeypatch, judges):
    """Cache judges: they never change, and tests change only copies of an edition."""

    def load(edition, replacement=None):
        if replacement is not None:
            return load_judge(edition, replacement)
        if edition not in judges:
            judges[edition] = load_judge(edition)
        return judges[edition]

    monkeypatch.setattr("customs_leaderboard.board.load_judge", load)


@pytest.fixture(scope="session", autouse=True)
def tables_are_migrated_once():
    """Migrate one empty database of each kind; later ones get its tables, which is faster."""
    migrate, statements = migrations.upgrade_tables, {}

    def upgrade(connection, revision="head"):
        kind = connection.dialect.name
        if revision != "head" or inspect(connection).get_table_names():
            migrate(connection, revision)
        elif kind not in statements:
            statements[kind] = recorded(connection, partial(migrate, connection))
        else:
            for statement, values in statements[kind]:
                connection.exec_driver_sql(statement, values)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrations, "upgrade_tables", upgrade)
        yield


def recorded(connection: Connection, act: Callable[[], None]) -> list[tuple[str, Any]]:
    """Act; return the statements, with values, that give another database the same tables."""
    done: list[tuple[str, Any]] = []

    def record(_connection, _cursor, statement, values, _context, _many):
        if not statement.lstrip().startswith(("SELECT", "PRAGMA")):
            done.append((statement, values or None))

    event.listen(connection, "before_cursor_execute", record)
    try:
        act()
    finally:
        event.remove(connection, "before_cursor_execute", record)
    if connection.dialect.name == "postgresql":
        return done
    # SQLite copies a table to change it: its last form is enough.
    definitions = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
    tables = [(sql, None) for sql in connection.exec_driver_sql(definitions).scalars()]
    written = ("INSERT INTO alembic_version", "UPDATE alembic_version")
    return tables + [one for one in done if one[0].startswith(written)]


@pytest.fixture(scope="session")
def edition_path(tmp_path_factory) -> Path:
    """An organizer's copy of a small competition's edition; never change it."""
    path = tmp_path_factory.mktemp("competitions") / "small"
    blueprint = read_blueprint(n_declarations=2000, label_rate=0.5)
    generate_edition(blueprint, bytes(range(32)), path, origin="secret", seed=None, name="small")
    return path


@pytest.fixture(scope="session")
def edition(edition_path) -> Edition:
    return load_edition(edition_path)


@pytest.fixture
def competition(edition_path) -> Competition:
    return Competition(
        title="Busan 2026",
        edition=edition_path,
        opens=OPENS,
        closes=OPENS + timedelta(days=30),
        ladder_step=0.02,
        # 16 opened of 301 declarations hardly differ from chance; tests of the ground set this.
        ladder_ground_errors=0.0,
    )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    server = start_or_skip()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request) -> str | None:
    """Address of an empty database; None for the embedded one."""
    if request.param == "sqlite":
        return None
    return request.getfixturevalue("postgresql").new_database()


@pytest.fixture
def board_of(tmp_path, database_url, clock, competition) -> Iterator:
    """Make the competition with other rules: ``board_of(daily_limit=2)``."""
    boards = []

    def make(**rules) -> Board:
        board = make_board(
            tmp_path / "board", replace(competition, **rules), database_url=database_url,
            clock=clock,
        )  # fmt: skip
        boards.append(board)
        return board

    yield make
    for board in boards:
        board.close_connections()


@pytest.fixture
def board(board_of) -> Board:
    return board_of()


@pytest.fixture
def exact_scores():
    """Read the exact scores of all submissions, by number: ``exact_scores(board)``."""

    def read(board: Board) -> dict[int, ExactScores]:
        with board.database.reading() as session:
            return read_scores(session, board.metrics, true())

    return read


def scores_of(edition: Edition, quality: float, seed: int) -> np.ndarray:
    """Return scores of some quality: a blurred look at the hidden labels, plus noise.

    The blur is the same for all, as if all had one good feature: similar scores stay similar.
    """
    solution = load_solution(edition.layout, edition.test["Declaration ID"])
    blur = np.random.default_rng(2020).normal(size=len(solution))
    noise = np.random.default_rng(seed).normal(size=len(solution))
    feature = (solution["Fraud"].to_numpy() + blur) / 1.1
    return quality * feature + (1 - quality) * noise


@pytest.fixture
def make_file(edition, tmp_path):
    """Write a submission and return its path: ``make_file(seed)``."""

    def make(seed: int, quality: float = 0.5, suffix: str = ".csv") -> Path:
        path = tmp_path / f"submission-{seed}-{quality}{suffix}"
        return write_submission(edition, scores_of(edition, quality, seed), path)

    return make


@pytest.fixture
def make_winner(edition, edition_path, tmp_path):
    """Write a submission that no honest model reaches and return its path: ``make_winner(seed)``.

    It is made from the hidden labels, so that it wins in any world.
    """
    solution = load_solution(Layout.find(edition_path), edition.test["Declaration ID"])

    def make(seed: int) -> Path:
        noise = np.random.default_rng(seed).normal(size=len(solution))
        scores = solution["Fraud"].to_numpy() + 0.3 * noise
        return write_submission(edition, scores, tmp_path / f"winner-{seed}.csv")

    return make


@pytest.fixture
def send(board, make_file):
    """Send a new file for a team: ``send(team, seed)``."""

    def send_file(board, make_file, team, seed, quality=0.5):
        return submit_file(board, team.number, make_file(seed, quality))

    return partial(send_file, board, make_file)
