"""Several commands that make one folder or file at the same moment: one makes it, whole."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from customs_data.edition.verification import verify_edition
from customs_data.files.writing import write_table
from forked_command import import_everything, run_at_once

# Two days: the tests may run across midnight.
DEADLINE = date.today() + timedelta(days=2)


def listing(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def prepared(sample, sample_path, tmp_path_factory):
    """Inputs of the commands."""
    folder = tmp_path_factory.mktemp("prepared")
    for name, frame in sample.items():
        write_table(frame, folder / f"{name}.csv")
    (made,) = run_at_once(
        [["leaderboard", "init", sample_path, "--out", folder / "board", "--closes", DEADLINE]]
    )
    assert made.status == 0, made.stderr
    (saved,) = run_at_once([["leaderboard", "backup", folder / "board", folder / "b.tar"]])
    assert saved.status == 0, saved.stderr
    return folder


def commands(name, prepared, edition, n):
    """Return the arguments of `n` makers, different where the command allows it."""
    tables = [prepared / f"{period}.csv" for period in ("train", "public", "private")]
    return {
        "generate": [
            ["data", "generate", "--seed", k, "--rows", 300, "--out", "x"] for k in range(n)
        ],
        "import": [["data", "import", *tables, "--seed", k, "--out", "x"] for k in range(n)],
        "synthesize": [
            ["data", "synthesize", "--source", tables[1], "--model", "bootstrap", "--rows", 200,
             "--seed", k, "--out", "x"]
            for k in range(n)
        ],
        "start": [["start", "x", "--edition", edition]] * n,
        "init": [
            ["leaderboard", "init", edition, "--title", f"T{k}", "--out", "x"] for k in range(n)
        ],
        "restore": [["leaderboard", "restore", prepared / "b.tar", "--out", "x"]] * n,
        "kaggle competition": [
            ["publish", "kaggle", edition, "--competition", "customs-2030", "--out", "x",
             "--title", f"Title {k}", "--closes", DEADLINE]
            for k in range(n)
        ],
        "kaggle dataset": [
            ["publish", "kaggle", edition, "--dataset", "our-lab/customs-2030",
             "--licence", "other", "--out", "x"]
        ] * n,
        "secret": [["data", "secret", "--out", "x"]] * n,
        "codabench": [["publish", "codabench", edition, "--out", "x"]] * n,
        "backup": [["leaderboard", "backup", prepared / "board", "x.tar"]] * n,
        "export": [["leaderboard", "export", prepared / "board", "--out", "x.csv"]] * n,
    }[name]  # fmt: skip


FOLDERS = (
    "generate", "import", "synthesize", "start", "init", "restore", "kaggle competition",
    "kaggle dataset",
)  # fmt: skip
FILES = ("secret", "codabench", "backup", "export")


def check_one_winner(name, prepared, edition, folder, n):
    folder.mkdir(exist_ok=True)
    ended = run_at_once(commands(name, prepared, edition, n), cwd=folder)
    winners = [one for one in ended if one.status == 0]
    if not name.startswith("kaggle"):  # which sends what another one has made
        assert len(winners) == 1, ended
    assert winners, ended
    assert all(one.fails_in_one_sentence() for one in ended if one.status), ended
    assert all("Choose a" in one.stderr for one in ended if one.status), ended
    return listing(folder)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("name", FOLDERS + FILES)
def test_one_of_several_makers_wins_20_times(name, n, prepared, sample_path, tmp_path):
    import_everything()
    (tmp_path / "alone").mkdir()
    expected = check_one_winner(name, prepared, sample_path, tmp_path / "alone", 1)
    for number in range(20):
        folder = tmp_path / str(number)
        if number % 2 and name in FOLDERS and not name.startswith("kaggle"):
            (folder / "x").mkdir(parents=True)  # an existing empty folder
        assert check_one_winner(name, prepared, sample_path, folder, n) == expected
        if (folder / "x" / "hidden").exists():
            assert all(check.passed for check in verify_edition(folder / "x"))
        if name == "secret":
            assert json.loads((folder / "x").read_text())["used_for"] is None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("quarter", range(4))
@pytest.mark.parametrize("n", [2, 3])
def test_all_first_commands_use_one_practice_edition_20_times(n, quarter, tmp_path):
    import_everything()
    for number in range(5 * quarter, 5 * quarter + 5):
        cache = tmp_path / str(number) / "cache"
        if number % 4 == 1:
            (cache / "customs-kit/practice/public/public").mkdir(parents=True)  # damaged
        ended = run_at_once(
            [["start", f"{number}-{k}"] for k in range(n)],
            cwd=tmp_path,
            environment={"XDG_CACHE_HOME": str(cache)},
        )
        assert [one.status for one in ended] == [0] * n, ended
        assert listing(cache / "customs-kit")[0] == "practice"
        assert [path.name for path in (cache / "customs-kit").iterdir()] == ["practice"]
        assert all(check.passed for check in verify_edition(cache / "customs-kit" / "practice"))


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_one_of_two_makers_wins(prepared, sample_path, tmp_path):
    for name in ("generate", "secret"):
        names = check_one_winner(name, prepared, sample_path, tmp_path / name, 2)
        assert not [path for path in names if Path(path).name.startswith(".")]
