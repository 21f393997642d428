"""Frames stored in a file and mapped into memory, for the declarations of a nation.

The operating system keeps as much of the file in memory as there is room for. Several processes
share this memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.ipc

from customs_data.schema import COLUMN, TEXT_DTYPE
from customs_data.temporary import scratch_folder


def save_frame(frames: Iterable[pd.DataFrame], path: Path) -> None:
    """Write frames to one file, one after the other, in Arrow's file format."""
    writer: pyarrow.ipc.RecordBatchFileWriter | None = None
    with path.open("wb") as stream:
        for frame in frames:
            table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
            if writer is None:
                writer = pyarrow.ipc.new_file(stream, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()


def map_frame(path: Path) -> pd.DataFrame:
    """Map a file written by `save_frame`, with the types of the schema; text is not copied."""
    with pa.memory_map(str(path)) as source:
        table = pyarrow.ipc.open_file(source).read_all()
    return frame_of(table)


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table of declarations as a frame with the types of the schema.

    Text is not copied. Text that comes as a dictionary stays one: with Parquet's `read_dictionary`,
    cells are numbers of their values, which a `Codebook` takes over without comparing any text.

    Parameters
    ----------
    table : pyarrow.Table
        Columns as an edition's Parquet files have them. Cells of labels must not be empty.

    Examples
    --------
    >>> offices = pa.array(["13", "21", "13"]).dictionary_encode()
    >>> frame_of(pa.table({"Office ID": offices})).dtypes.tolist()
    [dictionary<values=string, indices=int32, ordered=0>[pyarrow]]
    """
    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_large_string(column.type) or pa.types.is_string(column.type):
            columns[name] = pd.array(column, dtype=TEXT_DTYPE)
        elif pa.types.is_dictionary(column.type):
            columns[name] = pd.array(column, dtype=pd.ArrowDtype(column.type))
        else:
            # Columns of a task or an office are not in the schema.
            kind = COLUMN[name].dtype if name in COLUMN else column.type.to_pandas_dtype()
            columns[name] = column.to_numpy().astype(kind, copy=False)
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows), copy=False)


def map_frames(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Write frames to a temporary file, one after the other, and map it.

    The name of the file is removed at once; its disk space is freed with the last reference.
    """
    with scratch_folder() as folder:
        path = folder / "frame.arrow"
        save_frame(frames, path)
        return map_frame(path)
