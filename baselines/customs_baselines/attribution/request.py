"""The request to explain test declarations in the child process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class ExplainRequest:
    """Declarations to explain.

    Attributes
    ----------
    model : str
        Name of the model for readers.
    declaration : int or None
        Row of the declaration to explain in detail; None for the most suspicious.
    n_declarations : int
        Declarations to explain in all; the others are drawn at random.
    random_state : int
        Seed of the draw.
    """

    model: str
    declaration: int | None
    n_declarations: int
    random_state: int = 0

    def rows(self, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        """Return the rows to explain, the one in detail first."""
        first = int(np.argmax(scores)) if self.declaration is None else self.declaration
        others = np.random.default_rng(self.random_state).permutation(len(scores))
        others = others[others != first][: self.n_declarations - 1]
        return np.concatenate([[first], np.sort(others)]).astype(np.intp)
