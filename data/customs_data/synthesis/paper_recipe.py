"""The authors' own recipe, faults included, for comparison only.

Product, route, tariff, *net mass and labels* are one category, which CTGAN can only repeat. Five
code columns are treated as numbers; which five is our interpretation. Traders are independent
categories. The result is a look-up table with random traders.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from customs_data.schema import CODE_COLUMNS, ENTITY_COLUMNS, LABEL_COLUMNS
from customs_data.synthesis.encoding.codec import Codec
from customs_data.synthesis.encoding.goods import GOODS_COLUMNS, HS10
from customs_data.synthesis.models.gan import train
from customs_data.synthesis.parts import cut_source
from customs_data.synthesis.settings import Settings
from customs_data.synthesis.traders.identity import issue_ids

#: Shown when this recipe is run.
WARNING: Final = (
    "The paper's recipe joins mass and labels with the goods and treats codes as numbers: its rows "
    "can be looked up in the source, and its traders have no histories. Use it to compare only."
)
#: Codes treated as numbers: five in the authors' recipe, these in our interpretation.
NUMBER_LIKE: Final = (
    "Office ID",
    "Import Type",
    "Import Use",
    "Payment Type",
    "Mode of Transport",
)
_EPOCHS: Final = 300
_JOINED: Final = "Aggregated"
_MISSING: Final = "nothing"
_NOT_JOINED: Final = tuple(n for n in CODE_COLUMNS if n not in (*GOODS_COLUMNS, *NUMBER_LIKE))


def synthesize_as_published(source: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Fit CTGAN to the joined table of each chronological part, and draw from it.

    Returns
    -------
    DataFrame
        The schema's columns without Declaration ID.
    """
    rng = np.random.default_rng([settings.seed, 0])
    source = source.sort_values("Date", kind="stable", ignore_index=True)
    codec = Codec.of(source, price_noise=settings.price_noise, rng=rng)
    n_rows = len(source) if settings.rows is None else settings.rows
    drawn = [
        _draw(part, n, settings, codec)
        for part, n in cut_source(source, settings.splits, n_rows)
        if n
    ]
    rows = pd.concat(drawn, ignore_index=True)
    for name in ENTITY_COLUMNS:
        code = pd.factorize(rows[name].where(rows[name] != _MISSING))[0].astype(np.int64)
        rows[name] = issue_ids(name, code, rng)
    return rows


def _draw(part: pd.DataFrame, n_rows: int, settings: Settings, codec: Codec) -> pd.DataFrame:
    """Fit and draw one part."""
    product = HS10 if HS10 in part else GOODS_COLUMNS[0]
    joined = [product, *GOODS_COLUMNS[1:], "Net Mass", *LABEL_COLUMNS]
    key = part.groupby(joined, sort=False).ngroup()
    first = part.drop_duplicates(joined).reset_index(drop=True)
    table = pd.DataFrame({_JOINED: key.astype(str)})
    table["Date"] = (part["Date"] - part["Date"].min()).dt.days.astype(float)
    for name in NUMBER_LIKE:
        # Codes with letters cannot be numbers.
        number = pd.to_numeric(part[name], errors="coerce")
        table[name] = number.astype(float) if number.notna().all() else part[name]
    for name in (*_NOT_JOINED, *ENTITY_COLUMNS):
        table[name] = part[name].astype(object).fillna(_MISSING)
    discrete = [str(n) for n in table if not pd.api.types.is_float_dtype(table[n])]
    network = train("CTGAN", table, discrete, settings.epochs or _EPOCHS, settings.seed)
    drawn = network.sample(n_rows).reset_index(drop=True)
    emitted = first.iloc[drawn[_JOINED].astype(int)].reset_index(drop=True)
    rows: pd.DataFrame = emitted[[*GOODS_COLUMNS, "Net Mass", *LABEL_COLUMNS]].copy()
    unit = codec.prices.issued[codec.goods.product[codec.goods.encode(emitted)]]
    rows["Item Price"] = np.round(rows["Net Mass"].to_numpy() * unit, codec.price_decimals)
    last = (part["Date"].max() - part["Date"].min()).days
    day = drawn["Date"].round().clip(0, last)
    rows["Date"] = part["Date"].min() + pd.to_timedelta(day, unit="D")
    for name in NUMBER_LIKE:
        rows[name] = _as_codes(drawn[name], part[name])
    for name in (*_NOT_JOINED, *ENTITY_COLUMNS):
        rows[name] = drawn[name]
    return rows


def _as_codes(drawn: pd.Series, known: pd.Series) -> pd.Series:
    """Replace numbers by the nearest code of the source; text stays."""
    if not pd.api.types.is_float_dtype(drawn):
        return drawn
    codes = known.drop_duplicates()
    number = codes.astype(float).to_numpy()
    order = np.argsort(number)
    middle = (number[order][1:] + number[order][:-1]) / 2
    return pd.Series(codes.to_numpy(object)[order][np.searchsorted(middle, drawn.to_numpy())])
