"""A competition that cannot be made or restored leaves nothing; the organizer gets the reason."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from customs_data.errors import KitError
from customs_leaderboard import board as board_module
from customs_leaderboard.board import make_board, open_board
from customs_leaderboard.errors import UnavailableError, organizer_errors
from customs_leaderboard.store import restore
from customs_leaderboard.store.backup import write_backup


def full_database(*_arguments):
    original = sqlite3.OperationalError("database or disk is full")
    original.sqlite_errorname = "SQLITE_FULL"
    raise OperationalError("INSERT ...", {}, original)


@pytest.fixture
def made(competition, tmp_path):
    board = make_board(tmp_path / "first", competition)
    yield board
    board.close_connections()


def test_a_full_database_leaves_no_folder_in_the_way(competition, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(board_module, "append_entry", full_database)
        with pytest.raises(KitError) as failed:
            make_board(tmp_path / "b", competition)
    assert str(failed.value) == (
        f"The database of {tmp_path / 'b'} cannot be used: database or disk is full."
    )
    assert list(tmp_path.iterdir()) == []
    make_board(tmp_path / "b", competition).close_connections()
    open_board(tmp_path / "b").close_connections()


def test_an_existing_folder_is_closed_to_others(competition, tmp_path):
    (tmp_path / "b").mkdir(mode=0o755)
    make_board(tmp_path / "b", competition).close_connections()
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o700
    open_board(tmp_path / "b").close_connections()


def test_two_makers_of_one_database(competition, tmp_path, monkeypatch):
    """The second one looked before the first one was done."""
    url = f"sqlite:///{tmp_path / 'database'}"
    make_board(tmp_path / "first", competition, database_url=url).close_connections()
    monkeypatch.setattr(board_module, "refuse_competition", lambda database: None)
    with pytest.raises(KitError, match="already contains a competition"):
        make_board(tmp_path / "second", competition, database_url=url)
    assert not (tmp_path / "second").exists()


def test_a_restore_on_a_full_disk_does_not_blame_the_backup(made, tmp_path, monkeypatch):
    write_backup(made, tmp_path / "b.tar")
    with monkeypatch.context() as patched:
        patched.setattr(restore, "append_entry", full_database)
        with pytest.raises(KitError, match="cannot be used: database or disk is full"):
            restore.restore_backup(tmp_path / "b.tar", tmp_path / "again")

    class Full:
        def __iter__(self):
            raise OSError(28, "No space left on device")

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    with monkeypatch.context() as patched:
        patched.setattr(restore.tarfile, "open", lambda file: Full())
        with pytest.raises(KitError, match="again cannot be written: No space left"):
            restore.restore_backup(tmp_path / "b.tar", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    restore.restore_backup(tmp_path / "b.tar", tmp_path / "again").close_connections()


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (OSError(28, "x"), "board cannot be written: No space left on device."),
        (OperationalError("", {}, sqlite3.OperationalError("database is locked")), "is locked"),
        (TimeoutError("queue"), "board cannot be written: queue."),
        (ValueError(), "Check that it runs, and --database-url."),
    ],
)
def test_the_organizer_is_told_the_reason(tmp_path, cause, said):
    with pytest.raises(KitError) as failed, organizer_errors(tmp_path / "board"):
        raise UnavailableError("Tell the organizer.") from cause
    assert str(failed.value).endswith(said if said.endswith(".") else f"{said}.")
    assert "organizer" not in str(failed.value)
