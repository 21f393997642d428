"""Declarations as a RelBench database: one table of them, and one of each kind of entity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from relbench.base import Database, Dataset, Table

from customs_data.columns.grouping import HS_LEVELS, declared_columns
from customs_data.graph import link_declarations
from customs_data.schema import COLUMN

if TYPE_CHECKING:
    from torch_frame import stype

#: Table of the declarations, and its primary key: their position.
DECLARATION: Final = "declaration"
#: Column with the time of a declaration.
TIME: Final = "Date"

Key = tuple[str, ...]


def make_database(X: pd.DataFrame, entities: Mapping[str, Key]) -> Database:
    """Return declarations and what they share as a database.

    Parameters
    ----------
    X : DataFrame, shape (n_declarations, n_columns)
        Declared columns, in the order of Date.
    entities : mapping of str to tuple of str
        Tables beside ``"declaration"``, each with the columns that identify a row; see
        `customs_data.graph.hetero_data`.

    Returns
    -------
    relbench.base.Database
        Table ``"declaration"``: its position (primary key), Date, the row of each entity (foreign
        keys), and the declared codes and numbers that identify no entity. Tables of the entities:
        their number by first appearance (primary key), and the codes that identify them. An ID is
        no feature, so no table has one.
    """
    graph = link_declarations(X, entities, reverse=False)
    own = {name for key in entities.values() if len(key) == 1 for name in declared_columns(key)}
    columns: dict[str, Any] = {DECLARATION: np.arange(len(X))}
    tables: dict[str, Table] = {}
    for kind, key in entities.items():
        rows, numbers = graph[DECLARATION, "to", kind].edge_index.numpy()
        linked = pd.Series(pd.NA, index=range(len(X)), dtype="Int64")
        linked.iloc[rows] = numbers
        columns[kind] = linked
        # Numbers are by first appearance, so the first row of each has what identifies it.
        _, first = np.unique(numbers, return_index=True)
        described = _features(X[list(declared_columns(key))].iloc[rows[first]])
        described.insert(0, kind, np.arange(len(first)))
        tables[kind] = Table(described.reset_index(drop=True), {}, pkey_col=kind)
    features = _features(X.drop(columns=[name for name in own if name in X]))
    frame = pd.concat([pd.DataFrame(columns), features.reset_index(drop=True)], axis=1)
    links = {kind: kind for kind in entities}
    tables[DECLARATION] = Table(frame, links, pkey_col=DECLARATION, time_col=TIME)
    return Database(tables)


class DeclarationDataset(Dataset):
    """A database of declarations, with the days before which one learns.

    Parameters
    ----------
    name : str
        Name of the edition.
    X : DataFrame
        Declared columns, in the order of Date.
    entities : mapping of str to tuple of str
        See `make_database`.
    val_timestamp, test_timestamp : Timestamp
        Last days of training before validation and before test.
    """

    def __init__(
        self,
        name: str,
        X: pd.DataFrame,
        entities: Mapping[str, Key],
        val_timestamp: pd.Timestamp,
        test_timestamp: pd.Timestamp,
    ) -> None:
        self.name = name
        self.val_timestamp = val_timestamp
        self.test_timestamp = test_timestamp
        self._X = X
        self._entities = dict(entities)

    def __repr__(self) -> str:
        return f"DeclarationDataset({self.name!r}, {len(self._X):,} declarations)"

    @property
    def dates(self) -> npt.NDArray[np.datetime64]:
        """Day of each declaration, in nanoseconds; shape (n_declarations,)."""
        return self._X[TIME].to_numpy().astype("datetime64[ns]")

    def make_db(self) -> Database:
        """Return the whole database, the declarations to predict included."""
        return make_database(self._X, self._entities)


def column_types(db: Database) -> dict[str, dict[str, stype]]:
    """Return how torch-frame should encode each column of each table.

    RelBench's own proposal looks at a sample of the values and may take codes for numbers.

    Returns
    -------
    dict of str to dict of str to torch_frame.stype
        For `relbench.modeling.graph.make_pkey_fkey_graph`; keys have none.
    """
    from torch_frame import stype

    kinds = {"time": stype.timestamp, "number": stype.numerical}
    return {
        name: {
            column: kinds.get(_role(table.df, column), stype.categorical)
            for column in map(str, table.df)
            if column != table.pkey_col and column not in table.fkey_col_to_pkey_table
        }
        for name, table in db.table_dict.items()
    }


def _features(X: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that are no IDs, in types that RelBench reads; HS codes by level, too."""
    columns: dict[str, Any] = {}
    for name in map(str, X):
        match _role(X, name):
            case "time":
                # RelBench takes the integers behind a time for nanoseconds.
                columns[name] = X[name].astype("datetime64[ns]")
            case "number":
                columns[name] = X[name].astype(np.float64)
            case "code":
                columns[name] = X[name].astype(object)
    if "HS6 Code" in columns:
        columns |= {level: columns["HS6 Code"].str[:n] for level, n in HS_LEVELS.items()}
    return pd.DataFrame(columns, index=X.index)


def _role(X: pd.DataFrame, name: str) -> str:
    """Return what a column is; one that the schema lacks is a number or a code, by its type."""
    if name in COLUMN:
        return COLUMN[name].role
    return "number" if pd.api.types.is_numeric_dtype(X[name]) else "code"
