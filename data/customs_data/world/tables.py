"""Columns of simulated declarations as tables: what is declared, oracle and truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customs_data.files.canonical_csv import texts_of_ids
from customs_data.schema import COLUMN, TEXT_DTYPE
from customs_data.world.paperwork import Columns, Text, to_table

DECLARATION_COLUMNS = tuple(COLUMN)
ORACLE_COLUMNS = (
    "Declaration ID", "Fraud Probability", "Posterior Probability", "Critical Probability",
    "Scheme", "Ring",
)  # fmt: skip
TRUTH_COLUMNS = (
    "Declaration ID", "Duty Evaded", "True HS6 Code", "True Country of Origin", "True Tax Rate",
    "True Net Mass", "True Item Price", "Violation",
)  # fmt: skip
UNRECORDED_COLUMNS = ("Cluster", "Late Cluster", "Look-alike", "Campaign")


def declarations_table(columns: Columns, names: tuple[str, ...] = DECLARATION_COLUMNS) -> pa.Table:
    """Return columns of some declarations; by default the 22 of a file."""
    return to_table(with_text_ids(columns), names)


def oracle_table(columns: Columns, others: tuple[str, ...] = ()) -> pa.Table:
    """Return the oracle of some declarations (see `World`), with `others` behind its columns."""
    return to_table(with_text_ids(columns), (*ORACLE_COLUMNS, *others))


def importers_of(columns: Columns) -> NDArray[np.integer[Any]]:
    """Return the importers of some declarations as numbers, shape (n,)."""
    importer = columns["Importer ID"]
    assert isinstance(importer, Text)
    return importer.code


def truth_table(columns: Columns) -> pa.Table:
    """Return the truth of some declarations (see `World`)."""
    return to_table(with_text_ids(columns), TRUTH_COLUMNS)


def with_text_ids(columns: Columns) -> Columns:
    """Return columns with Declaration IDs as texts, which several tables can share."""
    number = columns["Declaration ID"]
    if isinstance(number, pa.StringArray):
        return columns
    assert isinstance(number, np.ndarray)
    return columns | {"Declaration ID": texts_of_ids(number)}


def to_frame(tables: list[pa.Table]) -> pd.DataFrame:
    """Concatenate tables to a DataFrame with the schema's types."""
    table = pa.concat_tables(tables)
    return pd.DataFrame(
        {
            name: column.to_numpy()
            if pa.types.is_primitive(column.type)
            else pd.array(pc.cast(column, pa.string()), dtype=TEXT_DTYPE)
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    )
