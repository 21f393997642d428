"""Product, route and tariff as one code, so that only real combinations are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd

from customs_data.synthesis.encoding.rows import Ints

GOODS_COLUMNS: Final = (
    "HS6 Code",
    "Country of Departure",
    "Country of Origin",
    "Tax Rate",
    "Tax Type",
)
HS10: Final = "HS10 Code"


@dataclass(frozen=True)
class GoodsTable:
    """Combinations of product, route and tariff in a source, in ascending order.

    Attributes
    ----------
    table : DataFrame, shape (n_combinations, 6)
        The five columns, and the product in ten digits where the source has them.
    """

    table: pd.DataFrame

    @classmethod
    def of(cls, declarations: pd.DataFrame) -> Self:
        """Collect the combinations of declarations.

        Parameters
        ----------
        declarations : DataFrame
            With the five columns, and `HS10` if there is one.
        """
        columns = [_product_column(declarations), *GOODS_COLUMNS]
        keys = declarations[list(dict.fromkeys(columns))].drop_duplicates()
        return cls(keys.sort_values(list(keys.columns), ignore_index=True))

    def __len__(self) -> int:
        return len(self.table)

    def encode(self, declarations: pd.DataFrame) -> Ints:
        """Return the combination of each declaration, shape (n_declarations,)."""
        index = pd.MultiIndex.from_frame(self.table)
        code = index.get_indexer(pd.MultiIndex.from_frame(declarations[self.table.columns]))
        return np.asarray(code, dtype=np.int64)

    def decode(self, code: Ints) -> pd.DataFrame:
        """Return the five columns of combinations; products have six digits."""
        return self.table[list(GOODS_COLUMNS)].iloc[code].reset_index(drop=True)

    @property
    def product(self) -> Ints:
        """Number of each combination's product, shape (n_combinations,)."""
        return _numbered(self.table[_product_column(self.table)])

    @property
    def six_digit(self) -> Ints:
        """Number of each combination, without digits seven to ten of the product."""
        return np.asarray(self.table.groupby(list(GOODS_COLUMNS)).ngroup(), dtype=np.int64)

    def families(self) -> dict[str, Ints]:
        """Return coarser codes of each combination: product, heading, chapter, route and tariff."""
        hs6 = self.table["HS6 Code"]
        coarser = {"HS6 Code": hs6, "Heading": hs6.str[:4], "Chapter": hs6.str[:2]}
        coarser |= {name: self.table[name] for name in GOODS_COLUMNS[1:]}
        return {name: _numbered(column) for name, column in coarser.items()}


def _product_column(frame: pd.DataFrame) -> str:
    return HS10 if HS10 in frame else "HS6 Code"


def _numbered(column: pd.Series) -> Ints:
    return pd.factorize(column, sort=True)[0].astype(np.int64)
