"""Temporary files: removed by their maker, or swept after it was killed; never another's."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from customs_data import temporary
from customs_data.errors import KitError
from customs_data.files.atomic import new_folder, write_atomically
from customs_data.temporary import scratch_folder, sweep, temporary_file, temporary_folder

NAME = ".customs-kit-0123456789abcdef"

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def killed(work):
    """Run a function in a fork that kills itself (SIGKILL) at the latest when it is done."""
    process = os.fork()
    if process == 0:
        try:
            work()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_only_orphans_of_our_name_are_swept(tmp_path):
    orphan, folder = tmp_path / f"{NAME}.csv", tmp_path / NAME
    orphan.write_text("half")
    (folder / "public").mkdir(parents=True)
    others = [".customs-kit", ".customs-kit-12", f"x{NAME}", f"{NAME}-mine", f"{NAME}.tar.gz"]
    for name in others:
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert names(tmp_path) == sorted(others)


def test_links_pipes_and_files_of_others_stay(tmp_path, monkeypatch):
    target = tmp_path / "target"
    target.mkdir()
    (target / "x").touch()
    (tmp_path / NAME).symlink_to(target)
    os.mkfifo(tmp_path / f"{NAME}.pipe")
    sweep(tmp_path)
    assert names(tmp_path) == [NAME, f"{NAME}.pipe", "target"]
    assert names(target) == ["x"]
    (tmp_path / NAME).unlink()
    (tmp_path / NAME).mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    sweep(tmp_path)
    assert (tmp_path / NAME).is_dir()


def test_what_is_being_made_stays(tmp_path):
    with temporary_folder(tmp_path) as folder, temporary_file(tmp_path, ".csv") as file:
        sweep(tmp_path)
        assert folder.is_dir()
        assert file.suffix == ".csv"
        assert file.exists()
    assert names(tmp_path) == []


@pytest.mark.parametrize("is_new", [True, False])
def test_a_killed_maker_is_swept_by_the_next(tmp_path, is_new):
    place = tmp_path / "edition"
    if not is_new:
        place.mkdir()

    def work():
        with new_folder(place) as folder:
            (folder / "x.csv").write_text("half")
            die()

    killed(work)
    where = tmp_path if is_new else place
    assert [name for name in names(where) if name.startswith(".customs-kit-")]
    with new_folder(place) as folder:
        (folder / "x.csv").write_text("whole")
    assert names(tmp_path) == ["edition"]
    assert names(place) == ["x.csv"]
    assert (place / "x.csv").read_text() == "whole"


def test_parts_of_a_maker_killed_while_it_moves_them_are_removed(tmp_path, monkeypatch):
    place = tmp_path / "edition"
    place.mkdir()

    def work():
        with new_folder(place) as folder:
            (folder / "a").write_text("half an edition")
            (folder / "b").mkdir()
            move = Path.rename
            monkeypatch.setattr(
                Path, "rename", lambda path, to: die() if path.name == "b" else move(path, to)
            )

    killed(work)
    assert "a" in names(place)
    with new_folder(place) as folder:
        (folder / "b").write_text("whole")
    assert names(place) == ["b"]


def test_a_failed_move_is_undone(tmp_path, monkeypatch):
    move = Path.rename

    def rename(path, to):
        if path.name == "b" and to.parent == tmp_path:
            raise OSError(errno.ENOSPC, "No space left on device")
        return move(path, to)

    monkeypatch.setattr(Path, "rename", rename)

    def make():
        with new_folder(tmp_path) as folder:
            for name in "abc":
                (folder / name).touch()

    with pytest.raises(KitError, match="cannot be written: No space left"):
        make()
    assert names(tmp_path) == []


def test_a_maker_whose_name_was_swept_takes_another(tmp_path, monkeypatch):
    """The sweeper comes between making and locking: it still has the lock, or is done."""
    lock = fcntl.flock
    calls = []

    def flock(descriptor, operation):
        calls.append(descriptor)
        if len(calls) == 1:
            raise BlockingIOError
        if len(calls) == 2:
            for path in tmp_path.iterdir():
                path.rmdir()
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with temporary_folder(tmp_path) as folder:
        assert names(tmp_path) == [folder.name]
    assert len(calls) == 3


def test_without_locks_nothing_is_swept_and_everything_is_made(tmp_path, monkeypatch):
    def flock(*_):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", flock)
    (tmp_path / NAME).mkdir()
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        with new_folder(tmp_path / name) as folder:
            (folder / "x").touch()
        assert names(tmp_path / name) == ["x"]
    assert names(tmp_path) == [NAME, "empty", "new"]


@pytest.mark.parametrize("kind", ["new", "empty", "file"])
@pytest.mark.parametrize("n", [2, 3])
def test_one_of_several_makers_wins(tmp_path, kind, n):
    barrier = Barrier(n)

    def make(place, number):
        barrier.wait()
        try:
            if kind == "file":
                write_atomically(place, str(number), must_be_new=True)
                return True
            with new_folder(place) as folder:
                for name in ("public", "hidden"):
                    (folder / name).mkdir()
                    (folder / name / str(number)).touch()
        except KitError as error:
            return str(error)
        return True

    with ThreadPoolExecutor(n) as executor:
        for turn in range(20):
            place = tmp_path / str(turn)
            if kind == "empty":
                place.mkdir()
            won = list(executor.map(make, [place] * n, range(n)))
            assert won.count(True) == 1
            assert all(one is True or "exists already. Choose a" in one for one in won)
            if kind == "file":
                assert place.read_text() == str(won.index(True))
                continue
            assert names(place) == ["hidden", "public"]
            assert [path.name for path in place.glob("*/*")] == [str(won.index(True))] * 2
    assert names(tmp_path) == sorted(str(turn) for turn in range(20))


def test_a_disk_without_hard_links(tmp_path, monkeypatch):
    def link(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    write_atomically(tmp_path / "x", "1", must_be_new=True, mode=0o600)
    with pytest.raises(KitError, match="exists already"):
        write_atomically(tmp_path / "x", "2", must_be_new=True)
    assert (tmp_path / "x").read_text() == "1"
    assert names(tmp_path) == ["x"]


def test_the_longest_names_can_be_written(tmp_path):
    for name in ("a" * 255, "b." + "c" * 253, "d" * 250 + ".json"):
        write_atomically(tmp_path / name, "x")
        with new_folder(tmp_path / "folders" / name) as folder:
            (folder / "x").touch()
    assert len(names(tmp_path)) == 4
    with pytest.raises(KitError, match="cannot be written: File name too long"):
        write_atomically(tmp_path / ("e" * 256), "x")
    with pytest.raises(KitError, match="cannot be written: File name too long"):  # noqa: SIM117
        with new_folder(tmp_path / ("e" * 256)):
            pytest.fail("nothing is made")


def test_an_error_of_reading_is_not_called_one_of_writing(tmp_path):
    with pytest.raises(KitError, match=r"nowhere\.csv cannot be read: No such file"):  # noqa: SIM117
        with new_folder(tmp_path / "out") as folder:
            (folder / "x").write_bytes((tmp_path / "nowhere.csv").read_bytes())


def test_a_file_in_a_folder_that_is_made_is_called_by_the_folder(tmp_path):
    with pytest.raises(KitError) as failed:  # noqa: SIM117
        with new_folder(tmp_path / "out") as folder:
            write_atomically(folder / ("e" * 256), "x")
    assert str(failed.value) == f"{tmp_path / 'out'} cannot be written: File name too long."


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "Error writing bytes. Detail: ..."), OSError("10 of 20 written")],
)
def test_full_temporary_files_name_the_way_out(tmp_path, monkeypatch, error):
    monkeypatch.setattr(temporary.tempfile, "tempdir", str(tmp_path))
    with pytest.raises(KitError, match="set TMPDIR to another folder") as failed, scratch_folder():
        raise error
    assert str(tmp_path) in str(failed.value)
    with pytest.raises(FileNotFoundError), scratch_folder() as folder:
        (folder.parent / "elsewhere").read_bytes()
    assert names(tmp_path) == []


def test_no_folder_for_temporary_files(monkeypatch):
    def gettempdir():
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp', ...]")

    monkeypatch.setattr(temporary.tempfile, "gettempdir", gettempdir)
    with pytest.raises(KitError, match="Set TMPDIR"), scratch_folder():
        pytest.fail("nothing is made")
