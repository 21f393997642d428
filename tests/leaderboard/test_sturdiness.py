"""Damaged databases are named, sweeping touches only the kit's files, nothing is open to others."""

import os
import stat
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from customs_data.errors import KitError
from customs_kit.cli import customs_kit
from customs_leaderboard.board import make_board, open_board
from customs_leaderboard.errors import DamagedDatabaseError, organizer_errors
from customs_leaderboard.service.app import make_app
from customs_leaderboard.standings.close import close_competition, reveal_labels
from customs_leaderboard.store.backup import LEFT_OUT, write_backup
from customs_leaderboard.store.restore import restore_backup
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.submissions.sweeping import sweep
from customs_leaderboard.teams.teams import add_team


@pytest.fixture
def sqlite_board(tmp_path, competition, clock):
    board = make_board(tmp_path / "board", competition, clock=clock)
    yield board
    board.close_connections()


def overwrite_middle(path: Path) -> None:
    """Overwrite 16 kB in the middle, after everything in the write-ahead log is in the file."""
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.seek(size // 2 // 4096 * 4096)
        stream.write(bytes(range(1, 256)) * 64)


def replace_by_text(path: Path) -> None:
    path.write_text("not a database\n" * 1000)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 3)


def empty(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize("damage", [overwrite_middle, replace_by_text, truncate, empty])
def test_a_damaged_database_is_named_by_every_command(sqlite_board, make_file, damage, tmp_path):
    team, _ = add_team(sqlite_board, "Team A")
    submit_file(sqlite_board, team.number, make_file(1))
    sqlite_board.close_connections()
    folder = sqlite_board.folder
    assert not Path(f"{folder.database_file}-wal").exists()  # all is in the file
    damage(folder.database_file)
    for command in (
        ("log",), ("standings",), ("serve", "--port", "0"), ("team", "list"),
        ("backup", tmp_path / "b.tar"), ("verify",),
    ):  # fmt: skip
        name, *more = command
        where = ("team", "list", folder.root) if name == "team" else (name, folder.root, *more)
        result = CliRunner().invoke(customs_kit, ["leaderboard", *map(str, where)])
        said = str(result.exception)
        assert isinstance(result.exception, KitError), (command, result.output, said)
        assert "is damaged" in said
        assert "leaderboard restore FILE" in said
        assert "submissions" in said
    assert len(list(folder.submissions.glob("*/*"))) == 1
    assert not (tmp_path / "b.tar").exists()


def test_a_service_whose_database_is_damaged_says_so(sqlite_board, make_file):
    _, token = add_team(sqlite_board, "Team A")
    file = make_file(1).read_bytes()
    with TestClient(make_app(sqlite_board)) as client:
        sqlite_board.close_connections()
        replace_by_text(sqlite_board.folder.database_file)
        answer = client.post(
            "/api/v1/submissions", content=file, headers={"Authorization": f"Bearer {token}"}
        )
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:customs-kit:problem:database-damaged"
    assert str(sqlite_board.folder.root) not in answer.text


@pytest.mark.parametrize("table", ["team", "submission", "state", "alembic_version"])
def test_a_missing_table_is_damage(board, database_url, table):
    with board.database.writing() as session:
        cascade = " CASCADE" if board.database.is_postgresql else ""
        if not cascade:
            session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        session.connection().exec_driver_sql(f"DROP TABLE {table}{cascade}")
    board.close_connections()
    said = f"is damaged .*the table {table} is missing"
    with pytest.raises(KitError, match=said), organizer_errors(board.folder.root):
        open_board(board.folder.root, database_url=database_url)


def test_a_table_that_is_lost_while_the_service_runs_is_damage(board):
    with board.database.writing() as session:
        cascade = " CASCADE" if board.database.is_postgresql else ""
        session.connection().exec_driver_sql(f"DROP TABLE final_result{cascade}")
    with pytest.raises(DamagedDatabaseError) as error, board.database.reading() as session:
        session.connection().exec_driver_sql("SELECT * FROM final_result")
    assert error.value.damage == "the table final_result is missing"


def test_init_says_what_database_is_expected(tmp_path, competition, postgresql):
    url = postgresql.new_database().replace("/postgres?", "/no_such?")
    with pytest.raises(KitError, match=r"no database of this name.*createdb NAME"):
        make_board(tmp_path / "board", competition, database_url=url)
    assert list(tmp_path.iterdir()) == []


def test_sweeping_touches_only_files_of_the_kits_own_names(
    sqlite_board, tmp_path, make_file, caplog
):
    board = sqlite_board
    team, _ = add_team(board, "Team A")
    submit_file(board, team.number, make_file(1))
    outside = tmp_path / "outside"
    outside.mkdir()
    hexadecimal = "0123456789abcdef" * 2
    (outside / hexadecimal).write_text("mine")
    spool, own = board.folder.spool, board.folder.submissions / "1"
    (spool / hexadecimal).write_text("x")
    (spool / "notes.txt").write_text("x")
    (spool / f"{hexadecimal[:-1]}e").mkdir()
    (spool / f"{hexadecimal[:-1]}d").symlink_to(outside / hexadecimal)
    (own / f"{'0' * 64}.csv").write_text("x")
    (own / "notes.csv").write_text("x")
    (board.folder.submissions / "2").symlink_to(outside)
    os.mkfifo(spool / f"{hexadecimal[:-1]}c")
    board.now = lambda: datetime.now(UTC) + timedelta(hours=2)
    assert sweep(board) == 2
    assert sorted(path.name for path in spool.iterdir()) == sorted(
        ["notes.txt", *(f"{hexadecimal[:-1]}{end}" for end in "cde")]
    )
    assert sorted(path.suffix for path in own.iterdir()) == [".csv", ".csv"]
    assert (outside / hexadecimal).read_text() == "mine"
    (record,) = [r for r in caplog.records if r.name.endswith("sweeping")]
    assert "is not one of the leaderboard's files, and neither are 5 more" in record.getMessage()
    caplog.clear()
    for path in spool.iterdir():
        path.rmdir() if path.is_dir() else path.unlink()
    spool.rmdir()
    spool.symlink_to(outside)
    assert sweep(board) == 0
    assert (outside / hexadecimal).exists()
    assert str(spool) in caplog.text


def modes_of(root):
    """Return every path that others may read, with its mode."""
    paths = [root, *root.rglob("*")]
    return {str(p): oct(stat.S_IMODE(p.lstat().st_mode)) for p in paths
            if p.lstat().st_mode & 0o077 and not p.is_symlink()}  # fmt: skip


@pytest.fixture
def no_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_nothing_is_open_to_others_whatever_the_umask(
    no_umask, sqlite_board, make_file, clock, tmp_path
):
    board = sqlite_board
    team, _ = add_team(board, "Team A")
    submit_file(board, team.number, make_file(1))
    assert (board.folder.root / "board.sqlite3-wal").exists()
    assert modes_of(board.folder.root) == {}
    clock.forward(days=31)
    close_competition(board, n_replicates=10)
    reveal_labels(board)
    assert modes_of(board.folder.root) == {}
    write_backup(board, tmp_path / "b.tar.gz")
    assert modes_of(tmp_path / "b.tar.gz") == {}
    restored = restore_backup(tmp_path / "b.tar.gz", tmp_path / "again", clock=clock)
    assert modes_of(restored.folder.root) == {}
    restored.close_connections()


def test_a_board_of_an_earlier_release_is_closed_to_others(sqlite_board, make_file, tmp_path):
    team, _ = add_team(sqlite_board, "Team A")
    submit_file(sqlite_board, team.number, make_file(1))
    root = sqlite_board.folder.root
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    (root / "link").symlink_to(outside)
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    open_board(root).close_connections()
    assert modes_of(root) == {}
    assert outside.stat().st_mode & 0o777 == 0o644


def test_every_file_of_a_board_is_in_its_backup_or_named_as_left_out(
    sqlite_board, make_file, tmp_path, clock
):
    board = sqlite_board
    team, _ = add_team(board, "Team A")
    submit_file(board, team.number, make_file(1))
    submit_file(board, team.number, make_file(2, suffix=".csv.gz"))
    pages = board.folder.root / "pages"
    pages.mkdir()
    (pages / "rules.md").write_text("# Rules\n")
    clock.forward(days=31)
    close_competition(board, n_replicates=10)
    reveal_labels(board)
    write_backup(board, tmp_path / "b.tar")
    root = board.folder.root
    files = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}
    with tarfile.open(tmp_path / "b.tar") as tar:
        packed = set(tar.getnames())
    assert {name for name in files - packed if name.split("/")[0] not in LEFT_OUT} == set()
    assert "pages/rules.md" in packed
    again = restore_backup(tmp_path / "b.tar", tmp_path / "again", clock=clock)
    restored = {p.relative_to(again.folder.root).as_posix() for p in
                again.folder.root.rglob("*") if p.is_file()}  # fmt: skip
    assert {f for f in files ^ restored if f.split("/")[0] not in LEFT_OUT} == set()
    again.close_connections()
