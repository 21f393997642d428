"""The declarations that count: at most so many of each importer, as codes."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customs_data.errors import InvalidDeclarationsError, KitError
from customs_data.files.declarations import parse_declarations
from customs_data.files.raw_table import RawTable
from customs_data.files.reading import read_parts
from customs_data.parallel import map_in_order, threads
from customs_data.schema import COLUMN

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
#: Yes-or-no fields of the profile, and the columns they are made from.
GIVEN: Final = {"Courier Given": "Courier ID", "Seller Given": "Seller ID"}
_AGENTS: Final = ("Importer ID", "Declarant ID", "Courier ID")
#: Columns that are read.
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
        Places in `values` of the columns in `CODED` and `GIVEN`, of Declarant ID and of Courier ID
        (-1 for an empty cell).
    values : dict of list of str
        Values of each column, in no particular order; of rates with all their digits.
    day : int32 array, shape (n_declarations,)
        Days since 1970.
    mass, price : float64 arrays, shape (n_declarations,)
        kg and KRW.
    """

    importer: NDArray[np.int32]
    codes: dict[str, Codes]
    values: dict[str, list[str]]
    day: NDArray[np.int32]
    mass: FloatArray
    price: FloatArray

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
        )


def read_frames(paths: Iterable[Path | str]) -> Iterator[pd.DataFrame]:
    """Yield the declarations of files, part by part.

    Raises
    ------
    KitError
        If a file cannot be read or breaks the schema.
    """
    for path in paths:
        with threads(_PARTS_AT_A_TIME) as executor:
            yield from map_in_order(_parse, read_parts(path), executor, n_ahead=_PARTS_AT_A_TIME)


def _parse(raw: RawTable) -> pd.DataFrame:
    # Columns of the schema that no table needs are not parsed; unknown ones are reported.
    kept = [i for i, name in enumerate(raw.header) if name in NEEDED or name not in COLUMN]
    raw = replace(
        raw,
        header=tuple(raw.header[i] for i in kept),
        columns=tuple(raw.columns[i] for i in kept),
    )
    frame, report = parse_declarations(raw, columns=NEEDED)
    if report:
        raise InvalidDeclarationsError(str(report))
    return frame


def read_contributions(frames: Iterable[pd.DataFrame]) -> Contributions:
    """Encode declarations, part by part, without bounding them.

    Parameters
    ----------
    frames : iterable of DataFrame
        The columns `NEEDED`; labels and Declaration IDs are not read.

    Raises
    ------
    KitError
        If a column is missing or there are no declarations.
    """
    texts: dict[str, list[pa.DictionaryArray]] = {name: [] for name in (*CODED, *_AGENTS)}
    sellers, days, masses, prices = [], [], [], []
    for frame in frames:
        if absent := [name for name in NEEDED if name not in frame]:
            raise KitError(f"Missing columns: {', '.join(absent)}.")
        for name, parts in texts.items():
            column = frame[name]
            if name == "Tax Rate":
                column = pa.array(column.to_numpy(np.float64))
            parts.append(_encode(column))
        sellers.append(frame["Seller ID"].notna().to_numpy(bool))
        days.append(frame["Date"].to_numpy().astype("datetime64[D]").astype(np.int32))
        masses.append(frame["Net Mass"].to_numpy(np.float64))
        prices.append(frame["Item Price"].to_numpy(np.float64))
    if not sum(map(len, days)):
        raise KitError("There are no declarations to count.")
    codes: dict[str, Codes] = {}
    values: dict[str, list[str]] = {}
    for name in list(texts):
        codes[name], values[name] = _unite(texts.pop(name), name)
    for name, given in (
        ("Courier Given", codes["Courier ID"] >= 0),
        ("Seller Given", np.concatenate(sellers)),
    ):
        codes[name], values[name] = given.astype(np.int16), ["0", "1"]
    importer = codes.pop("Importer ID").astype(np.int32)
    values = {name: of for name, of in values.items() if name not in _AGENTS}
    day, mass, price = (np.concatenate(parts) for parts in (days, masses, prices))
    return Contributions(importer, codes, values, day, mass, price)


def _encode(column: Any) -> pa.DictionaryArray:
    array = pa.array(column, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if not pa.types.is_floating(array.type):
        array = pc.cast(array, pa.large_string())
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
