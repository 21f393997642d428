"""The declarations that count: at most so many of each importer, as codes."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customs_data.columns.column_set import ColumnSet, with_way_out
from customs_data.columns.extra_classes import classes_of_numbers
from customs_data.errors import InvalidDeclarationsError, KitError
from customs_data.files.declarations import parse_declarations
from customs_data.files.raw_table import RawTable
from customs_data.files.reading import read_parts
from customs_data.parallel import map_in_order, threads
from customs_data.schema import COLUMN
from customs_data.tasks import label_columns

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Codes = NDArray[np.int16] | NDArray[np.int32]

#: Columns whose values are codes of the profile, with what is kept of them.
CODED: Final = (
    "HS6 Code",
    "Country of Departure",
    "Country of Origin",
    "Tax Rate",
    "Tax Type",
    "Mode of Transport",
    "Import Type",
    "Payment Type",
    "Office ID",
    "Import Use",
    "Process Type",
    "Country of Origin Indicator",
)
_AGENTS: Final = ("Importer ID", "Declarant ID", "Courier ID")
#: Columns that are read of a source that has them all.
NEEDED: Final = ("Date", *CODED, *_AGENTS, "Seller ID", "Net Mass", "Item Price")
# Parts of a large file that are parsed at the same time.
_PARTS_AT_A_TIME: Final = 2


@dataclass(frozen=True)
class Contributions:
    """Declarations as codes.

    Attributes
    ----------
    importer : int32 array, shape (n_declarations,)
        After `bound` ascending; the numbers mean nothing.
    codes : dict of int16 or int32 array, shape (n_declarations,)
        Places in `values` of the columns in `CODED`, of fields that are given or not, of Declarant
        ID and of Courier ID (-1 for an empty cell), and of extra categories.
    values : dict of list of str
        Values of each column, in no particular order; of rates with all their digits.
    day : int32 array, shape (n_declarations,)
        Days since 1970.
    mass, price : float64 arrays, shape (n_declarations,)
        kg and KRW; 1 where the source lacks the column.
    classes : dict of int16 array, shape (n_declarations,)
        Places in `CLASSES` of extra numbers.
    """

    importer: NDArray[np.int32]
    codes: dict[str, Codes]
    values: dict[str, list[str]]
    day: NDArray[np.int32]
    mass: FloatArray
    price: FloatArray
    classes: dict[str, NDArray[np.int16]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.importer)

    def take(self, rows: IntArray | slice) -> Contributions:
        """Return some of the declarations."""
        return replace(
            self,
            importer=self.importer[rows],
            codes={name: code[rows] for name, code in self.codes.items()},
            day=self.day[rows],
            mass=self.mass[rows],
            price=self.price[rows],
            classes={name: places[rows] for name, places in self.classes.items()},
        )


def read_frames(
    paths: Iterable[Path | str], columns: ColumnSet | None = None
) -> Iterator[pd.DataFrame]:
    """Yield the declarations of files, part by part.

    Parameters
    ----------
    paths : iterable of path
    columns : ColumnSet, optional
        Absent columns, which are not read, and extra ones; none by default.

    Raises
    ------
    KitError
        If a file cannot be read or breaks the schema.
    """
    parse = partial(_parse, columns or ColumnSet())
    for path in paths:
        with threads(_PARTS_AT_A_TIME) as executor:
            yield from map_in_order(parse, read_parts(path), executor, n_ahead=_PARTS_AT_A_TIME)


def _parse(columns: ColumnSet, raw: RawTable) -> pd.DataFrame:
    needed = [COLUMN[name] for name in NEEDED if name not in columns.absent]
    needed += columns.extra_columns
    # Columns that no table needs are not parsed; unknown ones are reported.
    unneeded = {*COLUMN, *label_columns()} - {column.name for column in needed}
    kept = [i for i, name in enumerate(raw.header) if name not in unneeded]
    raw = replace(
        raw,
        header=tuple(raw.header[i] for i in kept),
        columns=tuple(raw.columns[i] for i in kept),
    )
    frame, report = parse_declarations(raw, columns=needed)
    if report:
        raise InvalidDeclarationsError(with_way_out(str(report)))
    return frame


def read_contributions(
    frames: Iterable[pd.DataFrame],
    absent: Collection[str] = (),
    extra: Mapping[str, str] | None = None,
) -> Contributions:
    """Encode declarations, part by part, without bounding them.

    Parameters
    ----------
    frames : iterable of DataFrame
        The columns `NEEDED` but absent ones, and extra ones; labels and Declaration IDs are not
        read.
    absent : collection of str
        Declared columns that the source lacks; not Importer ID.
    extra : mapping of str to {'number', 'category'}, optional
        Extra columns.

    Raises
    ------
    KitError
        If a column is missing or there are no declarations.
    """
    extra = extra or {}
    needed = [name for name in NEEDED if name not in absent] + list(extra)
    categories = [name for name, kind in extra.items() if kind == "category"]
    coded = [name for name in (*CODED, *_AGENTS, *categories) if name in needed]
    texts: dict[str, list[pa.DictionaryArray]] = {name: [] for name in coded}
    numbers: dict[str, list[NDArray[np.int16]]] = {}
    numbers |= {name: [] for name in extra if name not in categories}
    sellers, days = [], []
    masses: list[FloatArray] = []
    prices: list[FloatArray] = []
    for frame in frames:
        if missing := [name for name in needed if name not in frame]:
            raise KitError(f"Missing columns: {', '.join(missing)}.")
        for name, parts in texts.items():
            column = frame[name]
            if name == "Tax Rate":
                column = pa.array(column.to_numpy(np.float64))
            parts.append(_encode(column, name in categories))
        for name, places in numbers.items():
            places.append(classes_of_numbers(frame[name].to_numpy(np.float64)).astype(np.int16))
        if "Seller ID" in needed:
            sellers.append(frame["Seller ID"].notna().to_numpy(bool))
        days.append(frame["Date"].to_numpy().astype("datetime64[D]").astype(np.int32))
        masses.append(_number(frame, "Net Mass", needed))
        prices.append(_number(frame, "Item Price", needed))
    if not sum(map(len, days)):
        raise KitError("There are no declarations to count.")
    codes: dict[str, Codes] = {}
    values: dict[str, list[str]] = {}
    for name in list(texts):
        codes[name], values[name] = _unite(texts.pop(name), name)
    given = {"Courier Given": codes["Courier ID"] >= 0} if "Courier ID" in codes else {}
    if sellers:
        given["Seller Given"] = np.concatenate(sellers)
    for name, is_given in given.items():
        codes[name], values[name] = is_given.astype(np.int16), ["0", "1"]
    importer = codes.pop("Importer ID").astype(np.int32)
    values = {name: of for name, of in values.items() if name not in _AGENTS}
    day = np.concatenate(days)
    mass, price = (np.concatenate(parts) for parts in (masses, prices))
    classes = {name: np.concatenate(of_parts) for name, of_parts in numbers.items()}
    return Contributions(importer, codes, values, day, mass, price, classes)


def _number(frame: pd.DataFrame, name: str, needed: Collection[str]) -> FloatArray:
    return frame[name].to_numpy(np.float64) if name in needed else np.ones(len(frame))


def _encode(column: Any, is_extra: bool) -> pa.DictionaryArray:
    """Return codes of texts or rates; an empty cell of an extra column is a value as others."""
    array = pa.array(column, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if not pa.types.is_floating(array.type):
        array = pc.cast(array, pa.large_string())
    if is_extra:
        array = pc.fill_null(array, "")
    return pc.dictionary_encode(array)


def _unite(parts: list[pa.DictionaryArray], name: str) -> tuple[Codes, list[str]]:
    """Return the codes of all parts, in few bytes, and the values they stand for."""
    united = pa.chunked_array(parts).unify_dictionaries()
    dictionary = united.chunk(0).dictionary
    few = np.int16 if len(dictionary) <= np.iinfo(np.int16).max else np.int32
    codes = [
        pc.fill_null(part.indices, -1).to_numpy().astype(few, copy=False) for part in united.chunks
    ]
    if name in _AGENTS:
        return np.concatenate(codes), []
    values = dictionary.to_pylist()
    return np.concatenate(codes), [repr(x) if isinstance(x, float) else x for x in values]


def bound(contributions: Contributions, most: int) -> Contributions:
    """Keep at most so many declarations of each importer, chosen at random.

    The choice among one importer's declarations is independent of all others: another importer
    more or less changes no choice's distribution.
    """
    rng = np.random.default_rng(secrets.randbits(128))
    importer = contributions.importer
    ticket = rng.random(len(importer), dtype=np.float32)
    order = np.lexsort((ticket, importer))
    ordered = importer[order]
    is_first = np.append(True, ordered[1:] != ordered[:-1])
    starts = np.flatnonzero(is_first)
    place = np.arange(len(ordered)) - starts[np.cumsum(is_first) - 1]
    return contributions.take(order[place < most])
