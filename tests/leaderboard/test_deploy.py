"""A leaderboard imports only the packages in the image's short list of requirements."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
IMPORT_ALL = """
import importlib, json, pkgutil, re, sys
from importlib.metadata import packages_distributions

allowed = set(json.load(sys.stdin))
owners = packages_distributions()

class Absent:
    # Simulates an environment with the allowed distributions only.
    def find_spec(self, name, path=None, target=None):
        packages = {re.sub("[-_.]+", "-", p).lower() for p in owners.get(name.split(".")[0], [])}
        if packages and not packages & allowed:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import customs_leaderboard, customs_kit.commands
for package in (customs_leaderboard, customs_kit.commands):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if "migrations.versions" not in module.name and not module.name.endswith("migrations.env"):
            importlib.import_module(module.name)
"""


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(names):
    """Return distributions and everything they require, with the extras asked for."""
    todo, done = [Requirement(name) for name in names], set()
    while todo:
        wanted = todo.pop()
        if (canonical(wanted.name), *sorted(wanted.extras)) in done:
            continue
        done.add((canonical(wanted.name), *sorted(wanted.extras)))
        try:
            listed = requires(wanted.name) or []
        except PackageNotFoundError:
            continue  # for another platform
        for text in listed:
            needed = Requirement(text)
            extras = wanted.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
                todo.append(needed)
    return {name for name, *_ in done}


def test_the_images_requirements_are_enough():
    text = (ROOT / "leaderboard/deploy/requirements.txt").read_text(encoding="utf-8")
    listed = [line for line in text.splitlines() if line and not line.startswith("#")]
    allowed = closure(listed)
    assert "torch" not in allowed
    for installed, works in ((allowed, True), (allowed - {"alembic", "fastapi"}, False)):
        ran = subprocess.run(
            [sys.executable, "-c", IMPORT_ALL],
            input=json.dumps([*installed, "customs-kit"]),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode == 0) == works, ran.stderr


def test_pinned_versions_cover_the_images_requirements():
    pinned = {
        canonical(line.split("==")[0])
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    text = (ROOT / "leaderboard/deploy/requirements.txt").read_text(encoding="utf-8")
    listed = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert not sorted({canonical(Requirement(line).name) for line in listed} - pinned)
