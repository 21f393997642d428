"""Every command that writes, on disks that fill at random bytes: nothing cut, one sentence."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from datetime import date, timedelta

import numpy as np
import pytest

from customs_data.edition.loading import load_edition
from customs_data.files.writing import write_table
from customs_leaderboard.board import open_board
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import authenticate
from customs_scorer.submissions import write_submission
from forked_command import import_everything, run_at_once

N_SIZES = 30
DISK_MIB = 64
# Two days: the tests may run across midnight.
DEADLINE = date.today() + timedelta(days=2)
GRID = """[[editions]]
path = "{edition}"
[[runs]]
models = ["random"]
label_rates = [1.0, 0.5]
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A disk of its own."""
    folder = tmp_path_factory.mktemp("disk") / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "none", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mounting, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk, on Linux")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="module")
def given(sample, sample_path, tmp_path_factory):
    """Inputs of the commands, on another disk."""
    import_everything()
    folder = tmp_path_factory.mktemp("given")
    for name, frame in sample.items():
        write_table(frame, folder / f"{name}.csv")
    shutil.copytree(sample_path, folder / "edition")
    edition = load_edition(folder / "edition")
    scores = np.linspace(0, 1, len(edition.test))
    write_submission(edition, scores, folder / "submission.csv")
    (folder / "grid.toml").write_text(GRID.format(edition=folder / "edition"))
    (folder / "results.md").write_text("<!-- results:grid -->\n<!-- /results -->\n")
    run("leaderboard", "init", folder / "edition", "--out", folder / "open", "--closes", DEADLINE)
    added = run("leaderboard", "team", "add", folder / "open", "Team A", "--json")
    board = open_board(folder / "open")
    team, _ = authenticate(board, json.loads(added.stdout)["token"])
    submit_file(board, team.number, folder / "submission.csv")
    board.close_connections()
    run("leaderboard", "backup", folder / "open", folder / "b.tar")
    return folder


def run(*arguments, **options):
    (ended,) = run_at_once([arguments], **options)
    assert is_done(ended), (arguments, ended)
    return ended


def is_done(ended):
    """Whether the command did its work: an edition may fail the audit."""
    return ended.status == 0 or ("FAILS the audit" in ended.stdout and not ended.stderr)


TABLES = ("{given}/train.csv", "{given}/public.csv", "{given}/private.csv")
#: Name: arguments. Commands of the second group write several files, each of them whole.
ONE = {
    "start": "start {small}/x --edition {given}/edition",
    "generate": "data generate --seed 1 --rows 600 --out {small}/x",
    "generate parquet": "data generate --seed 1 --rows 600 --format parquet --out {small}/x",
    "import": "data import {tables} --out {small}/x",
    "synthesize": "data synthesize --source {given}/public.csv --model bootstrap --rows 300 "
    "--out {small}/x",
    "synthesize file": "data synthesize --source {given}/public.csv --model bootstrap --rows 300 "
    "--out {small}/x.parquet",
    "synthesize edition": "data synthesize --source {given}/public.csv --model bootstrap "
    "--rows 300 --edition --out {small}/x",
    "secret": "data secret --out {small}/x.json",
    "profile": "data profile {given}/train.csv --min-count 1 --out {small}/x.json.gz",
    "describe": "data describe {given}/edition --html {small}/x.html",
    "fidelity": "data fidelity {given}/train.csv {given}/public.csv --rows 60 "
    "--html {small}/x.html",
    "audit": "data audit {given}/edition --html {small}/x.html",
    "reveal": "data reveal {given}/edition --out {small}/x.json.gz",
    "init": "leaderboard init {given}/edition --out {small}/x",
    "restore": "leaderboard restore {given}/b.tar --out {small}/x",
    "backup": "leaderboard backup {given}/open {small}/x.tar",
    "backup gz": "leaderboard backup {given}/open {small}/x.tar.gz",
    "export csv": "leaderboard export {given}/open --out {small}/x.csv",
    "export json": "leaderboard export {given}/open --out {small}/x.json",
    "codabench": "publish codabench {given}/edition --out {small}/x.zip",
    "kaggle competition": "publish kaggle {given}/edition --competition customs-2030 "
    "--out {small}/x",
    "kaggle dataset": "publish kaggle {given}/edition --dataset our-lab/customs-2030 "
    "--licence other --out {small}/x",
}
SEVERAL = {
    "run": "baseline run random --edition {given}/edition --validate --errors "
    "--out {small}/r --picture {small}/x.svg",
    "explain": "baseline explain logistic_regression --edition {given}/edition "
    "--declarations 20 --out {small}/x",
    "score": "score {given}/submission.csv --edition {given}/edition --errors {small}/x",
    "table": "baseline table {given}/grid.toml --results {small}/x.json --curves {small}/x.png "
    "--curves {small}/x.svg --write {small}/results.md",
    "practice": "baseline run random --out {small}/r",
}
BOARD = {
    "team": "leaderboard team add {small}/open B-team",
    "extend": f"leaderboard extend {{small}}/open --closes {DEADLINE + timedelta(days=3)}",
    "log": "leaderboard log {small}/open",
}


def arguments_of(command, given, small):
    tables = " ".join(TABLES).format(given=given)
    return command.format(given=given, small=small, tables=tables).split(" ")


def used(small):
    return shutil.disk_usage(small).used


def empty(small):
    for path in small.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def fill(small, free):
    """Leave about `free` bytes (the disk gives whole pages)."""
    with (small / "fill").open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(shutil.disk_usage(small).free - free, 1))


def is_whole(path):
    """Whether a file is complete, by the end of its format."""
    content = path.read_bytes()
    ends = {
        ".html": content.rstrip().endswith(b"</html>"),
        ".svg": content.rstrip().endswith(b"</svg>"),
        ".png": content[-8:-4] == b"IEND",
        ".csv": content.endswith(b"\n"),
    }
    if path.suffix == ".json":
        json.loads(content)
    return ends.get(path.suffix, True)


def files_of(small):
    return [path for path in small.rglob("*") if path.is_file() and path.name != "fill"]


def try_sizes(name, command, given, small, prepare, check, sizes=range(N_SIZES)):
    """Run a command with random amounts of free space, from none to a bit more than it needs."""
    arguments = arguments_of(command, given, small)
    cache = {"XDG_CACHE_HOME": str(small if name == "practice" else given)}
    rng = random.Random(f"{name} {sizes}")
    empty(small)
    prepare()
    before = used(small)
    run(*arguments, environment=cache)
    need = used(small) - before
    failures = 0
    for number in sizes:
        empty(small)
        prepare()
        free = rng.randrange(int(1.2 * need) + 1)
        fill(small, free)
        full_temporary = {"TMPDIR": str(small)} if number % 2 else {}
        (ended,) = run_at_once([arguments], environment={**cache, **full_temporary})
        where = (name, number, free, ended)
        assert is_done(ended) or ended.fails_in_one_sentence(), where
        assert "tell the organizer" not in ended.stderr, where
        if not is_done(ended):
            failures += 1
            assert str(small) in ended.stderr, where
            assert ".customs-kit" not in ended.stderr, where
        assert not list(small.rglob(".customs-kit-*")), where
        check(ended, where)
        if not is_done(ended) and number % 10 == 0:  # the next try works
            (small / "fill").unlink()
            run(*arguments, environment=cache)
    assert failures


@pytest.mark.parametrize("name", ONE)
def test_one_file_or_folder_is_whole_or_absent(name, given, small):
    def check(ended, where):
        assert is_done(ended) or [p.name for p in small.iterdir()] == ["fill"], where

    try_sizes(name, ONE[name], given, small, lambda: None, check)


@pytest.mark.parametrize("third", range(3))
@pytest.mark.parametrize("name", SEVERAL)
def test_each_of_several_files_is_whole_or_absent(name, third, given, small):
    def prepare():
        if name == "table":
            shutil.copy(given / "results.md", small)

    def check(ended, where):
        assert all(is_whole(path) for path in files_of(small)), where
        if name == "table":
            assert (small / "results.md").read_text().endswith("<!-- /results -->\n")

    sizes = range(N_SIZES)[third::3]
    try_sizes(name, SEVERAL[name], given, small, prepare, check, sizes)


@pytest.mark.parametrize("name", BOARD)
def test_a_competition_on_a_full_disk_goes_on_later(name, given, small):
    def check(ended, where):
        (small / "fill").unlink()
        run("leaderboard", "log", small / "open")
        (small / "fill").touch()

    def prepare():
        shutil.copytree(given / "open", small / "open")

    try_sizes(name, BOARD[name], given, small, prepare, check)
