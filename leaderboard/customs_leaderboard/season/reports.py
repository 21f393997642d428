"""Reports and selections as the API, the database and the log have them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from customs_leaderboard.store.commitments import canonical_json
from customs_scorer.season.environment import REPORT_COLUMNS
from customs_scorer.season.selection import Selection


def reports_as_rows(reports: pd.DataFrame) -> list[list[Any]]:
    """Return reports as plain data for JSON: a list per report, in the order of `REPORT_COLUMNS`.

    Duty and propensity are None where nobody knows them.
    """
    columns = [reports[name].tolist() for name in REPORT_COLUMNS]
    return [[None if cell != cell else cell for cell in row] for row in zip(*columns, strict=True)]


def reports_of_rows(rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Return what `reports_as_rows` was given, in the types of `InspectionSeason`."""
    columns = list(zip(*rows, strict=True)) or [()] * len(REPORT_COLUMNS)
    kinds = (object, np.int64, np.int8, np.int8, np.float64, str, np.float64)
    return pd.DataFrame(
        {
            name: np.array(column, dtype=kind)
            for name, column, kind in zip(REPORT_COLUMNS, columns, kinds, strict=True)
        }
    )


def hash_reports(rows: list[list[Any]]) -> str:
    """Return the SHA-256 of reports as the log has it, of their canonical JSON."""
    return hashlib.sha256(canonical_json({"reports": rows}).encode()).hexdigest()


def selection_json(selection: Selection) -> str:
    """Return a selection as the database has it."""
    return canonical_json(selection.as_dict())


def hash_selection(text: str) -> str:
    """Return the SHA-256 of a stored selection, as the log has it."""
    return hashlib.sha256(text.encode()).hexdigest()
