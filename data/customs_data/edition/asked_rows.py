"""What a submission answers for, which public/ is enough for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.edition.layout import TEST, Layout
from customs_data.edition.loading import (
    load_public_table,
    load_units,
    period_of,
)
from customs_data.edition.manifest import read_manifest
from customs_data.tasks import Task, find_task


@dataclass(frozen=True)
class AskedRows:
    """What a submission answers for, without any label.

    Attributes
    ----------
    ids : Series of str, shape (n_units,)
        Keys that a submission answers for (`Edition.units`).
    period : ndarray of str, shape (n_test,)
        ``'public'`` or ``'private'`` for each test declaration.
    task : Task
        What the edition asks.
    """

    ids: pd.Series[str]
    period: npt.NDArray[np.str_]
    task: Task


def load_asked_rows(path: Path | str) -> AskedRows:
    """Load what is needed to check submissions.

    Parameters
    ----------
    path : path
        The folder that contains public/ (or public/ itself).

    Raises
    ------
    InvalidEditionError
        As in `load_edition`.
    """
    layout = Layout.find(path)
    manifest = read_manifest(layout.public)
    test = load_public_table(layout, manifest, TEST)
    task = find_task(manifest.task)
    return AskedRows(load_units(layout, task, test), period_of(manifest, test), task)
