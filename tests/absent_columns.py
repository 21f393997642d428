"""Editions that lack columns and have extra ones, made up for tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from customs_data.columns.column_set import REQUIRED, ColumnSet
from customs_data.edition.importing import import_edition
from customs_data.edition.loading import Edition, load_edition
from customs_data.schema import COLUMN, DECLARED_COLUMNS, TEXT_DTYPE
from made_up import make_sample

EXTRA = {"Gross Mass": "number", "Channel": "category"}
#: What may be absent beside a trader and a number, by the two that are there.
LEAST = {
    kept: tuple(name for name in DECLARED_COLUMNS if name not in (*REQUIRED, *kept))
    for kept in (("Importer ID", "Item Price"), ("Seller ID", "Net Mass"))
}


def lacking(frame: pd.DataFrame, absent: Iterable[str]) -> pd.DataFrame:
    """Return declarations with some columns empty in every row."""
    empty = {name: pd.Series(np.nan, frame.index).astype(COLUMN[name].dtype) for name in absent}
    return frame.assign(**empty)


def with_extra(frame: pd.DataFrame) -> pd.DataFrame:
    """Return declarations with a number and a category that say something, with gaps."""
    rng = np.random.default_rng(0)
    fraud = frame["Fraud"].to_numpy()
    number = pd.Series(rng.normal(size=len(frame)) + fraud).mask(rng.random(len(frame)) < 0.1)
    channel = np.where(rng.random(len(frame)) < 0.5, "post", np.where(fraud == 1, "sea", "air"))
    category = pd.Series(channel).mask(rng.random(len(frame)) < 0.1).astype(TEXT_DTYPE)
    return frame.assign(**{"Gross Mass": number, "Channel": category})


def make_lacking(path: Path, absent: Iterable[str], n: int = 400) -> Edition:
    """Make an edition that lacks some columns and has the extra ones."""
    absent = tuple(absent)
    periods = {
        name: with_extra(lacking(frame, absent)) for name, frame in make_sample(n, seed=3).items()
    }
    import_edition(periods, path, columns=ColumnSet(absent, EXTRA))
    return load_edition(path)
