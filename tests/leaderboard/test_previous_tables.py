"""Boards with the tables of revision 0002 upgrade in place; killed while they do, the second time.

tests/old_versions/0.1.0-tables-2 was made with the release before members had tokens.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from customs_data.errors import KitError
from customs_leaderboard.board import Board, open_board
from customs_leaderboard.errors import DisabledTeamError
from customs_leaderboard.rules.competition import RULES_BEFORE
from customs_leaderboard.standings.close import close_competition, recompute_final
from customs_leaderboard.standings.final import final_standings
from customs_leaderboard.standings.public import public_standings, team_history
from customs_leaderboard.standings.select import selected_numbers
from customs_leaderboard.store.audit_log import verify_chain
from customs_leaderboard.store.backup import write_backup
from customs_leaderboard.store.restore import restore_backup
from customs_leaderboard.teams.teams import authenticate, list_teams, reset_token
from old_archives import unpack

VERSIONS = Path(__file__).parents[1] / "old_versions"
OLD = VERSIONS / "0.1.0-tables-2"
EXPECTED = json.loads((OLD / "expected.json").read_text())
BEFORE_CLOSE = datetime(2026, 2, 12, 8, tzinfo=UTC)
AFTER_CLOSE = datetime(2026, 2, 23, 8, tzinfo=UTC)
N_REPLICATES = 100
KINDS = ("", "_postgresql")


def same(value, old):
    """Whether a value is an old one, apart from keys that were added since."""
    if isinstance(old, dict):
        return all(key in value and same(value[key], old[key]) for key in old)
    if isinstance(old, list):
        return len(value) == len(old) and all(map(same, value, old))
    return value == old


@pytest.fixture(scope="module")
def old_edition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("old")
    unpack(VERSIONS / "0.1.0/edition.tar.gz", folder)
    return folder / "edition"


@pytest.fixture
def unpacked(request, tmp_path, old_edition):
    """Unpack an old board; return its folder and database: ``unpacked("open", kind)``."""
    n_unpacked = iter(range(1000))

    def unpacked_as(name, kind):
        root = tmp_path / f"{name}{kind}{next(n_unpacked)}"
        unpack(OLD / "boards.tar.xz", root)
        folder = root / name
        rules = folder / "competition.toml"
        rules.write_text(rules.read_text().replace("/srv/board/edition", str(old_edition)))
        if not kind:
            return folder, None
        (folder / "board.sqlite3").unlink()
        dump = gzip.decompress((OLD / f"{name}{kind}.sql.gz").read_bytes()).decode()
        return folder, request.getfixturevalue("postgresql").new_database(dump)

    return unpacked_as


@pytest.fixture
def open_old(unpacked):
    boards: list[Board] = []

    def open_one(name, kind):
        folder, url = unpacked(name, kind)
        at = BEFORE_CLOSE if name == "open" else AFTER_CLOSE
        boards.append(open_board(folder, database_url=url, clock=lambda: at))
        return boards[-1]

    yield open_one
    for board in boards:
        board.close_connections()


def check_read_as_before(board, name):
    expected = EXPECTED[name]
    assert same(public_standings(board).as_dict(), expected["standings"])
    history = {team.name: [one.as_dict() for one in team_history(board, team.number)]
               for team in list_teams(board)}  # fmt: skip
    assert same(history, expected["history"])
    final = final_standings(board)
    assert (final is None) == ("final" not in expected)
    assert final is None or same(final.as_dict(), expected["final"])
    assert selected_numbers(board, 1) == [1, 3]
    with board.database.reading() as session:
        verify_chain(session)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["open", "closed"])
def test_a_board_of_revision_2_upgrades_in_place(open_old, name, kind):
    board = open_old(name, kind)
    with board.database.engine.connect() as connection:
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert revision == "0004"
    check_read_as_before(board, name)
    for team, token in EXPECTED["tokens"].items():
        if team == "Gamma":
            with pytest.raises(DisabledTeamError):
                authenticate(board, token)
        else:
            assert authenticate(board, token)[0].name == team
    _, new = reset_token(board, "Alpha")
    assert authenticate(board, new)[0].name == "Alpha"
    rules = board.competition.as_dict()
    assert all(list(rules[name]) == value if isinstance(value, list) else rules[name] == value
               for name, value in RULES_BEFORE.items())  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_it_closes_to_the_same_final_standings(open_old, kind):
    board = open_old("open", kind)
    board.now = lambda: AFTER_CLOSE
    assert same(
        close_competition(board, n_replicates=N_REPLICATES).as_dict(), EXPECTED["closed"]["final"]
    )
    assert same(recompute_final(open_old("closed", kind)).as_dict(), EXPECTED["closed"]["final"])


@pytest.mark.parametrize("kind", KINDS)
def test_its_backup_and_that_of_the_upgraded_board_restore(
    open_old, old_edition, request, tmp_path, kind
):
    def new_url():
        return request.getfixturevalue("postgresql").new_database() if kind else None

    def clock():
        return AFTER_CLOSE

    write_backup(open_old("closed", kind), tmp_path / "new.tar")
    for i, file in enumerate((OLD / "closed.backup.tar.gz", tmp_path / "new.tar")):
        board = restore_backup(
            file, tmp_path / str(i), edition=old_edition, database_url=new_url(), clock=clock
        )
        check_read_as_before(board, "closed")
        board.close_connections()


#: Opens, backs up or restores a board as the command line does, after a line on standard output.
CHILD = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from customs_leaderboard.board import open_board
from customs_leaderboard.store import backup, restore
from customs_leaderboard.store.migrations import upgrade_tables
import customs_leaderboard.store.migrations.versions, alembic.command, alembic.autogenerate
what, first, second, edition = sys.argv[1:]
options = dict(
    database_url=os.environ.get("BOARD_URL"), clock=lambda: datetime(2026, 2, 23, 8, tzinfo=UTC)
)
os.write(1, b"ready\\n")
if what == "upgrade":
    open_board(first, **options).close_connections()
elif what == "backup":
    backup.write_backup(open_board(first, **options), Path(second))
else:
    restore.restore_backup(Path(first), Path(second), edition=Path(edition), **options)
os.write(1, b"done\\n")
"""


def run_and_kill(seconds, *arguments, url=None):
    """Kill the child some seconds after it is ready; return whether, and how long it ran."""
    environment = dict(os.environ) | ({"BOARD_URL": url} if url else {})
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    with child:
        assert child.stdout.readline() == b"ready\n"
        started = time.monotonic()
        try:
            child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
    return child.returncode == -signal.SIGKILL, time.monotonic() - started


def duration_of(*arguments, url=None):
    """Return the seconds that the child needs undisturbed."""
    killed, seconds = run_and_kill(60, *arguments, url=url)
    assert not killed
    return seconds


def revision_of(folder, url):
    query = "SELECT version_num FROM alembic_version"
    if url is None:
        with closing(sqlite3.connect(folder / "board.sqlite3")) as connection:
            return connection.execute(query).fetchone()[0]
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone()[0]


def upgrades_killed(unpacked, kind, n_kills, seed, limit=None):
    rng = random.Random(seed)
    if limit is None:
        folder, url = unpacked("open", kind)
        limit = duration_of("upgrade", folder, "", "", url=url)
    revisions, n_killed = [], 0
    for _ in range(n_kills):
        folder, url = unpacked("open", kind)
        n_killed += run_and_kill(rng.uniform(0, limit), "upgrade", folder, "", "", url=url)[0]
        revisions.append(revision_of(folder, url))
        board = open_board(folder, database_url=url, clock=lambda: BEFORE_CLOSE)
        check_read_as_before(board, "open")
        assert authenticate(board, EXPECTED["tokens"]["Beta"])[0].name == "Beta"
        board.close_connections()
    assert set(revisions) <= {"0002", "0003", "0004"}
    return n_killed


def backups_killed(unpacked, kind, n_kills, seed, old_edition):
    """Kill backups; the next one sweeps what they left, and there is never half a file."""
    rng = random.Random(seed)
    folder, url = unpacked("closed", kind)
    out = folder.parent / "backups"
    out.mkdir()
    limit = duration_of("backup", folder, out / "first.tar.gz", "", url=url)
    n_killed = 0
    for i in range(n_kills):
        file = out / f"{i}.tar.gz"
        n_killed += run_and_kill(rng.uniform(0, limit), "backup", folder, file, "", url=url)[0]
    board = open_board(folder, database_url=url, clock=lambda: AFTER_CLOSE)
    write_backup(board, out / "last.tar.gz")
    check_read_as_before(board, "closed")
    board.close_connections()
    files = sorted(out.iterdir())
    assert all(file.name.endswith(".tar.gz") and file.name[0] != "." for file in files)
    for i, file in enumerate(files):
        restored = restore_backup(
            file, folder.parent / f"r{i}", edition=old_edition, clock=lambda: AFTER_CLOSE
        )
        check_read_as_before(restored, "closed")
        restored.close_connections()
        shutil.rmtree(restored.folder.root)
    return n_killed


def restores_killed(unpacked, kind, n_kills, seed, old_edition, new_url):
    """Kill restores; the second try works, or says that the database is the killed one's."""
    rng = random.Random(seed)
    folder, _ = unpacked("closed", "")
    place = folder.parent / "restored"
    place.mkdir()
    backup = OLD / "closed.backup.tar.gz"
    url = new_url()
    limit = duration_of("restore", backup, place / "first", old_edition, url=url)
    n_killed = 0
    for i in range(n_kills):
        url = new_url()
        root = place / str(i)
        after = rng.uniform(0, limit)
        killed, _ = run_and_kill(after, "restore", backup, root, old_edition, url=url)
        n_killed += killed
        if killed and not root.exists():
            try:
                board = restore_backup(
                    backup, root, edition=old_edition, database_url=url, clock=lambda: AFTER_CLOSE
                )
            except KitError as error:
                # Committed, but the folder had no name yet.
                if url is None or "dropdb" not in str(error):
                    raise
                url = new_url()
                board = restore_backup(
                    backup, root, edition=old_edition, database_url=url, clock=lambda: AFTER_CLOSE
                )
        else:
            board = open_board(root, database_url=url, clock=lambda: AFTER_CLOSE)
        check_read_as_before(board, "closed")
        board.close_connections()
    assert sorted(path.name for path in place.iterdir()) == sorted(
        ["first", *map(str, range(n_kills))]
    )
    return n_killed


@pytest.mark.process
def test_killed_while_upgrading_it_upgrades_on_the_second_try(unpacked):
    upgrades_killed(unpacked, "", 1, 20260212, limit=0.3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_killed_ten_times_while_upgrading_it_upgrades_on_the_second_try(unpacked, kind):
    assert upgrades_killed(unpacked, kind, 10, 1) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_ten_killed_backups_leave_no_half_file(unpacked, kind, old_edition):
    assert backups_killed(unpacked, kind, 10, 2, old_edition) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_ten_killed_restores_can_be_repeated(unpacked, kind, old_edition, request):
    def new_url():
        return request.getfixturevalue("postgresql").new_database() if kind else None

    assert restores_killed(unpacked, kind, 10, 3, old_edition, new_url) >= 5
