"""Noisy tables: all that a private profile is made from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from customs_data.profile import NoisyTable

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Released:
    """One table with noise.

    Attributes
    ----------
    cells : list of tuple of str
        Values of each cell, in their order.
    weight : float64 array, shape (n_cells,) or (n_cells, n_sums)
        Noisy sums, in declarations; may be negative.
    record : NoisyTable
        Noise, bounds and budget.
    """

    cells: list[tuple[str, ...]]
    weight: FloatArray
    record: NoisyTable

    def as_dict(self) -> dict[tuple[str, ...], float]:
        """Return the weight of each cell."""
        return dict(zip(self.cells, self.weight.tolist(), strict=True))


@dataclass
class NoisyTables:
    """The tables of a private profile, in the order of their release."""

    released: dict[str, Released] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Released:
        return self.released[name]

    @property
    def records(self) -> tuple[NoisyTable, ...]:
        """What each table took of the budget."""
        return tuple(table.record for table in self.released.values())

    def to_json(self) -> str:
        """Return the tables as text."""
        content = {
            name: {
                "cells": table.cells,
                "weight": table.weight.tolist(),
                "record": vars(table.record),
            }
            for name, table in self.released.items()
        }
        return json.dumps(content)

    @classmethod
    def from_json(cls, text: str) -> NoisyTables:
        """Return the tables of `to_json`."""
        content: dict[str, Any] = json.loads(text)
        return cls(
            {
                name: Released(
                    [tuple(cell) for cell in table["cells"]],
                    np.array(table["weight"], dtype=np.float64),
                    NoisyTable(**table["record"] | {"columns": tuple(table["record"]["columns"])}),
                )
                for name, table in content.items()
            }
        )
