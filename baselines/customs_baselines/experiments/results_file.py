"""The results of a grid: one JSON file, replaced after each run, so that none is ever lost."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from customs_data.errors import KitError

FORMAT: Final = "customs-kit grid 1"
_PACKAGES: Final = ("customs_data", "customs_scorer", "customs_baselines")


@dataclass
class GridResults:
    """What has been run.

    Attributes
    ----------
    made_by : dict
        Library versions, and the SHA-256 of the kit's own code.
    editions : dict of str to dict
        By name: commitment, checksum of train.csv, look-up and ceiling.
    runs : dict of str to dict
        By cell key: scores and costs, or the error.
    """

    made_by: dict[str, Any]
    editions: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write the file in one step: an interruption leaves the old one or the new one.

        Raises
        ------
        KitError
            If it cannot be written.
        """
        content = {
            "format": FORMAT,
            "made_by": self.made_by,
            "editions": self.editions,
            "runs": self.runs,
        }
        beside = path.with_name(f".{path.name}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(_one_line_a_run(content), encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            raise KitError(f"{path} cannot be written: {error.strerror}.") from None


def _one_line_a_run(content: dict[str, Any]) -> str:
    """JSON in which each edition and each run is a line: short, and readable in a difference."""
    parts = []
    for name, value in content.items():
        if name in ("editions", "runs"):
            lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            parts.append(f' "{name}": {{\n{lines}\n }}')
        else:
            parts.append(f' "{name}": {json.dumps(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def is_grid_results(content: Any) -> bool:
    """Whether parsed JSON is a file of `GridResults`."""
    return isinstance(content, dict) and content.get("format") == FORMAT


def load_grid_results(path: Path) -> GridResults:
    """Read what `GridResults.save` wrote.

    Raises
    ------
    KitError
        If the file holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not is_grid_results(content):
            raise ValueError("it is no results file of a grid")
        return GridResults(content["made_by"], content["editions"], content["runs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KitError(
            f"{path} must hold the results of a grid, however: {error}. Move it away, or name "
            "another file with --results."
        ) from None


def code_sha256() -> str:
    """SHA-256 of the source of everything a score depends on, in hexadecimal."""
    digest = sha256()
    for package in _PACKAGES:
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
