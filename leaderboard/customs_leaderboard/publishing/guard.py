"""The guard: refuses to publish anything of hidden/."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from customs_data.edition.hidden import load_secret
from customs_data.edition.layout import (
    HIDDEN_COLUMNS,
    HIDDEN_TABLES,
    SAMPLE,
    SECRET,
    SOLUTION,
    TEST,
    TRAIN_LABELS,
    Layout,
    files_below,
    find_table,
)
from customs_data.edition.manifest import read_manifest
from customs_data.errors import KitError
from customs_data.files.table_parts import table_of, table_parts
from customs_data.schema import KEY
from customs_data.tasks import find_task

_MANY_BYTES: Final = 1 << 30
_DEEPEST: Final = 3


class HiddenGuard:
    """Search for content of hidden/ in files to be published.

    A file is refused for a hidden file's name (solution, train_labels, oracle, secret) or that of
    a folder of hidden parts, as a copy of a hidden file or a link, for columns that only hidden
    tables have, for labels of test declarations or erased labels, and for the secret or the nonce
    in its text. Archives are searched as well.

    Parameters
    ----------
    layout : Layout
        Organizer's copy of the edition.
    """

    def __init__(self, layout: Layout) -> None:
        self._hidden = layout.hidden.resolve()
        files = [path for path in files_below(layout.hidden) if path.is_file()]
        names = [path.relative_to(layout.hidden).as_posix() for path in files]
        self._digests = {_file_digest(path): name for path, name in zip(files, names, strict=True)}
        secret = load_secret(layout)
        values = [secret.get(name) for name in ("secret", "nonce")]
        self._secrets = [str(value).encode() for value in values if value]
        manifest = read_manifest(layout.public)
        self._task = task = find_task(manifest.task)
        test = _ids(find_table(layout.public, TEST), KEY)
        erased = _ids(find_table(layout.hidden, TRAIN_LABELS), KEY)
        asked = test
        if not task.asks_declarations:
            asked = _ids(find_table(layout.hidden, SOLUTION), task.unit.key)
        #: By key, by column: IDs whose value is hidden.
        self._hidden_ids: dict[str, dict[str, set[str]]] = {KEY: {}, task.unit.key: {}}
        self._hidden_ids[KEY] |= dict.fromkeys(task.labels, test | erased)
        self._hidden_ids[KEY] |= dict.fromkeys(task.withheld, test)
        for name in task.target_names:
            ids = self._hidden_ids[task.unit.key]
            ids[name] = ids.get(name, set()) | asked
        # Where answers have the name of a target, a sample looks like a solution.
        self._sample = manifest.files[SAMPLE].sha256

    def check(self, folder: Path) -> None:
        """Check every file below a folder.

        Raises
        ------
        KitError
            If a file contains something hidden; the message has a line for each.
        """
        leaks = []
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            if path.is_symlink() or self._hidden in path.resolve().parents:
                leaks.append(f"{name}: a link, or a file of hidden/ itself")
            elif path.is_file():
                leaks += [f"{name}: {what}" for what in self.traces(name, path.read_bytes())]
        if leaks:
            lines = "\n".join(f"  {line}" for line in leaks)
            raise KitError(
                f"The upload contains parts of hidden/:\n{lines}\n"
                "Nothing was sent. Remove these files."
            )

    def traces(self, name: str, content: bytes, depth: int = 0) -> Iterator[str]:
        """Yield a phrase for each hidden thing in a file.

        Parameters
        ----------
        name : str
            Name of the file, or its path in the folder or archive.
        content : bytes
            Content of the file.
        depth : int
            Number of archives around the file.
        """
        stem = table_of(Path(name)).lower()
        if stem in HIDDEN_TABLES or Path(name).name.lower() == SECRET:
            yield "the name of a hidden file"
        if (copied := self._digests.get(_digest(content))) is not None:
            yield f"a copy of hidden/{copied}"
        if any(secret in content for secret in self._secrets):
            yield "the secret or the nonce"
        if zipfile.is_zipfile(io.BytesIO(content)):
            yield from self._archive_traces(content, depth)
        elif hashlib.sha256(content).hexdigest() != self._sample:
            yield from self._table_traces(stem, content)

    def _archive_traces(self, content: bytes, depth: int) -> Iterator[str]:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if depth >= _DEEPEST or sum(m.file_size for m in archive.infolist()) > _MANY_BYTES:
                yield "an archive that is too deep or too large to check"
                return
            for member in archive.infolist():
                if not member.is_dir():
                    inside = self.traces(member.filename, archive.read(member), depth + 1)
                    yield from (f"{member.filename}: {what}" for what in inside)

    def _table_traces(self, stem: str, content: bytes) -> Iterator[str]:
        """Yield what a CSV or Parquet table has that only organizers should have."""
        header, rows = _read_table(content)
        given = {column.name for column in self._task.given.get(stem, ())}
        if wrong := [name for name in HIDDEN_COLUMNS if name in header and name not in given]:
            yield f"the column {', '.join(wrong)}"
        targets = [
            (header.index(key), header.index(name), ids)
            for key, columns in self._hidden_ids.items()
            for name, ids in columns.items()
            if key in header and name in header
        ]
        if targets and any(
            row[key] in ids and row[i] not in ("", None)
            for row in rows
            if len(row) == len(header)
            for key, i, ids in targets
        ):
            yield "labels of test declarations, or erased ones"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _ids(path: Path, key: str) -> set[str]:
    ids = set()
    for part in table_parts(path):
        header, rows = _read_table(part.read_bytes())
        place = header.index(key)
        ids |= {str(row[place]) for row in rows}
    return ids


def _read_table(content: bytes) -> tuple[list[str], Iterator[list[str | None]]]:
    """Return header and rows as text; empty if the content is no table."""
    if content[:4] == b"PAR1":
        table = pq.read_table(pa.BufferReader(content))
        columns = [[None if v is None else str(v) for v in c.to_pylist()] for c in table.columns]
        return list(table.column_names), (list(row) for row in zip(*columns, strict=True))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], iter(())
    reader = csv.reader(io.StringIO(text))
    try:
        header = next(reader, [])
    except csv.Error:
        return [], iter(())
    return header, _rows(reader)


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str | None]]:
    try:
        for row in reader:
            yield list(row)
    except csv.Error:
        return
