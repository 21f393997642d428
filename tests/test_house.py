"""Rules for all code: names, messages, sizes, what the wheel contains, who names the fraud task."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HATCH = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
PACKAGES = [ROOT / path for path in HATCH["targets"]["wheel"]["packages"]]
FOLDERS = [ROOT / name for name in (*HATCH["dev-mode-dirs"], "benchmarks", "tests", "docs")]
KIT, LEADERBOARD = ROOT / "starter_kit/customs_kit", ROOT / "leaderboard/customs_leaderboard"
#: They say nothing: name the thing (`settings`, `rows`, `scores`, `problems`).
BANNED_NAMES = {"held", "found"}
#: Instead of "X must ..., however: ...": what was expected, what was there, the way out.
BANNED_PATTERN = re.compile(r", however: ")
#: These ask the task for its columns, metrics and titles ...
TASK_FREE = [
    LEADERBOARD,
    KIT,
    ROOT / "baselines/customs_baselines/running",
    ROOT / "scorer/customs_scorer/scorecard.py",
]
#: ... but for the public face, what students start from, and the past of the database.
EXEMPT = [KIT / "__init__.py", KIT / "template", LEADERBOARD / "store/migrations/versions"]
FRAUD_TASK = re.compile(r"""["']Fraud["']|precision_at|Fraud Score""")


def files(places: Iterable[Path], *suffixes: str) -> Iterator[Path]:
    """Yield the files below some folders, in order."""
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix in suffixes and path != Path(__file__):
                yield path


def code_and_templates(places: Iterable[Path]) -> Iterator[Path]:
    return files(places, ".py", ".html", ".jinja", ".mako")


def check(faults: Iterable[str]) -> None:
    faults = list(faults)
    assert not faults, "\n".join(faults)


def matches(pattern: re.Pattern[str], paths: Iterable[Path]) -> Iterator[str]:
    """Yield path, number and text of the lines that match."""
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if pattern.search(line):
                yield f"{path.relative_to(ROOT)}:{number}: {line.strip()}"


def assigned_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and name of assignments, targets of loops and comprehensions, and arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.lineno, node.name


def test_names_say_something():
    check(
        f"{path.relative_to(ROOT)}:{line}: name the thing instead of {name!r}."
        for path in files(FOLDERS, ".py")
        for line, name in assigned_names(ast.parse(path.read_text(encoding="utf-8")))
        if name in BANNED_NAMES
    )


def test_messages_name_what_was_there_and_the_way_out():
    check(matches(BANNED_PATTERN, code_and_templates(FOLDERS)))


def test_upper_floors_ask_the_task():
    paths = code_and_templates(TASK_FREE)
    asking = (path for path in paths if not any(map(path.is_relative_to, EXEMPT)))
    check(matches(FRAUD_TASK, asking))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_folders_and_files_are_small(package):
    n_files = {
        folder: len(list(folder.glob("*.py")))
        for folder in {path.parent for path in package.rglob("*.py")}
        if folder.name != "models"
    }
    n_lines = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for path in code_and_templates([package])
    }
    check(
        f"{path.relative_to(ROOT)}: {n} {what}, more than {most}."
        for sizes, what, most in ((n_files, "files", 18), (n_lines, "lines", 350))
        for path, n in sizes.items()
        if n > most
    )


def test_the_wheel_contains_no_study():
    """Studies measure this project; they are beside the packages, in baselines/studies."""
    assert not any(path.is_relative_to(ROOT / "baselines/studies") for path in PACKAGES)
    imports = re.compile(r"^\s*(from|import) (baselines\.)?studies\b")
    check(matches(imports, files(PACKAGES, ".py")))
    check(
        f"{path.relative_to(ROOT)}: a study in a package."
        for path in files(PACKAGES, ".py", ".toml", ".json")
        if re.search(r"stud(y|ies)$", path.stem)
    )
