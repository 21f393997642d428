"""A world or an edition as weeks of arriving declarations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.edition.hidden import (
    load_hidden,
    load_solution,
    load_train_labels,
)
from customs_data.edition.layout import TRUTH
from customs_data.edition.loading import Edition
from customs_data.erasure import erase
from customs_data.errors import InvalidEditionError, KitError
from customs_data.keyed_random import derive
from customs_data.schema import DECLARED_COLUMNS, KEY
from customs_data.season.duty import duty_cap, recoverable_duty
from customs_data.season.outbreaks import find_outbreaks
from customs_data.season.warm_up import full_weeks
from customs_data.season.weeks import first_day, number_weeks
from customs_data.world.simulate import World

#: Weeks before the first decision, and weeks that are played.
WARM_UP_WEEKS: Final = 26
PLAYED_WEEKS: Final = 52
_WARM_UP: Final = "season warm-up"  # name of the random stream


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Declarations in the order in which they are filed, with what an inspection finds.

    Attributes
    ----------
    declarations : DataFrame, shape (n, 20)
        Declared columns.
    week : ndarray of int32, shape (n,)
        As of `number_weeks`: 1 is the first that is decided, the warm-up is before it.
    is_known : ndarray of bool, shape (n,)
        Declarations of the warm-up whose labels are known from the start.
    fraud : ndarray of int8, shape (n,)
        1 where an inspection finds fraud; -1 where nobody knows. It is a property of the row, so
        that everybody who opens it sees the same.
    critical : ndarray of int8, shape (n,)
        2 where it is critical.
    duty : ndarray of float64 or None, shape (n,)
        KRW that an inspection recovers; None if the edition does not say.
    cap : float
        Most that a declaration counts for in capped revenue, from the warm-up's declared duty.
    probability : ndarray of float64 or None, shape (n,)
        True probability of fraud given the declaration; None if nobody knows.
    violation : ndarray of str or None, shape (n,)
        Kind of violation that an inspection records where it finds fraud, otherwise ``""``; None if
        the edition does not say.
    outbreak : ndarray of int32 or None, shape (n,)
        As of `find_outbreaks`; None if nobody knows.
    outbreak_names : tuple of str
        Names of the outbreaks.
    """

    declarations: pd.DataFrame
    week: npt.NDArray[np.int32]
    is_known: npt.NDArray[np.bool_]
    fraud: npt.NDArray[np.int8]
    critical: npt.NDArray[np.int8]
    duty: npt.NDArray[np.float64] | None
    cap: float
    probability: npt.NDArray[np.float64] | None = None
    violation: npt.NDArray[np.object_] | None = None
    outbreak: npt.NDArray[np.int32] | None = None
    outbreak_names: tuple[str, ...] = ()

    @property
    def n_weeks(self) -> int:
        """Number of weeks that are played."""
        return int(self.week.max())

    def rows_of(self, week: int) -> npt.NDArray[np.int64]:
        """Return the positions of the declarations of a week."""
        return np.flatnonzero(self.week == week)


def arrivals_of_world(
    world: World,
    secret: bytes,
    *,
    warm_up_rate: float = 0.05,
    warm_up_weeks: int = WARM_UP_WEEKS,
    played_weeks: int = PLAYED_WEEKS,
    erasure: str = "random",
) -> Arrivals:
    """Return the weeks of a simulated world.

    Parameters
    ----------
    world : World
    secret : bytes
        Its secret, from which the labels of the warm-up are drawn, too.
    warm_up_rate : float
        Share of the warm-up's declarations whose labels are known from the start.
    warm_up_weeks, played_weeks : int
        Later weeks are left out; at most as many as the world has.
    erasure : str
        How these labels were chosen, as of `full_weeks`. With ``full:4`` the earlier weeks of the
        warm-up are no part of the season, and the share means nothing.

    Raises
    ------
    KitError
        If the world is too short, or a setting is out of range.
    """
    if min(warm_up_weeks, played_weeks) < 1:
        raise KitError("A season takes at least one week of warm-up and one to play.")
    n_full = full_weeks(erasure)
    if n_full is not None and n_full > warm_up_weeks:
        raise KitError(
            f"The warm-up has {warm_up_weeks} weeks, so {n_full} of them cannot be its last ones. "
            "Give fewer."
        )
    table = world.declarations
    first_filed = table["Date"].to_numpy().astype("datetime64[D]")[0]
    week = number_weeks(table["Date"], first_day(first_filed, warm_up_weeks))
    begins = 1 - (warm_up_weeks if n_full is None else n_full)
    kept = np.flatnonzero((begins <= week) & (week <= played_weeks))
    table, week = table.iloc[kept].reset_index(drop=True), week[kept]
    declarations = table[list(DECLARED_COLUMNS)]
    fraud, critical = (table[name].to_numpy(np.int8) for name in ("Fraud", "Critical Fraud"))
    warm_up = week < 1
    is_known = np.zeros(len(week), dtype=np.bool_)
    if n_full is not None:
        is_known[warm_up] = True
    else:
        is_known[warm_up] = erase(
            declarations[warm_up],
            fraud[warm_up],
            label_rate=warm_up_rate,
            erasure=erasure,
            secret=derive(secret, _WARM_UP),
        )
    outbreak, outbreak_names = find_outbreaks(world)
    return Arrivals(
        declarations,
        week,
        is_known,
        fraud,
        critical,
        recoverable_duty(fraud, world.truth["Duty Evaded"].to_numpy()[kept]),
        duty_cap(declarations[warm_up]),
        world.oracle["Posterior Probability"].to_numpy(np.float64)[kept],
        world.truth["Violation"].to_numpy(object)[kept],
        outbreak[kept],
        outbreak_names,
    )


def arrivals_of_edition(edition: Edition) -> Arrivals:
    """Return the weeks of an edition: its test periods are played, its training is the warm-up.

    The published training labels are known from the start. Real declarations will do, if they were
    imported with their labels.

    Raises
    ------
    InvalidEditionError
        If the hidden labels are not at hand, or the truth lacks declarations.
    KitError
        If the edition does not ask about fraud.
    """
    if edition.task.name != "fraud":
        raise KitError(f"A season is about fraud, but the edition asks about {edition.task.name}.")
    solution = load_solution(edition.layout, edition.test[KEY])
    columns = list(DECLARED_COLUMNS)
    declarations = pd.concat([edition.train[columns], edition.test[columns]], ignore_index=True)
    n_train = len(edition.train)
    hidden = load_train_labels(edition.layout).set_index(KEY)
    fraud, critical = (
        np.concatenate([_complete(edition, hidden, name), solution[name].to_numpy(np.int8)])
        for name in ("Fraud", "Critical Fraud")
    )
    order = np.argsort(declarations["Date"].to_numpy(), kind="stable")
    is_known = np.zeros(len(declarations), dtype=np.bool_)
    is_known[:n_train] = edition.y >= 0
    duty = violation = None
    if edition.layout.has_truth:
        truth = load_hidden(edition.layout, TRUTH).set_index(KEY)
        if n_missing := int((~declarations[KEY].isin(truth.index)).sum()):
            raise InvalidEditionError(
                f"{edition.layout.hidden} lacks the simulator's truth for {n_missing:,} of "
                f"{len(declarations):,} declarations. Fetch the edition again."
            )
        truth = truth.loc[declarations[KEY]]
        duty = recoverable_duty(fraud, truth["Duty Evaded"].to_numpy(np.float64))[order]
        if "Violation" in truth:
            violation = truth["Violation"].to_numpy(object)[order]
    first = edition.test["Date"].to_numpy().astype("datetime64[D]").min()
    declarations = declarations.iloc[order].reset_index(drop=True)
    return Arrivals(
        declarations,
        number_weeks(declarations["Date"], first),
        is_known[order],
        fraud[order],
        critical[order],
        duty,
        duty_cap(edition.train),
        violation=violation,
    )


def _complete(edition: Edition, hidden: pd.DataFrame, name: str) -> npt.NDArray[np.int8]:
    """Return training labels, the erased ones included."""
    labels = edition.labels[name].to_numpy(np.int8).copy()
    erased = np.flatnonzero(labels < 0)
    known = hidden[name].reindex(edition.train[KEY].iloc[erased])
    labels[erased] = known.fillna(-1).to_numpy(np.int8)
    return labels
