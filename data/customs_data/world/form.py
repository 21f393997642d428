"""Numbers as a form shows them, and drafts as tables of text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from customs_data.profile import Profile
from customs_data.world.arithmetic import exponential
from customs_data.world.calendar import Calendar
from customs_data.world.composition import Population
from customs_data.world.configuration import Trade
from customs_data.world.draft import Draft
from customs_data.world.identifiers import issue_texts
from customs_data.world.labels import Verdict
from customs_data.world.market import Market
from customs_data.world.streams import Streams

FloatArray = NDArray[np.float64]

_LOWEST_DECADE, _HIGHEST_DECADE = -1, 7
_TENTHS_SHARE = 0.55  # share of one decimal among prices that are not whole; release

# pandas 3 calls this "str"; spelled out, 2.3 makes the same, and None stays a missing cell.
_TEXT = pd.StringDtype(na_value=np.nan)

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
class Names:
    """Identifiers of the agents, object arrays."""

    importer: NDArray[np.object_]
    declarant: NDArray[np.object_]
    seller: NDArray[np.object_]
    courier: NDArray[np.object_]


def name_agents(population: Population, streams: Streams) -> Names:
    """Issue the identifiers: seven characters, six for couriers, as in the release."""
    return Names(
        issue_texts("importer", len(population.importers), 7, streams),
        issue_texts("declarant", len(population.declarants), 7, streams),
        issue_texts("seller", len(population.seller_log_odds), 7, streams),
        issue_texts("courier", len(population.courier_weight), 6, streams),
    )


def write_form(
    trade: Trade,
    profile: Profile,
    market: Market,
    names: Names,
    calendar: Calendar,
    draft: Draft,
    verdict: Verdict,
    streams: Streams,
) -> dict[str, NDArray[np.generic]]:
    """Columns of a draft as the form shows them, without Declaration ID.

    Mass and price are rounded by a draw that knows their size and nothing else: how many decimals
    a form shows must not depend on the label.
    """
    u = streams.uniform("row/form", draft.start, draft.start + len(draft), 4)
    mass = np.clip(exponential(draft.log_mass), *trade.mass_range)
    price = np.clip(exponential(draft.log_price), *trade.price_range)
    tenths = np.where(u[:, 2] < _TENTHS_SHARE, 10.0, 100.0)
    filing = market.filing
    columns: dict[str, NDArray[np.generic]] = {"Date": calendar.date(draft.day)}
    for column, name in _FILING_COLUMNS.items():
        columns[column] = filing.codes[name][draft.filing[name]]
    columns |= {
        "Declarant ID": names.declarant[draft.declarant],
        "Importer ID": names.importer[draft.importer],
        "Seller ID": _name_or_missing(names.seller, draft.seller),
        "Courier ID": _name_or_missing(names.courier, draft.courier),
        "HS6 Code": market.hs6_code[draft.hs6],
        "Country of Departure": market.country_code[draft.departure],
        "Country of Origin": market.country_code[draft.origin],
        "Tax Rate": draft.rate,
        "Tax Type": market.tax_type_code[draft.tax_type],
        "Net Mass": _round(mass, u[:, 0], profile.whole_share["mass"], np.full(len(u), 10.0)),
        "Item Price": _round(price, u[:, 1], profile.whole_share["price"], tenths),
        "Fraud": verdict.fraud,
        "Critical Fraud": verdict.critical,
    }
    return columns


def to_frame(columns: dict[str, NDArray[np.generic]], order: tuple[str, ...]) -> pd.DataFrame:
    """Columns as a DataFrame with text as str, missing cells as missing."""
    return pd.DataFrame(
        {
            name: pd.array(columns[name], dtype=_TEXT)
            if columns[name].dtype == object
            else columns[name]
            for name in order
        }
    )


def _name_or_missing(names: NDArray[np.object_], number: NDArray[np.int64]) -> NDArray[np.object_]:
    """Identifiers, None where the number is -1."""
    extended = np.empty(len(names) + 1, dtype=object)
    extended[:-1] = names
    return np.asarray(extended[number], dtype=object)


def _round(
    value: FloatArray, u: FloatArray, whole_share: dict[str, float], steps: FloatArray
) -> FloatArray:
    """Round to whole numbers with the share of the value's decade, else to 1 / steps."""
    edges = np.array([float(10**n) for n in range(_LOWEST_DECADE + 1, _HIGHEST_DECADE + 1)])
    shares = np.array([whole_share[str(n)] for n in range(_LOWEST_DECADE, _HIGHEST_DECADE + 1)])
    is_whole = (u < shares[np.searchsorted(edges, value, side="right")]) & (value >= 1.0)
    fine = np.maximum(np.rint(value * steps), 1.0) / steps
    return np.where(is_whole, np.rint(value), fine)
