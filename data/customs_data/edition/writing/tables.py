"""The files of an edition's tables: written here, or in other processes and then put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Literal

import pyarrow as pa

from customs_data.edition.layout import HIDDEN_TABLES, SAMPLE, Layout
from customs_data.edition.manifest import FileRecord, PartRecord
from customs_data.files.canonical_csv import line_chunks
from customs_data.files.table_parts import joint_sha256, part_name
from customs_data.files.writing import FileFormat, TableWriter
from customs_data.parallel import SPAN

#: A file per table, or a folder of Parquet files per table (`customs_data.files.table_parts`).
EditionFormat = Literal["csv", "parquet", "parts"]

_CHUNK_BYTES = 1 << 20


def folder_of(layout: Layout, table: str) -> Path:
    """Return the folder of a table: hidden/ or public/."""
    return layout.hidden if table in HIDDEN_TABLES else layout.public


@dataclass(frozen=True)
class Aside:
    """Rows that another process wrote, for a table of one file.

    Attributes
    ----------
    names : list of str
        Columns.
    n_rows : int
    path : path
        Their canonical CSV without the header line; where the table is Parquet, there is an Arrow
        file of the same name beside it.
    """

    names: list[str]
    n_rows: int
    path: Path

    @property
    def arrow(self) -> Path:
        """Path of the Arrow file."""
        return self.path.with_suffix(".arrow")

    def lines(self) -> Iterator[bytes]:
        """Yield the content of the CSV file."""
        with self.path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk

    def discard(self) -> None:
        """Remove the files."""
        self.path.unlink()
        self.arrow.unlink(missing_ok=True)


class PartTables:
    """Tables as the process writes them that makes the rows.

    Parameters
    ----------
    layout : Layout
        The edition's folders.
    aside : path
        Folder for rows of tables of one file.
    file_format : {'csv', 'parquet', 'parts'}
    number : int
        Number of the part among all of the edition.

    Attributes
    ----------
    parts : dict of str to PartRecord
        Parts that were written, by table.
    aside : dict of str to Aside
        Rows for tables of one file, by table.
    """

    def __init__(
        self, layout: Layout, aside: Path, file_format: EditionFormat, number: int
    ) -> None:
        self.parts: dict[str, PartRecord] = {}
        self.aside: dict[str, Aside] = {}
        self._layout = layout
        self._folder = aside
        self._format = file_format
        self._number = number

    def write(self, name: str, table: pa.Table, place: int) -> None:
        """Write the rows of a table; `place` is the number of its part, from 1."""
        if self._format == "parts" and name != SAMPLE:
            folder = folder_of(self._layout, name) / name
            folder.mkdir(exist_ok=True)
            with (
                self._new_file(folder / part_name(place)) as path,
                TableWriter(path, "parquet") as writer,
            ):
                writer.write(table)
            self.parts[name] = PartRecord(writer.n_rows, writer.sha256)
            return
        rows = Aside(
            table.column_names, table.num_rows, self._folder / f"{name}-{self._number}.csv"
        )
        with self._new_file(rows.path) as path, path.open("wb") as stream:
            stream.writelines(line_chunks(table))
        if self._format == "parquet" and name != SAMPLE:
            with self._new_file(rows.arrow) as path, pa.ipc.new_file(path, table.schema) as arrow:
                arrow.write_table(table, max_chunksize=SPAN)
        self.aside[name] = rows

    @contextmanager
    def _new_file(self, path: Path) -> Iterator[Path]:
        """Write a file under a temporary name, for a cluster may make rows twice at a time."""
        scratch = self._folder / f"{token_hex(8)}{path.suffix}"
        yield scratch
        scratch.replace(path)


@dataclass
class EditionTables:
    """All tables of an edition.

    Attributes
    ----------
    layout : Layout
    file_format : {'csv', 'parquet', 'parts'}
    """

    layout: Layout
    file_format: EditionFormat
    _stack: ExitStack = field(default_factory=ExitStack)
    _writers: dict[str, TableWriter] = field(default_factory=dict)
    _parts: dict[str, list[PartRecord]] = field(default_factory=dict)

    def __enter__(self) -> EditionTables:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def write(self, name: str, table: pa.Table) -> None:
        """Append rows to a table of one file."""
        self._writer(name).write(table)

    def append(self, parts: Mapping[str, PartRecord], aside: Mapping[str, Aside]) -> None:
        """Add what `PartTables` has written."""
        for name, part in parts.items():
            self._parts.setdefault(name, []).append(part)
        for name, rows in aside.items():
            writer = self._writer(name)
            if rows.arrow.exists():
                with pa.memory_map(str(rows.arrow)) as stream:
                    table = pa.ipc.open_file(stream).read_all()
                    writer.append(rows.names, rows.n_rows, rows.lines(), table)
                    del table
            else:
                writer.append(rows.names, rows.n_rows, rows.lines(), None)
            rows.discard()

    def _writer(self, name: str) -> TableWriter:
        if name not in self._writers:
            # Teams submit CSV, so the sample is CSV in every edition. Where tables are in parts,
            # those that are not made part by part are small.
            single: FileFormat = "parquet" if self.file_format == "parts" else self.file_format
            chosen: FileFormat = "csv" if name == SAMPLE else single
            writer = TableWriter(folder_of(self.layout, name) / name, chosen)
            self._writers[name] = self._stack.enter_context(writer)
        return self._writers[name]

    def among(self, names: tuple[str, ...]) -> list[str]:
        """Return those of some tables that were written."""
        return [name for name in names if name in self._writers or name in self._parts]

    def record(self, name: str) -> FileRecord:
        """Return the number of rows and the SHA-256 of a table."""
        if name in self._writers:
            return FileRecord(self._writers[name].n_rows, self._writers[name].sha256)
        parts = tuple(self._parts[name])
        digest = joint_sha256(part.sha256 for part in parts)
        return FileRecord(sum(part.rows for part in parts), digest, parts)
