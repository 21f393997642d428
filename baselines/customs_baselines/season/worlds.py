"""Which worlds a season is played on, and their declarations as weeks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from customs_data.edition.loading import load_edition
from customs_data.keyed_random import secret_of_seed
from customs_data.season.arrivals import (
    PLAYED_WEEKS,
    WARM_UP_WEEKS,
    Arrivals,
    arrivals_of_edition,
)
from customs_data.season.kinds import arrivals_of_season


@dataclass(frozen=True)
class SeasonWorld:
    """A simulated world, or an edition, whose weeks are played.

    Attributes
    ----------
    season : str
        A name of `customs_data.season.kinds.SEASONS`; empty for an edition.
    seed : int
        Of the world's secret.
    n_declarations : int
    warm_up_weeks, played_weeks : int
    warm_up_rate : float
        Share of the warm-up's declarations whose labels are known.
    erasure : str
        How these were chosen.
    edition : path or None
        Folder of an edition; its test periods are played, and the other attributes mean nothing.
    secret : bytes
        Secret of the world, such as one of a competition; by default that of the seed. It is in no
        record.
    """

    season: str = "steady"
    seed: int = 0
    n_declarations: int = 54_000
    warm_up_weeks: int = WARM_UP_WEEKS
    played_weeks: int = PLAYED_WEEKS
    warm_up_rate: float = 0.05
    erasure: str = "random"
    edition: Path | None = None
    secret: bytes = field(default=b"", repr=False)

    @property
    def name(self) -> str:
        """Short name, for folders and tables."""
        return f"{self.season}-{self.seed}" if self.edition is None else self.edition.resolve().name

    def load(self) -> Arrivals:
        """Simulate or read the declarations.

        Raises
        ------
        KitError
            If there is no such season, or as `arrivals_of_world` and `arrivals_of_edition`.
        """
        if self.edition is not None:
            return arrivals_of_edition(load_edition(self.edition))
        return arrivals_of_season(
            self.season,
            self.secret or secret_of_seed(self.seed),
            n_declarations=self.n_declarations,
            warm_up_rate=self.warm_up_rate,
            warm_up_weeks=self.warm_up_weeks,
            played_weeks=self.played_weeks,
            erasure=self.erasure,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what decides the declarations, as plain data."""
        if self.edition is not None:
            return {"edition": str(self.edition)}
        return {name: it for name, it in vars(self).items() if name not in ("edition", "secret")}
