"""Writing synthetic declarations: one file, three periods, or an edition."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from customs_data.edition.importing import import_edition
from customs_data.edition.manifest import PERIODS, Manifest
from customs_data.errors import KitError
from customs_data.files.writing import FileFormat, write_table
from customs_data.synthesis.settings import Settings

# 12, 3 and 3 months, as in the paper.
_SHARES: Final = (12 / 18, 15 / 18)
_ENDINGS: Final = (".csv", ".parquet")


def is_one_file(out: Path) -> bool:
    """Whether a path names a file of declarations, not a folder."""
    return out.suffix in _ENDINGS


def cut_periods(
    declarations: pd.DataFrame, starts: tuple[date, date] | None = None
) -> dict[str, pd.DataFrame]:
    """Cut declarations at the first days of the public and private periods.

    Parameters
    ----------
    declarations : DataFrame
        In the order of their dates.
    starts : (date, date), optional
        By default two thirds and five sixths of the way from the first day to the last.

    Raises
    ------
    KitError
        If the days are in the wrong order or a period stays empty.
    """
    days = declarations["Date"].to_numpy().astype("datetime64[D]")
    if starts is None:
        n_days = int((days.max() - days.min()).astype(np.int64)) + 1
        first = [days.min() + np.timedelta64(round(share * n_days), "D") for share in _SHARES]
    else:
        first = [np.datetime64(day, "D") for day in starts]
    if first[0] >= first[1]:
        raise KitError(f"The public period must begin before the private one, however: {first[0]}.")
    period = np.searchsorted(np.array(first), days, side="right")
    frames = {
        name: declarations[period == i].reset_index(drop=True) for i, name in enumerate(PERIODS)
    }
    if empty := [name for name, frame in frames.items() if frame.empty]:
        raise KitError(
            f"Every period must hold declarations, however: {', '.join(empty)} would be empty. "
            "Draw more --rows, or choose --public-from and --private-from."
        )
    return frames


def write_file(declarations: pd.DataFrame, out: Path) -> None:
    """Write all declarations to one file, CSV or Parquet by its name."""
    file_format: FileFormat = "parquet" if out.suffix == ".parquet" else "csv"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_table(declarations, out, file_format)
    except OSError as error:
        raise KitError(f"{out} cannot be written: {error.strerror}.") from None


def write_periods(
    periods: dict[str, pd.DataFrame], out: Path, file_format: FileFormat = "csv"
) -> None:
    """Write train, public and private, fully labelled, to a new or empty folder."""
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise KitError(f"{out} must be a new or empty folder, however: it is not.")
        out.mkdir(parents=True, exist_ok=True)
        for name, frame in periods.items():
            write_table(frame, out / name, file_format)
    except OSError as error:
        raise KitError(f"{out} cannot be written: {error.strerror}.") from None


def write_edition(
    periods: dict[str, pd.DataFrame],
    out: Path,
    settings: Settings,
    *,
    name: str | None = None,
    label_rate: float | None = None,
    erasure: str = "random",
    file_format: FileFormat = "csv",
) -> Manifest:
    """Make an edition, as `data import` does of the same declarations.

    Its origin is 'import': whoever has source and seed can draw the hidden labels again.
    """
    return import_edition(
        periods,
        out,
        name=name,
        label_rate=label_rate,
        erasure=erasure,
        seed=settings.seed,
        file_format=file_format,
        configuration={"synthesis": asdict(settings)},
    )
