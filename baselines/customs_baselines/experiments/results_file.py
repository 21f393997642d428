"""The results of a grid: one JSON file, replaced after each run, so that no run is lost."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically

FORMAT: Final = "customs-kit grid 1"
_PACKAGES: Final = ("customs_data", "customs_scorer", "customs_baselines")


@dataclass
class GridResults:
    """Runs of a grid so far.

    Attributes
    ----------
    made_by : dict
        Library versions, and the SHA-256 of the kit's code.
    editions : dict of str to dict
        By name: commitment, checksum of train.csv, scores of look-up and ceiling.
    runs : dict of str to dict
        By key of the cell: scores and costs, or the error.
    """

    made_by: dict[str, Any]
    editions: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write the file atomically.

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
        write_atomically(path, _one_line_per_run(content))


def _one_line_per_run(content: dict[str, Any]) -> str:
    """JSON with one line per edition and run: short, and readable in a diff."""
    parts = []
    for name, value in content.items():
        if name in ("editions", "runs"):
            lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            parts.append(f' "{name}": {{\n{lines}\n }}')
        else:
            parts.append(f' "{name}": {json.dumps(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def is_grid_results(content: Any) -> bool:
    """Return whether parsed JSON was written by `GridResults.save`."""
    return isinstance(content, dict) and content.get("format") == FORMAT


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    KitError
        If the file cannot be read or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KitError(f"No such file: {path}.") from None
    except OSError as error:
        raise KitError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise KitError(f"{path} is not JSON: {error}.") from None


def load_grid_results(path: Path) -> GridResults:
    """Read what `GridResults.save` wrote.

    Raises
    ------
    KitError
        If the file cannot be read or contains something else.
    """
    content = read_json(path)
    try:
        if not is_grid_results(content):
            raise ValueError(f"its format is not {FORMAT!r}")
        return GridResults(content["made_by"], content["editions"], content["runs"])
    except (ValueError, KeyError) as error:
        raise KitError(
            f"{path} is not a results file of a grid: {error}. Move it away, or name another file "
            "with --results."
        ) from None


def code_sha256() -> str:
    """Return the SHA-256 of the code that scores depend on, in hexadecimal."""
    digest = sha256()
    for package in _PACKAGES:
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
