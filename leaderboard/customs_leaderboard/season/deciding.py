"""A week of a team's world: what it sees, and the decision, which is one transaction.

A decision is durable before its reports leave the server. So whoever has reports cannot decide that
week again, and after a crash the team sends the same once more and gets the same answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import func, select

from customs_data.errors import KitError
from customs_leaderboard.errors import ConflictError, NotFoundError
from customs_leaderboard.season.attempts import check_world
from customs_leaderboard.season.board import SeasonBoard
from customs_leaderboard.season.live import Place
from customs_leaderboard.season.reports import (
    hash_reports,
    reports_as_rows,
    selection_json,
)
from customs_leaderboard.season.storing import NewStep, store_steps
from customs_leaderboard.store.schema import SeasonAttempt, SeasonStep
from customs_scorer.season.environment import InspectionSeason
from customs_scorer.season.measures import total_season
from customs_scorer.season.selection import Selection


@dataclass(frozen=True, eq=False)
class SeenWeek:
    """A week as its team sees it before, and after, it is decided.

    Attributes
    ----------
    number : int
        0 is everything that was filed before week 1.
    n_weeks : int
        Weeks of the season.
    n_inspections : int
        How many declarations are to be opened.
    is_decided : bool
    declarations : DataFrame, shape (n, 20)
    reports : list of list
        Reports that arrived since the decision before, as of `reports_as_rows`.
    """

    number: int
    n_weeks: int
    n_inspections: int
    is_decided: bool
    declarations: pd.DataFrame
    reports: list[list[Any]]


@dataclass(frozen=True)
class Choice:
    """What a team wants to open in a week.

    Attributes
    ----------
    rows : list of int or str
        Positions among the week's declarations, or Declaration IDs.
    reason : list of str, optional
        For each, which part of a strategy chose it; by default "own choice".
    propensity : list of float, optional
        For each, the chance with which it was chosen; by default 1.
    """

    rows: list[int] | list[str]
    reason: list[str] | None = None
    propensity: list[float] | None = None

    def read(self, season: InspectionSeason, number: int) -> Selection:
        """Return the choice as a selection; errors as `InspectionSeason.read`."""
        selection = season.read(number, self.rows)
        if self.reason is None and self.propensity is None:
            return selection
        if self.reason is not None:
            selection = replace(selection, reason=np.array(self.reason, dtype=str))
        if self.propensity is not None:
            selection = replace(selection, propensity=np.array(self.propensity, dtype=np.float64))
        return season.read(number, selection)


@dataclass(frozen=True)
class Decided:
    """The answer to a decision, the same whenever it is sent.

    Attributes
    ----------
    week : int
    n_opened : int
    next_week, n_arrivals, n_inspections : int or None
        The week to decide next; None after the last.
    reports : list of list
        Reports that have arrived, as of `reports_as_rows`; after the last week all that are left.
    """

    week: int
    n_opened: int
    next_week: int | None
    n_arrivals: int | None
    n_inspections: int | None
    reports: list[list[Any]]


def see_week(board: SeasonBoard, place: Place, number: int) -> SeenWeek:
    """Return a week of a team's world that has come.

    Raises
    ------
    NotFoundError
        If there is no such world, the attempt was not begun, or the week has not come.
    """
    with _season(board, place) as season:
        n_decided = len(season.opened)
        if not 0 <= number <= min(n_decided + 1, season.n_weeks):
            raise NotFoundError(f"Week {number} has not come: week {n_decided + 1} is the next.")
        if number == 0:
            before = season.declarations[season.arrivals.week < 1]
            return SeenWeek(0, season.n_weeks, 0, True, before, [])
        week = season.look(number)
        return SeenWeek(
            number,
            season.n_weeks,
            week.n_inspections,
            number <= n_decided,
            season.declarations.iloc[week.rows],
            reports_as_rows(week.reports),
        )


def arrived_reports(board: SeasonBoard, place: Place) -> pd.DataFrame:
    """Return all reports that have arrived, the labels of the warm-up first; errors as `see_week`.

    After the last week they are complete.
    """
    with _season(board, place) as season:
        n_decided = len(season.opened)
        parts = [
            season.look(number).reports
            for number in range(1, min(n_decided, season.n_weeks - 1) + 2)
        ]
        if n_decided == season.n_weeks:
            parts.append(season.reports_after(n_decided))
        return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)


def decide_week(
    board: SeasonBoard, place: Place, number: int, choice: Choice, received_at: datetime
) -> tuple[Decided, bool]:
    """Open declarations of a week.

    Parameters
    ----------
    board : SeasonBoard
    place : Place
    number : int
        The next week; or one that was decided, with the same choice.
    choice : Choice
    received_at : datetime
        When the request was complete; decides whether it is in time.

    Returns
    -------
    decided : Decided
    is_new : bool
        False if the week had been decided in the same way before.

    Raises
    ------
    NotFoundError
        If there is no such world or week, or the attempt was not begun.
    ConflictError
        If the week was decided otherwise, another one is next, or the attempt has ended.
    NotOpenError
        If the competition was not open.
    KitError
        If the choice does not name the right number of different declarations of the week.
    """
    with _season(board, place) as season:
        next_number = len(season.opened) + 1
        if not 1 <= number <= season.n_weeks:
            raise NotFoundError(f"A season has the weeks 1 to {season.n_weeks}.")
        if number > next_number:
            raise ConflictError(f"Week {next_number} is to be decided next, not week {number}.")
        if number < next_number:
            before = season.opened[number - 1].selection
            if not _is_same(season, number, choice, before):
                raise ConflictError(
                    f"Week {number} was decided otherwise. Week {next_number} is the next."
                    if next_number <= season.n_weeks
                    else f"Week {number} was decided otherwise, and the season is over."
                )
            return _decided(season, number), False
        selection = choice.read(season, number)
        season.step(selection)
        try:
            decided = _decided(season, number)
            step = NewStep(
                place,
                number,
                selection_json(selection),
                hash_reports(decided.reports),
                total_season(season.arrivals, season.opened).scores()
                if number == season.n_weeks
                else None,
                received_at,
            )
            board.commits.run(step, lambda steps: store_steps(board, steps))
            if number == season.n_weeks:
                board.files.delete(place)
        except BaseException:
            # What was not stored was not decided: the season follows the database.
            season.resume([it.selection for it in season.opened[:-1]])
            raise
        return decided, True


def _decided(season: InspectionSeason, number: int) -> Decided:
    reports = reports_as_rows(season.reports_after(number))
    n_opened = len(season.opened[number - 1].rows)
    if number == season.n_weeks:
        return Decided(number, n_opened, None, None, None, reports)
    week = season.look(number + 1)
    return Decided(number, n_opened, week.number, len(week.rows), week.n_inspections, reports)


def _is_same(season: InspectionSeason, number: int, choice: Choice, before: Selection) -> bool:
    try:
        return choice.read(season, number).as_dict() == before.as_dict()
    except KitError:
        return False


@contextmanager
def _season(board: SeasonBoard, place: Place) -> Iterator[InspectionSeason]:
    """Lock a world in memory, as far as the database has decided it.

    Raises
    ------
    NotFoundError
        If there is no such world, or the attempt was not begun.
    """
    check_world(board, place.world)
    of_world = (
        SeasonStep.team_number == place.team_number,
        SeasonStep.attempt == place.attempt,
        SeasonStep.world == place.world,
    )
    with board.database.glancing() as connection:
        begun = select(func.count()).where(
            SeasonAttempt.team_number == place.team_number, SeasonAttempt.number == place.attempt
        )
        if not connection.scalar(begun):
            raise NotFoundError(f"Your team has not begun attempt {place.attempt}.")
    world = board.worlds.find(place)
    with world.lock:
        n_known = len(world.season.opened)
        query = select(SeasonStep.selection).where(*of_world, SeasonStep.week > n_known)
        with board.database.glancing() as connection:
            later = connection.scalars(query.order_by(SeasonStep.week)).all()
        # After a start, or where another process serves the same competition.
        for text in later:
            world.season.step(Selection.from_dict(json.loads(text)))
        yield world.season
