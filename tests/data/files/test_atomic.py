from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from customs_data.errors import KitError
from customs_data.files.atomic import new_folder, replace_file, write_atomically


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def fail(*_):
    raise OSError(28, "No space left on device")


def interrupt(_):
    raise KeyboardInterrupt


def test_a_file_is_written_with_its_folders_and_replaced(tmp_path):
    path = tmp_path / "a" / "b" / "x.json"
    write_atomically(path, "é\n")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["x.json"]


def test_permissions_are_chosen_or_kept(tmp_path):
    secret, page = tmp_path / "secret", tmp_path / "page"
    write_atomically(secret, "1", mode=0o600)
    assert mode_of(secret) == 0o600
    write_atomically(secret, "2")
    assert mode_of(secret) == 0o600
    write_atomically(page, "")
    mask = os.umask(0)
    os.umask(mask)
    assert mode_of(page) == 0o666 & ~mask


@pytest.mark.parametrize(
    ("step", "must_be_new"),
    [("fsync", True), ("fsync", False), ("link", True), ("replace", False)],
)
def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, step, must_be_new):
    path = tmp_path / "x.json"
    if not must_be_new:
        path.write_text("old")
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(KitError, match=r"x\.json cannot be written: No space left on device\.$"):
        write_atomically(path, "new", must_be_new=must_be_new)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == (
        [] if must_be_new else [("x.json", "old")]
    )


def test_an_interruption_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replace_file(path) as scratch:
        interrupt(scratch.write_text("half"))
    assert path.read_text() == "old"
    assert names(tmp_path) == ["x.json"]


def test_a_file_that_must_be_new_is_never_replaced(tmp_path):
    path = tmp_path / "secret.json"
    write_atomically(path, "1", must_be_new=True, mode=0o600)
    with pytest.raises(KitError, match="exists already"):
        write_atomically(path, "2", must_be_new=True, mode=0o600)
    assert path.read_text() == "1"


def test_links_and_devices_stay(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    write_atomically("/dev/null", "nothing")
    assert Path("/dev/null").is_char_device()


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(KitError, match="Is a directory"):
        write_atomically(tmp_path, "")


def test_a_new_folder_appears_when_it_is_complete(tmp_path):
    place = tmp_path / "deep" / "edition"
    with new_folder(place, mode=0o700) as folder:
        (folder / "public").mkdir()
        (folder / "public" / "x.csv").write_text("x")
        assert not place.exists()
    assert mode_of(place) == 0o700
    assert names(place) == ["public"]
    assert names(place.parent) == ["edition"]


def test_an_empty_folder_stays_the_same_folder(tmp_path, monkeypatch):
    place = tmp_path / "edition"
    place.mkdir(mode=0o750)
    before = place.stat().st_ino
    monkeypatch.chdir(place)
    with new_folder(".") as folder:
        (folder / "public").mkdir()
        (folder / "x.csv").write_text("x")
    assert (place.stat().st_ino, mode_of(place)) == (before, 0o750)
    assert names(place) == ["public", "x.csv"]


@pytest.mark.parametrize("is_new", [True, False])
def test_a_failure_leaves_no_part_of_a_folder(tmp_path, is_new):
    place = tmp_path / "edition"
    if not is_new:
        place.mkdir()
    with pytest.raises(KitError, match="edition cannot be written"), new_folder(place) as folder:
        fail((folder / "x.csv").write_text("x"))
    assert list(tmp_path.rglob("*")) == ([] if is_new else [place])


@pytest.mark.parametrize("is_new", [True, False])
def test_a_place_taken_meanwhile_is_not_overwritten(tmp_path, is_new):
    place = tmp_path / "edition"
    if not is_new:
        place.mkdir()

    def race():
        with new_folder(place) as folder:
            (folder / "x.csv").write_text("mine")
            place.mkdir(exist_ok=True)
            (place / "x.csv").write_text("theirs")

    with pytest.raises(KitError):
        race()
    assert names(tmp_path) == ["edition"]
    assert names(place) == ["x.csv"]
    assert (place / "x.csv").read_text() == "theirs"


def test_a_file_or_a_folder_with_files_is_refused(tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "file"):
        with pytest.raises(KitError, match="new or empty folder"), new_folder(place):
            pytest.fail("nothing is made")
