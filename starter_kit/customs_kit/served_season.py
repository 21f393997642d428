"""Play a served season with a strategy: the same process and the same weeks as a local one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from customs_baselines.features.as_of import describe_as_of
from customs_baselines.season.playing import SeasonSettings, StrategyProcess, message_of
from customs_data.season.arrivals import Arrivals
from customs_data.season.weeks import number_warm_up
from customs_scorer.season.environment import OUTCOME, OpenWeek

if TYPE_CHECKING:
    from collections.abc import Callable

    from customs_leaderboard.season.client import ClientWorld


@dataclass(frozen=True, eq=False)
class ServedSeason:
    """A world that was played.

    Attributes
    ----------
    world : int
    inspections : DataFrame
        A report per declaration that was opened, as `InspectionSeason.inspections`.
    """

    world: int
    inspections: pd.DataFrame

    @property
    def precision(self) -> float:
        """Frauds found / declarations opened, by the team's own reports."""
        return float(self.inspections[OUTCOME].mean())


def play_served(
    world: ClientWorld,
    strategy: str,
    settings: SeasonSettings,
    warm_up_weeks: int,
    log: Path,
    on_week: Callable[[int], None] = lambda number: None,
) -> ServedSeason:
    """Play all weeks of a world.

    Weeks that were decided before are decided again, which changes nothing as long as the strategy
    decides the same: so an interrupted attempt goes on.

    Parameters
    ----------
    world : ClientWorld
    strategy : str
        From `customs_baselines.season.catalogue.resolve_strategy`.
    settings : SeasonSettings
        Seed and arguments of the strategy; budget and delay are the competition's.
    warm_up_weeks : int
        Of the competition's rules.
    log : path
        What the strategy prints is appended here.
    on_week : callable
        Called with the number of each week that has been decided.

    Raises
    ------
    KitError
        If the strategy fails, or the leaderboard refuses.
    """
    with StrategyProcess(strategy, settings, log) as process:
        for week in world.weeks(first=1):
            declarations = pd.concat([week.history, week.arrivals], ignore_index=True)
            if week.number == 1:
                numbers = number_warm_up(week.history["Date"], warm_up_weeks)
            n_new = len(week.arrivals)
            numbers = np.concatenate([numbers, np.full(n_new, week.number, dtype=np.int32)])
            seen = _without_labels(declarations, numbers)
            rows = np.arange(len(declarations) - n_new, len(declarations))
            open_week = OpenWeek(week.number, rows, week.n_inspections, week.new_reports)
            as_of = describe_as_of(declarations, numbers)
            week.open(process.decide(message_of(seen, as_of, open_week)))
            on_week(week.number)
    reports = world.reports
    opened = reports[reports["Week"] >= 1].reset_index(drop=True)
    return ServedSeason(world.world, opened)


def _without_labels(declarations: pd.DataFrame, week: np.ndarray) -> Arrivals:
    """Return declarations as arrivals of which nobody here knows a label."""
    n = len(declarations)
    unknown = np.full(n, -1, dtype=np.int8)
    return Arrivals(declarations, week, np.zeros(n, dtype=np.bool_), unknown, unknown, None, 0.0)
