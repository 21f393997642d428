"""Check of a Codabench bundle before its upload: one sentence for each problem."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from customs_data.errors import KitError
from customs_data.tasks import task_names
from customs_scorer.metrics import metrics_of

_REQUIRED: Final = ("title", "image", "terms", "docker_image", "pages", "phases", "tasks")
_SETTINGS: Final = "competition.yaml"
_METADATA: Final = "metadata.yaml"
_PRECISION: Final = 4
_MANY_BYTES: Final = 4 << 30


def check_bundle(path: Path) -> list[str]:
    """Return the problems that Codabench would have with a bundle.

    Parameters
    ----------
    path : path
        Zip archive.

    Returns
    -------
    list of str
        One sentence for each problem.

    Raises
    ------
    KitError
        If the file cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return list(_Bundle(archive).problems())
    except zipfile.BadZipFile:
        return [f"{path.name} is no zip archive."]
    except OSError as error:
        raise KitError(f"{path} cannot be read: {error.strerror or error}.") from None


class _Bundle:
    """A bundle under check."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._files = {m.filename: m for m in archive.infolist() if not m.is_dir()}

    def problems(self) -> Iterator[str]:
        if sum(member.file_size for member in self._files.values()) > _MANY_BYTES:
            yield f"The files of the bundle have more than {_MANY_BYTES >> 30} GiB."
            return
        for name, member in self._files.items():
            if member.file_size == 0:
                yield f"{name} is empty: the platform refuses empty files."
        if _SETTINGS not in self._files:
            deeper = [name for name in self._files if name.endswith(f"/{_SETTINGS}")]
            hint = f" It is at {deeper[0]}: zip the files, not their folder." if deeper else ""
            yield f"The archive has no {_SETTINGS} at its root.{hint}"
            return
        settings = self._yaml(self._archive.read(_SETTINGS))
        if not isinstance(settings, dict):
            yield f"{_SETTINGS} is not YAML with fields."
            return
        yield from self._fields(settings)
        yield from self._pages(settings)
        yield from self._tasks(settings)
        yield from self._phases(settings)
        yield from self._solutions(settings)
        yield from _leaderboards(settings)

    @staticmethod
    def _yaml(content: bytes) -> Any:
        import yaml

        try:
            return yaml.safe_load(content)
        except (yaml.YAMLError, UnicodeDecodeError):
            return None

    def _fields(self, settings: dict[str, Any]) -> Iterator[str]:
        if settings.get("version") != 2:
            yield f"version is {settings.get('version')!r} instead of 2."
        for name in _REQUIRED:
            if not settings.get(name):
                yield f"{name} is missing: the platform requires it."
        for name in ("image", "terms"):
            yield from self._file(settings.get(name), name)

    def _file(self, name: Any, what: str) -> Iterator[str]:
        if name and (not isinstance(name, str) or name not in self._files):
            yield f"{what} names {name!r}, which is no file at the root of the archive."

    def _pages(self, settings: dict[str, Any]) -> Iterator[str]:
        for page in _dicts(settings, "pages"):
            if not page.get("title"):
                yield "A page has no title."
            if not page.get("file"):
                yield f"Page {page.get('title')!r} names no file."
            yield from self._file(page.get("file"), f"Page {page.get('title')!r}")

    def _tasks(self, settings: dict[str, Any]) -> Iterator[str]:
        indexes = [task.get("index") for task in _dicts(settings, "tasks")]
        if None in indexes or len(set(map(repr, indexes))) != len(indexes):
            yield f"The indexes of the tasks are missing or not unique: {indexes}."
        for task in _dicts(settings, "tasks"):
            name = f"Task {task.get('name')!r}"
            for part in ("scoring_program", "reference_data"):
                if not task.get(part):
                    yield f"{name} names no {part}."
                yield from self._file(task.get(part), f"{name}, {part}")
            if task.get("scoring_program") in self._files:
                yield from self._program(str(task["scoring_program"]))

    def _program(self, name: str) -> Iterator[str]:
        content = self._archive.read(name)
        if not zipfile.is_zipfile(io.BytesIO(content)):
            yield f"{name} is no zip archive."
            return
        with zipfile.ZipFile(io.BytesIO(content)) as program:
            if _METADATA not in program.namelist():
                yield f"{name} has no {_METADATA} at its root."
                return
            metadata = self._yaml(program.read(_METADATA))
            command = metadata.get("command") if isinstance(metadata, dict) else None
            if not isinstance(command, str):
                yield f"{_METADATA} in {name} has no command."
                return
            scripts = [word for word in command.split() if word.startswith("/app/program/")]
            for script in scripts:
                if script.removeprefix("/app/program/") not in program.namelist():
                    yield f"{name} lacks the file that its command runs: {script}."

    def _phases(self, settings: dict[str, Any]) -> Iterator[str]:
        known = [task.get("index") for task in _dicts(settings, "tasks")]
        previous_end: datetime | None = None
        phases = sorted(_dicts(settings, "phases"), key=lambda phase: str(phase.get("index", "")))
        for i, phase in enumerate(phases):
            name = f"Phase {phase.get('name')!r}"
            if not phase.get("name"):
                yield "A phase has no name."
            start, start_problem = _moment(phase.get("start"), f"{name}, start")
            end, end_problem = _moment(phase.get("end"), f"{name}, end")
            yield from (problem for problem in (start_problem, end_problem) if problem)
            if phase.get("start") is None:
                yield f"{name} has no start."
            if phase.get("end") is None and i < len(phases) - 1:
                yield f"{name} has no end, but a phase follows."
            if start and end and start >= end:
                yield f"{name} starts at {start} and ends at {end}, which is not later."
            if start and previous_end and start < previous_end:
                yield f"{name} starts before the previous phase ends."
            previous_end = end
            if not phase.get("tasks"):
                yield f"{name} has no task."
            if absent := [index for index in phase.get("tasks") or [] if index not in known]:
                yield f"{name} names tasks that do not exist: {absent}."
            if i == 0 and phase.get("auto_migrate_to_this_phase"):
                yield f"{name} is the first phase: remove auto_migrate_to_this_phase."
            for part in ("starting_kit", "public_data"):
                yield from self._file(phase.get(part), f"{name}, {part}")

    def _solutions(self, settings: dict[str, Any]) -> Iterator[str]:
        for solution in _dicts(settings, "solutions"):
            yield from self._file(solution.get("path"), f"Solution {solution.get('index')}")


def _leaderboards(settings: dict[str, Any]) -> Iterator[str]:
    directions = {
        metric.name: metric.higher_is_better
        for name in task_names()
        for metric in metrics_of(name).all
    }
    boards = _dicts(settings, "leaderboards")
    if not boards:
        yield "leaderboards has no board."
    for board in boards:
        for name in ("title", "key", "columns"):
            if not board.get(name):
                yield f"Leaderboard {board.get('title')!r} has no {name}."
        columns = _dicts(board, "columns")
        for name in ("key", "index"):
            values = [column.get(name) for column in columns]
            if None in values or len(set(map(repr, values))) != len(values):
                yield f"The {name} of a column is missing or not unique: {values}."
        for column in columns:
            what = f"Column {column.get('key')!r}"
            if (precision := column.get("precision")) != _PRECISION:
                yield f"{what} has precision {precision} instead of {_PRECISION}."
            higher_is_better = directions.get(str(column.get("key")), True)
            if column.get("sorting") != ("desc" if higher_is_better else "asc"):
                yield (
                    f"{what} needs sorting desc: a higher score is better."
                    if higher_is_better
                    else f"{what} needs sorting asc: a lower score is better."
                )


def _dicts(settings: dict[str, Any], name: str) -> list[dict[str, Any]]:
    items = settings.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _moment(value: Any, what: str) -> tuple[datetime | None, str]:
    """Return a timestamp and its problem; YAML turns unquoted ones into dates."""
    if value is None:
        return None, ""
    if isinstance(value, date | datetime) or not isinstance(value, str):
        return None, f"{what} is not quoted: the platform would cut it to midnight."
    try:
        return datetime.strptime(value, "%Y-%m-%d %H:%M:%S"), ""
    except ValueError:
        return None, f"{what} is {value!r}: write it like '2030-03-01 09:00:00' (UTC)."
