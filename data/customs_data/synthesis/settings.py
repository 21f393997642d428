"""Settings of a synthesis."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from customs_data.errors import KitError
from customs_data.synthesis.models import MODELS

#: A model of fewer rows would be a copy of them.
FEWEST_ROWS = 100
_MOST_ROWS = 50_000_000  # IDs have eight digits


@dataclass(frozen=True)
class Settings:
    """Settings of one synthesis.

    Attributes
    ----------
    model : str
        One of `customs_data.synthesis.models.MODELS`.
    rows : int or None
        Declarations to draw; None: as many as the source has.
    seed : int
        The same seed gives the same declarations (networks: under one version of torch).
    fraud_rate : float or None
        Share of fraud among the drawn declarations, in (0, 1); None: as in the source.
    price_noise : float
        Standard deviation of the noise on each product's average unit price, as a share of the
        price; at least 0.
    rewired : float
        Share of swapped links between traders, in [0, 1].
    splits : int
        Number of chronological parts, each with its own model.
    epochs : int or None
        Epochs of a network (ctgan, tvae, diffusion); None: its default.
    paper_exact : bool
        Whether to use the authors' own recipe, faults included.
    """

    model: str = "trees"
    rows: int | None = None
    seed: int = 0
    fraud_rate: float | None = None
    price_noise: float = 0.02
    rewired: float = 0.2
    splits: int = 1
    epochs: int | None = None
    paper_exact: bool = False

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise KitError(f"Unknown model {self.model!r}: choose one of {', '.join(MODELS)}.")
        if self.rows is not None and not 1 <= self.rows <= _MOST_ROWS:
            raise KitError(f"{self.rows:,} rows: choose 1 to {_MOST_ROWS:,}.")
        if self.fraud_rate is not None and not 0 < self.fraud_rate < 1:
            raise KitError(f"Fraud rate {self.fraud_rate}: choose one above 0 and below 1.")
        if not (isfinite(self.price_noise) and self.price_noise >= 0):
            raise KitError(f"Price noise {self.price_noise}: choose 0 or more.")
        if not 0 <= self.rewired <= 1:
            raise KitError(f"The rewired share must be from 0 to 1, not {self.rewired}.")
        if self.splits < 1:
            raise KitError(f"{self.splits} splits: choose 1 or more.")
        if self.epochs is not None and not (MODELS[self.model].has_epochs and self.epochs >= 1):
            raise KitError(
                f"{self.epochs} epochs of {self.model}: only ctgan, tvae and diffusion have "
                "epochs, at least 1."
            )
        if self.paper_exact and self.model != "ctgan":
            raise KitError(f"The paper's recipe uses ctgan, not {self.model}. Pass --model ctgan.")
        if self.paper_exact and self.fraud_rate is not None:
            raise KitError(
                "The paper's recipe keeps the source's fraud rate, because labels are part of a "
                "category. Leave out --fraud-rate."
            )
