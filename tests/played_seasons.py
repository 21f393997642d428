"""Small seasons, played in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from customs_baselines.features.as_of import describe_as_of
from customs_baselines.season.desk import Desk, make_strategy
from customs_baselines.season.playing import message_of, selection_of
from customs_baselines.season.worlds import SeasonWorld
from customs_data.schema import DECLARED_COLUMNS, KEY
from customs_data.season.arrivals import Arrivals
from customs_scorer.season.budget import Budget
from customs_scorer.season.environment import InspectionSeason

WORLD = SeasonWorld(n_declarations=4_000, played_weeks=6, warm_up_rate=0.2)
RATE = 0.2
OFFERED = {"refit_every": 1, "random_state": 0, "n_jobs": 1}


def play(
    arrivals: Arrivals, strategy: Any, seed: int = 0, delay: int = 1, **offered: Any
) -> InspectionSeason:
    """Play a strategy, given by name or as an object; return the season."""
    as_of = describe_as_of(arrivals.declarations, arrivals.week)
    season = InspectionSeason(arrivals, Budget(RATE), delay)
    if isinstance(strategy, str):
        strategy = make_strategy(strategy, OFFERED | {"random_state": seed} | offered)
    desk = Desk(strategy, seed)
    week, _ = season.reset()
    while week is not None:
        week, *_ = season.step(selection_of(desk.decide(message_of(arrivals, as_of, week))))
    return season


def rows(season: InspectionSeason) -> list[list[int]]:
    """Return the positions that were opened, by week."""
    return [it.rows.tolist() for it in season.opened]


def decisions(season: InspectionSeason) -> list[bytes]:
    """Return each week's selection with reasons and propensities, to the byte."""
    return [
        it.selection.rows.tobytes() + "|".join(it.selection.reason).encode()
        + it.selection.propensity.tobytes()
        for it in season.opened
    ]  # fmt: skip


def with_other_hidden_labels(season: InspectionSeason) -> Arrivals:
    """Return the same arrivals with all labels the other way round that nobody has seen."""
    arrivals = season.arrivals
    unseen = ~arrivals.is_known
    unseen[np.concatenate([it.rows for it in season.opened])] = False
    return with_other_labels(arrivals, unseen)


def with_other_labels(arrivals: Arrivals, rows: Any) -> Arrivals:
    """Return the same arrivals with the labels of some rows the other way round."""
    other: dict[str, Any] = {
        name: getattr(arrivals, name).copy() for name in ("fraud", "critical", "duty")
    }
    other["fraud"][rows] = 1 - arrivals.fraud[rows]
    other["critical"][rows] = 2 - arrivals.critical[rows]
    other["duty"][rows] = 1e6
    if arrivals.violation is not None:
        other["violation"] = np.where(other["fraud"] == 1, "undervaluation", "").astype(object)
    return replace(arrivals, probability=1.0 - arrivals.probability, **other)


def with_another_future(arrivals: Arrivals, after: int) -> Arrivals:
    """Return arrivals that differ in everything filed after a week, IDs and dates apart."""
    later = np.flatnonzero(arrivals.week > after)
    changed = arrivals.declarations.copy()
    # Copies of a few: counts over the whole table change as well.
    few = np.resize(later[-20:], len(later))
    for column in DECLARED_COLUMNS:
        if column not in (KEY, "Date"):
            changed.loc[later, column] = changed.loc[few, column].to_numpy()
    return with_other_labels(replace(arrivals, declarations=changed), later)


def with_shuffled_labels(arrivals: Arrivals) -> Arrivals:
    """Return arrivals whose labels say nothing about them."""
    order = np.random.default_rng(0).permutation(len(arrivals.fraud))
    names = ("fraud", "critical", "duty", "violation")
    parts = {name: it[order] for name in names if (it := getattr(arrivals, name)) is not None}
    return replace(arrivals, **parts)


def chosen(season: InspectionSeason) -> Iterator[dict[str, int]]:
    """Return how many rows each part of the strategy chose, by week."""
    for it in season.opened:
        reasons, counts = np.unique(it.selection.reason, return_counts=True)
        yield dict(zip(reasons.tolist(), counts.tolist(), strict=True))
