"""Declarations in the codes of the profile, as anyone can read them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from customs_baselines.likelihood.book import encode
from customs_data.columns.column_set import declared_number
from customs_data.world.draft import Draft
from customs_data.world.market import Market

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_SMALLEST = 1e-3  # kg and KRW
_COUNTRIES = ("Country of Departure", "Country of Origin")
# What the mark of origin depends on, and the mark.
_FILING = {"mode": "Mode of Transport", "indicator": "Country of Origin Indicator"}


def read_draft(declarations: pd.DataFrame, market: Market) -> tuple[Draft, BoolArray]:
    """Return the declarations that the profile could have made, and which these are.

    Parameters
    ----------
    declarations : DataFrame, shape (n, 20)
        Declared columns.
    market : Market

    Returns
    -------
    draft : Draft
        Of m declarations; their true goods, clusters and sellers are unknown: -1.
    is_known : bool array, shape (n,)
        False where goods, countries, tax type, rate or mark do not occur in the profile.
    """
    filing = market.filing
    courier = declarations["Courier ID"].notna().astype(np.int64).astype(str)
    codes = {
        "hs6": _places(market.hs6_code, declarations["HS6 Code"]),
        "tax_type": _places(market.tax_type_code, declarations["Tax Type"]),
        "courier_given": _places(filing.codes["courier_given"], courier),
    }
    for column in _COUNTRIES:
        codes[column] = _places(market.country_code, declarations[column])
    for name, column in _FILING.items():
        codes[name] = _places(filing.codes[name], declarations[column])
    rate = declared_number(declarations, "Tax Rate")
    is_known = np.isin(rate, market.rate)
    for code in codes.values():
        is_known &= code >= 0
    known = np.flatnonzero(is_known)
    chosen = {name: code[known] for name, code in codes.items()}
    day = declarations["Date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    nothing = np.full(len(known), -1, dtype=np.int64)
    log = {
        column: np.log(np.maximum(declared_number(declarations, column), _SMALLEST))
        for column in ("Net Mass", "Item Price")
    }
    draft = Draft(
        start=0,
        day=day[known],
        importer=encode(declarations["Importer ID"])[known].astype(np.int32),
        declarant=encode(declarations["Declarant ID"])[known].astype(np.int32),
        seller=nothing,
        courier=nothing,
        filing={name: chosen[name] for name in ("mode", "courier_given", "indicator")},
        cell=nothing,
        hs6=chosen["hs6"],
        departure=chosen["Country of Departure"],
        origin=chosen["Country of Origin"],
        tax_type=chosen["tax_type"],
        rate=rate[known],
        log_mass=log["Net Mass"][known],
        log_price=log["Item Price"][known],
        cluster=nothing.astype(np.int32),
    )
    return draft, np.asarray(is_known)


def _places(values: NDArray[np.object_], column: pd.Series) -> IntArray:
    """Return the place of each code in the list of codes, -1 if it is not there; shape (n,)."""
    return np.asarray(pd.Index(values).get_indexer(pd.Index(column.astype(object))), dtype=np.int64)
