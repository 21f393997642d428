"""The runs that are kept in a folder, read from their records."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from customs_baselines.running.kept_code import CODE
from customs_baselines.running.runner import RECORD, SUBMISSION
from customs_data.edition.layout import USAGES
from customs_data.tasks import DEFAULT, task_names

# Runs are in OUT/NAME; the default of OUT is runs/EDITION.
_DEPTHS: Final = ("*", "*/*")


@dataclass(frozen=True)
class KeptRun:
    """A run in its folder.

    Attributes
    ----------
    path : path
        Its folder.
    place : str
        The same, relative to the folder of all runs: ``practice/MyModel-seed0``.
    started : datetime
        When it began.
    record : dict
        Content of run.json.
    """

    path: Path
    place: str
    started: datetime
    record: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the run, which other folders may have, too."""
        return self.path.name

    @property
    def submission(self) -> Path | None:
        """Its submission, or None if the model failed."""
        path = self.path / SUBMISSION
        return path if path.is_file() else None

    @property
    def task(self) -> str:
        """Name of the task."""
        return str(self.record.get("task", DEFAULT))

    def as_dict(self) -> dict[str, Any]:
        """Return what a list of runs needs as plain data."""
        names = ("baseline", "recipe", "seed", "label_rate", "erasure", *USAGES, "validation")
        submission = self.submission
        listed: dict[str, Any] = {
            "run": self.name,
            "folder": str(self.path),
            "started": self.started.isoformat(),
            "edition": self.record["repeat"].get("edition"),
            **{name: self.record.get(name) for name in names},
            "submission": None if submission is None else str(submission),
            "code": self.record.get("code", {}),
        }
        error = self.record.get("error")
        return listed | ({"error": error} if error else {})


def list_runs(root: Path) -> tuple[list[KeptRun], list[str]]:
    """Read the runs below a folder.

    Parameters
    ----------
    root : path
        Folder of runs, or of folders of runs.

    Returns
    -------
    runs : list of KeptRun
        Newest first.
    notes : list of str
        One sentence per folder that is left out.
    """
    runs, notes = [], []
    for folder in sorted(path for depth in _DEPTHS for path in root.glob(depth) if path.is_dir()):
        file, place = folder / RECORD, folder.relative_to(root).as_posix()
        if file.is_file():
            try:
                runs.append(_read(file, place))
            except (OSError, ValueError, OverflowError, RecursionError) as error:
                notes.append(f"{file} is not the record of a run ({error}).")
        elif any((folder / name).exists() for name in (SUBMISSION, CODE)):
            notes.append(f"{folder} has no {RECORD}: its run is not finished.")
    # Runs of one second: by name, the later one has the higher number.
    runs.sort(key=lambda run: (run.started, len(run.place), run.place), reverse=True)
    return runs, notes


def _read(file: Path, place: str) -> KeptRun:
    record = json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse)
    if not isinstance(record, dict) or not isinstance(record.get("baseline"), str):
        raise ValueError("no baseline in it")
    if not all(_are_scores(record.get(name)) for name in (*USAGES, "validation")):
        raise ValueError("its scores are damaged")
    if not isinstance(record.get("repeat"), dict):
        raise ValueError("no edition in it")
    if record.get("task", DEFAULT) not in task_names():
        raise ValueError(f"the task {record['task']!r} is not installed")
    if started := record.get("started"):
        time = datetime.fromisoformat(str(started))
    else:  # of an older version of the kit
        time = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    # In local time, which refuses days beyond the calendar.
    time = (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone()
    return KeptRun(file.parent, place, time, record)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} in it")


def _are_scores(scores: object) -> bool:
    """Whether this is None, or numbers and intervals by name, and perhaps an error."""
    if scores is None:
        return True
    return isinstance(scores, dict) and all(
        value is None or name == "error" or isinstance(value, int | float) or _is_interval(value)
        for name, value in scores.items()
    )


def _is_interval(value: object) -> bool:
    match value:
        case [int() | float(), int() | float()]:
            return True
    return False
