"""The practice edition in the user's cache: made once, replaced when it is damaged, never mixed."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import pytest

from customs_data.edition import practice
from customs_data.edition.generating import PRACTICE_SEED, generate_edition, read_blueprint
from customs_data.edition.loading import load_edition
from customs_data.edition.practice import practice_edition
from customs_data.edition.verification import verify_edition
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A sound practice edition; never change it."""
    folder = tmp_path_factory.mktemp("practice") / "practice"
    few = read_blueprint(n_declarations=400)
    secret = secret_of_seed(PRACTICE_SEED)
    generate_edition(few, secret, folder, origin="published-seed", seed=PRACTICE_SEED)
    return folder


@pytest.fixture
def cache(tmp_path, monkeypatch, made):
    """An empty cache, where making the edition is copying it."""
    monkeypatch.setattr(practice, "user_cache_path", lambda _: tmp_path / "cache")
    monkeypatch.setattr(
        practice, "make_practice_edition", lambda out, task="fraud": shutil.copytree(made, out)
    )
    return tmp_path / "cache"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_first_call_makes_it_silently(cache, caplog):
    folder = practice_edition()
    assert folder == cache / "practice"
    assert names(cache) == ["practice"]
    assert caplog.messages == []
    before = folder.stat().st_ino
    assert practice_edition().stat().st_ino == before


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: (f / "public" / "public").mkdir(), "is damaged"),
        (lambda f: os.truncate(f / "public" / "train.csv", 1000), "is damaged"),
        (lambda f: (f / "public" / "DATASHEET.md").write_text("x"), "is damaged"),
        (lambda f: (f / "hidden" / "solution.csv").write_text("x"), "is damaged"),
        (lambda f: (f / "public" / "croissant.json").unlink(), "has no croissant.json"),
        (lambda f: shutil.rmtree(f / "hidden"), "has no hidden labels"),
        (lambda f: (f / "public" / "edition.json").unlink(), "is not complete"),
        (lambda f: shutil.rmtree(f / "public"), "is not complete"),
        (lambda f: [shutil.rmtree(f), f.write_text("a file")], "is not complete"),
        (lambda f: [shutil.rmtree(f), f.symlink_to("nowhere")], "is not complete"),
    ],
)
def test_a_damaged_one_is_replaced_with_a_word(cache, caplog, damage, said):
    damage(practice_edition())
    with caplog.at_level(logging.WARNING):
        folder = practice_edition()
    assert said in caplog.text
    assert "Making it again." in caplog.text
    assert all(check.passed for check in verify_edition(folder))
    assert names(cache) == ["practice"]


def test_one_of_another_release_is_replaced(cache, caplog, monkeypatch):
    practice_edition()
    monkeypatch.setattr(practice, "version", lambda _: "99")
    practice_edition()
    assert "was made by customs-kit" in caplog.text


def test_a_reader_of_the_old_one_reads_on(cache):
    folder = practice_edition()
    with (folder / "public" / "train.csv").open() as stream:
        (folder / "public" / "stray").touch()
        practice_edition()
        assert len(stream.read()) == (folder / "public" / "train.csv").stat().st_size


def test_who_comes_second_takes_the_first_ones(cache, monkeypatch, made):
    def make(out, task="fraud"):
        if out.parent.name != "cache":
            shutil.copytree(made, out)
            shutil.copytree(made, cache / "practice")  # another process was faster
            (cache / "practice" / "first").touch()

    monkeypatch.setattr(practice, "make_practice_edition", make)
    assert (practice_edition() / "first").exists()
    assert names(cache) == ["practice"]
    load_edition(cache / "practice")


def test_open_permissions_are_no_damage(cache, caplog):
    """Some disks have none; the labels are no secret."""
    (practice_edition() / "hidden").chmod(0o755)
    practice_edition()
    assert caplog.messages == []


def test_a_cache_that_cannot_be_written_names_the_way_out(cache, monkeypatch):
    cache.write_text("a file")
    with pytest.raises(
        KitError, match=r"cache cannot be written: .*Set XDG_CACHE_HOME .*--edition"
    ):
        practice_edition()
    monkeypatch.setattr(practice, "user_cache_path", lambda _: Path("~/.cache"))
    with pytest.raises(KitError, match=r"not an absolute path\. Set XDG_CACHE_HOME"):
        practice_edition()


def test_the_cache_of_another_user_is_said_to_be_theirs(cache, monkeypatch):
    def mkdir(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(KitError, match=r"Permission denied \(.* belongs to \w+\)"):
        practice_edition()
