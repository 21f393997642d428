"""What can be chosen when declarations are synthesized."""

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
    """Choices of one synthesis.

    Attributes
    ----------
    model : str
        One of `customs_data.synthesis.models.MODELS`.
    rows : int or None
        Declarations to draw; None draws as many as the source has.
    seed : int
        The same seed gives the same declarations (networks: under one version of torch).
    fraud_rate : float or None
        Share of fraud among the drawn declarations, in (0, 1); None keeps the source's.
    price_noise : float
        Standard deviation of the Gaussian noise on the average unit price of each product, as a
        share of it; at least 0.
    rewired : float
        Share of links between traders that are swapped, in [0, 1].
    splits : int
        Chronological parts of the source, each with a model of its own.
    epochs : int or None
        Of a network (ctgan, tvae, diffusion); None is its default.
    paper_exact : bool
        The authors' recipe as it was, faults included.
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
            raise KitError(
                f"The model must be one of {', '.join(MODELS)}, however: {self.model!r}."
            )
        if self.rows is not None and not 1 <= self.rows <= _MOST_ROWS:
            raise KitError(f"Rows must be 1 to {_MOST_ROWS:,}, however: {self.rows:,}.")
        if self.fraud_rate is not None and not 0 < self.fraud_rate < 1:
            raise KitError(
                "The fraud rate must lie between 0 and 1, ends excluded, however: "
                f"{self.fraud_rate}."
            )
        if not (isfinite(self.price_noise) and self.price_noise >= 0):
            raise KitError(f"The price noise must be at least 0, however: {self.price_noise}.")
        if not 0 <= self.rewired <= 1:
            raise KitError(f"The rewired share must be in [0, 1], however: {self.rewired}.")
        if self.splits < 1:
            raise KitError("The number of splits must be at least 1.")
        if self.epochs is not None and not (MODELS[self.model].has_epochs and self.epochs >= 1):
            raise KitError(
                "Epochs must be at least 1 and go with ctgan, tvae or diffusion, however: "
                f"{self.epochs} with {self.model}."
            )
        if self.paper_exact and self.model != "ctgan":
            raise KitError(
                "The paper's recipe must go with ctgan, the paper's model, however: "
                f"{self.model}. Pass --model ctgan."
            )
        if self.paper_exact and self.fraud_rate is not None:
            raise KitError(
                "The paper's recipe must keep the source's fraud rate, because its labels are "
                "part of the aggregated category. Leave out --fraud-rate."
            )
