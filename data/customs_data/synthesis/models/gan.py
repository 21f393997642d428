"""CTGAN and TVAE (Xu et al., NeurIPS 2019) from the package `ctgan`, an optional extra."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from customs_data.errors import KitError
from customs_data.synthesis.encoding.coarse import Coarsening
from customs_data.synthesis.encoding.rows import Floats, Ints, Progress, Rows

_LABEL: Final = "Label"
_MOST_ROUNDS: Final = 50
_FEWEST_AT_A_TIME: Final = 500
# TVAE's normaliser of numbers needs this many rows; fewer are repeated.
_FEWEST_TO_LEARN: Final = 20


def load_ctgan() -> Any:
    """Import the package.

    Raises
    ------
    KitError
        If it is not installed.
    """
    try:
        import ctgan
    except ImportError:
        raise KitError(
            "The package ctgan is not installed. Install it with pip install 'customs-kit[ctgan]' "
            "(Business Source License 1.1, not an open-source licence), or use --model trees."
        ) from None
    return ctgan


class _Network(ABC):
    """Base of the two networks.

    Parameters
    ----------
    epochs : int
        Passes over the rows; 300 in the paper.
    seed : int
        Seed of weights, batches and noise.
    """

    kind = ""

    def __init__(self, epochs: int = 300, seed: int = 0) -> None:
        self.epochs = epochs
        self.seed = seed

    def fit(self, rows: Rows, rng: np.random.Generator, progress: Progress) -> Self:
        """Train the network on label, coarse codes and numbers."""
        self._format = rows.format
        self._coarsening = Coarsening().fit(rows)
        frame = pd.DataFrame({_LABEL: rows.label, **self._coarsening.encode(rows), **rows.numbers})
        discrete = [_LABEL, *self._coarsening.n_levels]
        frame[discrete] = frame[discrete].astype(str)  # codes are categories
        self._learn(frame, discrete)
        self._bounds = {n: (float(x.min()), float(x.max())) for n, x in rows.numbers.items()}
        progress(1.0)
        return self

    def sample(self, label: Ints, rng: np.random.Generator) -> Rows:
        """Draw one row per label; raise `KitError` if the network never draws one."""
        frames, places = [], []
        for value in np.unique(label):
            place = np.flatnonzero(label == value)
            frames.append(self._draw(str(value), len(place)))
            places.append(place)
        frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
        order = np.argsort(np.concatenate(places)) if places else np.zeros(0, dtype=np.int64)
        frame = frame.iloc[order].reset_index(drop=True)
        codes = {
            name: frame[name].to_numpy().astype(np.int64) for name in self._coarsening.n_levels
        }
        numbers: dict[str, Floats] = {
            name: np.clip(frame[name].to_numpy(np.float64), *self._bounds[name])
            for name in self._format.numbers
        }
        return Rows(self._format, label, self._coarsening.decode(codes, label, rng), numbers)

    @abstractmethod
    def _learn(self, frame: pd.DataFrame, discrete: list[str]) -> None:
        """Train on coarse codes, named `discrete`, and numbers."""

    @abstractmethod
    def _draw(self, value: str, n_rows: int) -> pd.DataFrame:
        """Draw rows of one label."""


def train(kind: str, frame: pd.DataFrame, discrete: list[str], epochs: int, seed: int) -> Any:
    """Train one of the package's networks on a table."""
    ctgan = load_ctgan()
    settings: dict[str, Any] = {"epochs": epochs, "enable_gpu": False}
    if kind == "CTGAN":
        settings["verbose"] = False
    network = getattr(ctgan, kind)(**settings)
    network.set_random_state(seed)
    network.fit(frame, discrete_columns=discrete)
    return network


class Ctgan(_Network):
    """Conditional GAN, trained with the label as a condition."""

    kind = "CTGAN"

    def _learn(self, frame: pd.DataFrame, discrete: list[str]) -> None:
        self._network = train(self.kind, frame, discrete, self.epochs, self.seed)

    def _draw(self, value: str, n_rows: int) -> pd.DataFrame:
        """Draw rows until enough have the label, which the condition does not guarantee."""
        frames: list[pd.DataFrame] = []
        n_drawn = 0
        for _ in range(_MOST_ROUNDS):
            drawn = self._network.sample(
                max(2 * (n_rows - n_drawn), _FEWEST_AT_A_TIME),
                condition_column=_LABEL,
                condition_value=value,
            )
            frames.append(drawn[drawn[_LABEL] == value])
            n_drawn += len(frames[-1])
            if n_drawn >= n_rows:
                return pd.concat(frames).head(n_rows)
        raise KitError(
            f"CTGAN drew {n_drawn:,} instead of {n_rows:,} declarations of a label. Train it "
            "longer (--epochs) or on more rows."
        )


class Tvae(_Network):
    """Variational autoencoder, one per label.

    It has no conditions, and one for all labels hardly draws the rare ones: fitted to 3,000 rows
    with 36 critical frauds, it drew three in two million.
    """

    kind = "TVAE"

    def _learn(self, frame: pd.DataFrame, discrete: list[str]) -> None:
        others = [name for name in discrete if name != _LABEL]
        self._networks: dict[str, Any] = {}
        for value, rows in frame.groupby(_LABEL):
            learned = rows.drop(columns=_LABEL)
            if len(learned) < _FEWEST_TO_LEARN:
                learned = learned.sample(_FEWEST_TO_LEARN, replace=True, random_state=self.seed)
            self._networks[str(value)] = train(self.kind, learned, others, self.epochs, self.seed)

    def _draw(self, value: str, n_rows: int) -> pd.DataFrame:
        drawn: pd.DataFrame = self._networks[value].sample(n_rows)
        return drawn
