"""Paperwork: drafts as the declared columns of a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customs_data.profile import Profile
from customs_data.world.calendar.months import Calendar
from customs_data.world.cheating import Outcome
from customs_data.world.configuration import Trade
from customs_data.world.draft import Draft
from customs_data.world.drawing.arithmetic import exponential
from customs_data.world.drawing.identifiers import issue_texts
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.honest_trade import Population
from customs_data.world.market import Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LOWEST_DECADE, _HIGHEST_DECADE = -1, 7
_ID_LENGTH, _COURIER_LENGTH = 7, 6  # characters, as in the release
_FEW_TEXTS = 1000  # a dictionary is written with every part of a column
_TENTHS_SHARE = 0.55  # share of prices with one decimal among those that are not whole; release

_FILING_COLUMNS = {
    "Office ID": "office",
    "Process Type": "process",
    "Import Type": "import_type",
    "Import Use": "import_use",
    "Payment Type": "payment",
    "Mode of Transport": "mode",
    "Country of Origin Indicator": "indicator",
}


@dataclass(frozen=True)
class Text:
    """Column of text, as codes.

    Attributes
    ----------
    code : integer array, shape (n,)
        Index into `values`; -1 = missing.
    values : StringArray, shape (n_values,)
        Texts, shared by all parts of a column.
    length : int
        Bytes of each text; 0 if they differ.
    """

    code: NDArray[np.integer[Any]]
    values: pa.StringArray
    length: int = 0

    def to_arrow(self) -> pa.StringArray:
        """Return the texts, shape (n,), missing ones as null."""
        if not self.length:
            return pc.take(self.values, self._indices())
        # A long list of identifiers does not fit into the cache: without their offsets, which are
        # known, it is read once for each row, not three times.
        present = self.code >= 0
        n_missing = len(present) - int(np.count_nonzero(present))
        n_texts = self.values.offset + len(self.values)
        texts = np.frombuffer(self.values.buffers()[2], dtype=f"V{self.length}", count=n_texts)
        content = texts[self.values.offset :].take(self.code[present] if n_missing else self.code)
        ends = np.zeros(len(present) + 1, dtype=np.int32)
        np.cumsum(present, out=ends[1:])
        ends *= self.length
        valid = pa.py_buffer(np.packbits(present, bitorder="little")) if n_missing else None
        return pa.StringArray.from_buffers(
            len(present), pa.py_buffer(ends), pa.py_buffer(content), valid, n_missing
        )

    def to_dictionary(self) -> pa.DictionaryArray:
        """Return the texts as codes of all values, shape (n,), missing ones as null."""
        return pa.DictionaryArray.from_arrays(self._indices(), self.values)

    def _indices(self) -> pa.Array:
        missing = self.code < 0
        return pa.array(self.code, mask=missing if missing.any() else None)


Column = Text | NDArray[Any]
Columns = dict[str, Column]


def join_rows(parts: list[Columns], rows: IntArray) -> Columns:
    """Concatenate parts of a table and return some rows, in the order given.

    Empties the parts column by column, so that the table is in memory only once.
    """
    joined: Columns = {}
    for name in list(parts[0]):
        pieces = [part.pop(name) for part in parts]
        arrays = [piece.code if isinstance(piece, Text) else piece for piece in pieces]
        column = (np.concatenate(arrays) if len(arrays) > 1 else arrays[0])[rows]
        first = pieces[0]
        joined[name] = replace(first, code=column) if isinstance(first, Text) else column
    return joined


def take_rows(columns: Columns, start: int, stop: int) -> Columns:
    """Return the rows ``start .. stop - 1`` as views."""
    return {
        name: replace(column, code=column.code[start:stop])
        if isinstance(column, Text)
        else column[start:stop]
        for name, column in columns.items()
    }


def to_table(columns: Columns, order: tuple[str, ...]) -> pa.Table:
    """Return columns as an Arrow table; columns of few texts as dictionaries."""
    arrays = []
    for name in order:
        column = columns[name]
        if not isinstance(column, Text):
            arrays.append(pa.array(column))
        elif len(column.values) <= _FEW_TEXTS:
            arrays.append(column.to_dictionary())
        else:
            arrays.append(column.to_arrow())
    return pa.table(arrays, names=list(order))


@dataclass(frozen=True)
class Names:
    """Identifiers of the agents."""

    importer: pa.StringArray
    declarant: pa.StringArray
    seller: pa.StringArray
    courier: pa.StringArray


def name_agents(population: Population, streams: Streams) -> Names:
    """Draw identifiers of seven characters, six for couriers, as in the release."""
    return Names(
        issue_texts("importer", len(population.importers), _ID_LENGTH, streams),
        issue_texts("declarant", len(population.declarants), _ID_LENGTH, streams),
        issue_texts("seller", len(population.seller_log_odds), _ID_LENGTH, streams),
        issue_texts("courier", len(population.courier_weight), _COURIER_LENGTH, streams),
    )


def order_of_ids(ids: pa.StringArray) -> IntArray:
    """Return the alphabetical order of identifiers of importers, shape (n,).

    Read as numbers, their bytes are sorted five times as fast as texts.
    """
    content = np.frombuffer(ids.buffers()[2], dtype=np.uint8, count=len(ids) * _ID_LENGTH)
    number = np.zeros((len(ids), 8), dtype=np.uint8)
    number[:, :_ID_LENGTH] = content.reshape(len(ids), _ID_LENGTH)
    return np.argsort(number.view(">u8").reshape(-1).astype(np.uint64)).astype(np.int64)


def declared_columns(
    trade: Trade,
    profile: Profile,
    market: Market,
    names: Names,
    calendar: Calendar,
    draft: Draft,
    outcome: Outcome,
    streams: Streams,
) -> Columns:
    """Return the columns of a draft as declared, without Declaration ID.

    The rounding of mass and price depends only on their size, so that decimals do not reveal the
    label.
    """
    u = streams.uniform("row/form", draft.start, draft.start + len(draft), 4)
    mass = np.clip(exponential(draft.log_mass), *trade.mass_range)
    price = np.clip(exponential(draft.log_price), *trade.price_range)
    tenths = np.where(u[:, 2] < _TENTHS_SHARE, 10.0, 100.0)
    filing = market.filing
    columns: Columns = {"Date": calendar.date(draft.day)}
    for column, name in _FILING_COLUMNS.items():
        columns[column] = Text(draft.filing[name].astype(np.int16), filing.texts[name])
    countries = market.country_texts
    columns |= {
        "Declarant ID": Text(draft.declarant, names.declarant, _ID_LENGTH),
        "Importer ID": Text(draft.importer, names.importer, _ID_LENGTH),
        "Seller ID": Text(draft.seller.astype(np.int32), names.seller, _ID_LENGTH),
        "Courier ID": Text(draft.courier.astype(np.int16), names.courier, _COURIER_LENGTH),
        "HS6 Code": Text(draft.hs6.astype(np.int16), market.hs6_texts),
        "Country of Departure": Text(draft.departure.astype(np.int16), countries),
        "Country of Origin": Text(draft.origin.astype(np.int16), countries),
        "Tax Rate": draft.rate,
        "Tax Type": Text(draft.tax_type.astype(np.int16), market.tax_type_texts),
        "Net Mass": _round(mass, u[:, 0], profile.whole_share["mass"], np.full(len(u), 10.0)),
        "Item Price": _round(price, u[:, 1], profile.whole_share["price"], tenths),
        "Fraud": outcome.fraud,
        "Critical Fraud": outcome.critical,
    }
    return columns


def true_columns(market: Market, draft: Draft, outcome: Outcome, columns: Columns) -> Columns:
    """Return what an honest declaration of the same goods would say, and the duty evaded (KRW).

    Parameters
    ----------
    columns : dict
        Declared columns of the draft (see `declared_columns`). Honest declarations are true as
        they stand, those that look like a scheme, too.
    """
    cheats = np.flatnonzero(outcome.scheme >= 0)
    cell = draft.cell[cheats]
    mass, declared = _numbers(columns["Net Mass"]), _numbers(columns["Item Price"])
    true_mass, price, rate = mass.copy(), declared.copy(), draft.rate.copy()
    true_mass[cheats] = _true_value(mass[cheats], outcome.hidden_log_mass[cheats])
    price[cheats] = _true_value(declared[cheats], outcome.hidden_log_price[cheats])
    rate[cheats] = market.rate[cell]
    evaded = np.zeros(len(draft))
    duty = price[cheats] * rate[cheats] - declared[cheats] * draft.rate[cheats]
    evaded[cheats] = np.maximum(np.rint(duty) / 100.0, 0.0)
    hs6, origin = draft.hs6.astype(np.int16), draft.origin.astype(np.int16)
    hs6[cheats], origin[cheats] = market.hs6[cell], market.origin[cell]
    return {
        "Duty Evaded": evaded,
        "True HS6 Code": Text(hs6, market.hs6_texts),
        "True Country of Origin": Text(origin, market.country_texts),
        "True Tax Rate": rate,
        "True Net Mass": true_mass,
        "True Item Price": price,
    }


def _true_value(declared: FloatArray, hidden: FloatArray) -> FloatArray:
    """Return the honest value, to the hundredth: `hidden` is ln(honest / declared)."""
    honest = np.rint(declared * exponential(hidden) * 100.0) / 100.0
    return np.where(hidden == 0.0, declared, honest)


def _numbers(column: Column) -> FloatArray:
    assert isinstance(column, np.ndarray)
    return column


def _round(
    value: FloatArray, u: FloatArray, whole_share: dict[str, float], steps: FloatArray
) -> FloatArray:
    """Round to whole numbers, as often as the value's decade does, or else to 1 / steps."""
    edges = np.array([float(10**n) for n in range(_LOWEST_DECADE + 1, _HIGHEST_DECADE + 1)])
    shares = np.array([whole_share[str(n)] for n in range(_LOWEST_DECADE, _HIGHEST_DECADE + 1)])
    is_whole = (u < shares[np.searchsorted(edges, value, side="right")]) & (value >= 1.0)
    fine = np.maximum(np.rint(value * steps), 1.0) / steps
    return np.where(is_whole, np.rint(value), fine)
