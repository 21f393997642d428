"""Write synthetic declarations: one file, three periods, or an edition."""

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
from customs_data.files.atomic import new_folder
from customs_data.files.writing import FileFormat, write_table
from customs_data.synthesis.settings import Settings

# 12, 3 and 3 months, as in the paper.
_SHARES: Final = (12 / 18, 15 / 18)
_ENDINGS: Final = (".csv", ".parquet")


def is_one_file(out: Path) -> bool:
    """Return whether a path is that of one file, not of a folder."""
    return out.suffix in _ENDINGS


def cut_periods(
    declarations: pd.DataFrame, starts: tuple[date, date] | None = None
) -> dict[str, pd.DataFrame]:
    """Cut declarations at the first days of the public and private periods.

    Parameters
    ----------
    declarations : DataFrame
        Sorted by date.
    starts : (date, date), optional
        By default after two thirds and five sixths of the days.

    Raises
    ------
    KitError
        If the days are in the wrong order or a period is empty.
    """
    days = declarations["Date"].to_numpy().astype("datetime64[D]")
    if starts is None:
        n_days = int((days.max() - days.min()).astype(np.int64)) + 1
        first = [days.min() + np.timedelta64(round(share * n_days), "D") for share in _SHARES]
    else:
        first = [np.datetime64(day, "D") for day in starts]
    if first[0] >= first[1]:
        raise KitError(
            f"The public period would begin on {first[0]}, the private one on {first[1]}: choose "
            "an earlier --public-from."
        )
    period = np.searchsorted(np.array(first), days, side="right")
    frames = {
        name: declarations[period == i].reset_index(drop=True) for i, name in enumerate(PERIODS)
    }
    if empty := [name for name, frame in frames.items() if frame.empty]:
        raise KitError(
            f"No declarations in the period(s) {', '.join(empty)}. Draw more --rows, or choose "
            "--public-from and --private-from."
        )
    return frames


def write_file(declarations: pd.DataFrame, out: Path) -> None:
    """Write all declarations to one file, CSV or Parquet according to its name."""
    write_table(declarations, out, "parquet" if out.suffix == ".parquet" else "csv")


def write_periods(
    periods: dict[str, pd.DataFrame], out: Path, file_format: FileFormat = "csv"
) -> None:
    """Write train, public and private, fully labelled, to a new or empty folder."""
    with new_folder(out) as folder:
        for name, frame in periods.items():
            write_table(frame, folder / name, file_format)


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
    """Write an edition, as `data import` does.

    Its origin is 'import', because the hidden labels can be drawn again with source and seed.
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
