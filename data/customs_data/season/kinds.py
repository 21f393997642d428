"""Kinds of seasons on simulated worlds, and the weeks of a world of each."""

from __future__ import annotations

from typing import Final

from customs_data.edition.generating import read_blueprint, simulate_world
from customs_data.errors import KitError
from customs_data.season.arrivals import (
    PLAYED_WEEKS,
    WARM_UP_WEEKS,
    Arrivals,
    arrivals_of_world,
)

#: Seasons on simulated worlds, and the configuration of each.
SEASONS: Final[dict[str, str]] = {"steady": "practice"}


def check_season(season: str) -> None:
    """Raise `KitError` if there is no such kind of season."""
    if season not in SEASONS:
        raise KitError(f"Unknown season {season!r}: choose {', '.join(SEASONS)}.")


def arrivals_of_season(
    season: str,
    secret: bytes,
    *,
    n_declarations: int = 54_000,
    warm_up_weeks: int = WARM_UP_WEEKS,
    played_weeks: int = PLAYED_WEEKS,
    warm_up_rate: float = 0.05,
    erasure: str = "random",
) -> Arrivals:
    """Simulate a world of a kind of season, and return its weeks.

    Parameters
    ----------
    season : str
        A name of `SEASONS`.
    secret : bytes
        The world's secret.
    n_declarations : int
        Declarations of the whole world.
    warm_up_weeks, played_weeks, warm_up_rate, erasure
        As of `arrivals_of_world`.

    Raises
    ------
    KitError
        If there is no such season, or as `arrivals_of_world`.
    """
    check_season(season)
    blueprint = read_blueprint(config=SEASONS[season], n_declarations=n_declarations)
    return arrivals_of_world(
        simulate_world(blueprint, secret),
        secret,
        warm_up_rate=warm_up_rate,
        warm_up_weeks=warm_up_weeks,
        played_weeks=played_weeks,
        erasure=erasure,
    )
