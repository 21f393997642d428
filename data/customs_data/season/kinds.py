"""Kinds of seasons on simulated worlds, and the weeks of a world of each."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from customs_data.edition.generating import Blueprint, read_blueprint, simulate_world
from customs_data.errors import KitError
from customs_data.season.arrivals import (
    PLAYED_WEEKS,
    WARM_UP_WEEKS,
    Arrivals,
    arrivals_of_world,
)
from customs_data.world.configuration import load_configuration

#: Seasons on simulated worlds, and the configuration of each.
SEASONS: Final[dict[str, str]] = {"steady": "practice", "shifting": "shifting"}


def check_season(season: str) -> None:
    """Raise `KitError` if there is no such kind of season."""
    if season not in SEASONS:
        raise KitError(f"Unknown season {season!r}: choose {', '.join(SEASONS)}.")


def rows_of_season(season: str) -> int:
    """Return how many declarations a world of this kind has if nobody says.

    Raises
    ------
    KitError
        If there is no such season.
    """
    check_season(season)
    return load_configuration(SEASONS[season]).n_declarations


def arrivals_of_season(
    season: str,
    secret: bytes,
    *,
    n_declarations: int | None = None,
    fraud_rate: float | None = None,
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
    n_declarations : int, optional
        Declarations of the whole world; as of `rows_of_season` by default.
    fraud_rate : float, optional
        Share of fraud in the whole world; the configuration's by default. Streams of arrivals have
        .03 to .10; the public release, which contains inspected declarations alone, .216.
    warm_up_weeks, played_weeks, warm_up_rate, erasure
        As of `arrivals_of_world`.

    Raises
    ------
    KitError
        If there is no such season, no such fraud rate is possible, or as `arrivals_of_world`.
    """
    check_season(season)
    blueprint = read_blueprint(config=SEASONS[season], n_declarations=n_declarations)
    if fraud_rate is not None:
        blueprint = _with_fraud_rate(blueprint, fraud_rate)
    return arrivals_of_world(
        simulate_world(blueprint, secret),
        secret,
        warm_up_rate=warm_up_rate,
        warm_up_weeks=warm_up_weeks,
        played_weeks=played_weeks,
        erasure=erasure,
    )


def _with_fraud_rate(blueprint: Blueprint, fraud_rate: float) -> Blueprint:
    """Return settings of a world with another share of fraud."""
    settings = blueprint.configuration
    try:
        inspection = replace(settings.inspection, fraud_rate=fraud_rate)
    except ValueError as error:
        raise KitError(f"A world cannot have the fraud rate {fraud_rate}: {error}") from None
    return replace(blueprint, configuration=replace(settings, inspection=inspection))
