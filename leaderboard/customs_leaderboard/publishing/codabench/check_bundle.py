"""Checking a Codabench bundle before it is uploaded: one sentence for each problem."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from customs_data.errors import KitError

_REQUIRED: Final = ("title", "image", "terms", "docker_image", "pages", "phases", "tasks")
_SETTINGS: Final = "competition.yaml"
_METADATA: Final = "metadata.yaml"
_PRECISION: Final = 4
_MANY_BYTES: Final = 4 << 30


def check_bundle(path: Path) -> list[str]:
    """Return everything that keeps Codabench from making the competition as it is meant.

    Parameters
    ----------
    path : path
        Zip archive.

    Returns
    -------
    list of str
        One sentence each; empty for a sound bundle.

    Raises
    ------
    KitError
        If the file cannot be read at all.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return list(_Bundle(archive).problems())
    except zipfile.BadZipFile:
        return [f"{path.name} must be a zip archive, however: it is not."]
    except OSError as error:
        raise KitError(f"{path} cannot be read: {error.strerror or error}.") from None


class _Bundle:
    """A bundle that is looked at."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._files = {m.filename: m for m in archive.infolist() if not m.is_dir()}

    def problems(self) -> Iterator[str]:
        if sum(member.file_size for member in self._files.values()) > _MANY_BYTES:
            yield f"The bundle must hold at most {_MANY_BYTES >> 30} GiB, however: it holds more."
            return
        for name, member in self._files.items():
            if member.file_size == 0:
                yield f"{name} must not be empty: the platform refuses empty files."
        if _SETTINGS not in self._files:
            deeper = [name for name in self._files if name.endswith(f"/{_SETTINGS}")]
            where = f"it lies in {deeper[0]}; zip the files, not their folder" if deeper else "none"
            yield f"{_SETTINGS} must stand at the root of the archive, however: {where}."
            return
        settings = self._yaml(self._archive.read(_SETTINGS))
        if not isinstance(settings, dict):
            yield f"{_SETTINGS} must be YAML with fields, however: it is not."
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
            yield f"version must be 2, however: {settings.get('version')!r}."
        for name in _REQUIRED:
            if not settings.get(name):
                yield f"{name} must be given: the platform does not make the competition without."
        for name in ("image", "terms"):
            yield from self._file(settings.get(name), name)

    def _file(self, name: Any, what: str) -> Iterator[str]:
        if name and (not isinstance(name, str) or name not in self._files):
            yield f"{what} must name a file at the root of the archive, however: {name!r} is none."

    def _pages(self, settings: dict[str, Any]) -> Iterator[str]:
        for page in _dicts(settings, "pages"):
            if not page.get("title"):
                yield "Every page must have a title, however: one has none."
            if not page.get("file"):
                yield f"Page {page.get('title')!r} must name its file."
            yield from self._file(page.get("file"), f"Page {page.get('title')!r}")

    def _tasks(self, settings: dict[str, Any]) -> Iterator[str]:
        indexes = [task.get("index") for task in _dicts(settings, "tasks")]
        if None in indexes or len(set(map(repr, indexes))) != len(indexes):
            yield f"Every task must have an index of its own, however: {indexes}."
        for task in _dicts(settings, "tasks"):
            name = f"Task {task.get('name')!r}"
            for part in ("scoring_program", "reference_data"):
                if not task.get(part):
                    yield f"{name} must name its {part}."
                yield from self._file(task.get(part), f"{name}, {part}")
            if task.get("scoring_program") in self._files:
                yield from self._program(str(task["scoring_program"]))

    def _program(self, name: str) -> Iterator[str]:
        content = self._archive.read(name)
        if not zipfile.is_zipfile(io.BytesIO(content)):
            yield f"{name} must be a zip archive with {_METADATA}, however: it is no archive."
            return
        with zipfile.ZipFile(io.BytesIO(content)) as program:
            if _METADATA not in program.namelist():
                yield f"{name} must hold {_METADATA} at its root, however: it does not."
                return
            metadata = self._yaml(program.read(_METADATA))
            command = metadata.get("command") if isinstance(metadata, dict) else None
            if not isinstance(command, str):
                yield f"{_METADATA} in {name} must name a command, however: it does not."
                return
            scripts = [word for word in command.split() if word.startswith("/app/program/")]
            for script in scripts:
                if script.removeprefix("/app/program/") not in program.namelist():
                    yield f"{name} must hold what its command runs, however: {script} is absent."

    def _phases(self, settings: dict[str, Any]) -> Iterator[str]:
        known = [task.get("index") for task in _dicts(settings, "tasks")]
        previous_end: datetime | None = None
        phases = sorted(_dicts(settings, "phases"), key=lambda phase: str(phase.get("index", "")))
        for i, phase in enumerate(phases):
            name = f"Phase {phase.get('name')!r}"
            if not phase.get("name"):
                yield "Every phase must have a name, however: one has none."
            start, start_problem = _moment(phase.get("start"), f"{name}, start")
            end, end_problem = _moment(phase.get("end"), f"{name}, end")
            yield from (problem for problem in (start_problem, end_problem) if problem)
            if phase.get("start") is None:
                yield f"{name} must have a start."
            if phase.get("end") is None and i < len(phases) - 1:
                yield f"{name} must have an end, because a phase follows it."
            if start and end and start >= end:
                yield f"{name} must start before it ends, however: {start} and {end}."
            if start and previous_end and start < previous_end:
                yield f"{name} must not start before the phase before it ends."
            previous_end = end
            if not phase.get("tasks"):
                yield f"{name} must have at least one task."
            if absent := [index for index in phase.get("tasks") or [] if index not in known]:
                yield f"{name} must name tasks that exist, however: {absent}."
            if i == 0 and phase.get("auto_migrate_to_this_phase"):
                yield f"{name} is the first: auto_migrate_to_this_phase must not be set there."
            for part in ("starting_kit", "public_data"):
                yield from self._file(phase.get(part), f"{name}, {part}")

    def _solutions(self, settings: dict[str, Any]) -> Iterator[str]:
        for solution in _dicts(settings, "solutions"):
            yield from self._file(solution.get("path"), f"Solution {solution.get('index')}")


def _leaderboards(settings: dict[str, Any]) -> Iterator[str]:
    boards = _dicts(settings, "leaderboards")
    if not boards:
        yield "leaderboards must hold at least one board, however: there is none."
    for board in boards:
        for name in ("title", "key", "columns"):
            if not board.get(name):
                yield f"Leaderboard {board.get('title')!r} must have {name}."
        columns = _dicts(board, "columns")
        for name in ("key", "index"):
            held = [column.get(name) for column in columns]
            if None in held or len(set(map(repr, held))) != len(held):
                yield f"Every column must have a {name} of its own, however: {held}."
        for column in columns:
            what = f"Column {column.get('key')!r}"
            if column.get("precision") != _PRECISION:
                yield (
                    f"{what} must have precision {_PRECISION}, however: "
                    f"{column.get('precision', 'none, which shows two decimals')}."
                )
            if column.get("sorting") != "desc":
                yield f"{what} must have sorting desc: the higher score is better."


def _dicts(settings: dict[str, Any], name: str) -> list[dict[str, Any]]:
    held = settings.get(name)
    return [item for item in held if isinstance(item, dict)] if isinstance(held, list) else []


def _moment(value: Any, what: str) -> tuple[datetime | None, str]:
    """Read a timestamp; it must be quoted, or YAML makes a date of it."""
    if value is None:
        return None, ""
    if isinstance(value, date | datetime) or not isinstance(value, str):
        return None, f"{what} must be quoted text: unquoted, the platform cuts it to midnight."
    try:
        return datetime.strptime(value, "%Y-%m-%d %H:%M:%S"), ""
    except ValueError:
        return None, f"{what} must look like '2030-03-01 09:00:00' (UTC), however: {value!r}."
