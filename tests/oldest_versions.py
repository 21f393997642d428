"""Print the lowest versions that pyproject.toml allows, as constraints for pip."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

_FLOOR = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)(\[[^]]*\])?\s*>=\s*(?P<version>[0-9.]+)")


def oldest(pyproject: str) -> list[str]:
    """Return a line ``name==version`` for each dependency that installs with the leaderboard.

    Raises
    ------
    ValueError
        If a dependency has no lowest version.
    """
    project = tomllib.loads(pyproject)["project"]
    lines = []
    for dependency in (*project["dependencies"], *project["optional-dependencies"]["leaderboard"]):
        floor = _FLOOR.match(dependency)
        if floor is None:
            raise ValueError(f"{dependency} has no lowest version: write {dependency}>=X.")
        lines.append(f"{floor['name']}=={floor['version']}")
    return lines


if __name__ == "__main__":
    lines = oldest((Path(__file__).parents[1] / "pyproject.toml").read_text())
    sys.stdout.write("".join(f"{line}\n" for line in lines))
