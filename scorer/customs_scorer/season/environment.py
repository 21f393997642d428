"""A season, step by step: the only object that holds labels which nobody has opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.errors import KitError
from customs_data.schema import KEY
from customs_data.season.arrivals import Arrivals
from customs_scorer.season.budget import Budget
from customs_scorer.season.selection import Selection, read_selection

#: Columns of a report. Chosen By and Propensity are those of the selection; warm-up labels have
#: the week 0, "warm-up" and NaN.
REPORT_COLUMNS: Final = (
    KEY, "Week", "Fraud", "Critical Fraud", "Duty Recovered", "Chosen By", "Propensity",
)  # fmt: skip
#: Column that reports have beside these, if they name the scheme.
VIOLATION: Final = "Violation"
#: Column of a report that has 1 where the inspection succeeded.
OUTCOME: Final = "Fraud"
_WARM_UP: Final = "warm-up"


@dataclass(frozen=True, eq=False)
class OpenWeek:
    """What an office sees before it decides.

    Attributes
    ----------
    number : int
        1 is the first week that is decided.
    rows : ndarray of int64, shape (n_arrivals,)
        Positions of this week's declarations in the season's.
    n_inspections : int
        How many of them are to be opened.
    reports : DataFrame, columns `REPORT_COLUMNS`, perhaps `VIOLATION`
        Reports that arrived since the last decision; before week 1, the labels of the warm-up.
    """

    number: int
    rows: npt.NDArray[np.int64]
    n_inspections: int
    reports: pd.DataFrame


@dataclass(frozen=True, eq=False)
class OpenedWeek:
    """What was opened in one week.

    Attributes
    ----------
    number : int
    rows : ndarray of int64, shape (k,)
        Positions in the season's declarations.
    selection : Selection
        The same rows among the week's arrivals, with reasons.
    """

    number: int
    rows: npt.NDArray[np.int64]
    selection: Selection


class InspectionSeason:
    """Weeks of arrivals; each is decided, then its inspections are reported.

    In the manner of Gymnasium, without depending on it: rows are an array, not a `Space`, because
    the number of arrivals changes from week to week.

    Parameters
    ----------
    arrivals : Arrivals
    budget : Budget
        How many declarations are opened each week.
    delay : int
        Reports of a week are at hand when the week so many weeks later is decided.
    names_scheme : bool
        Whether reports have the column `VIOLATION`: the kind of violation where fraud is found,
        otherwise ``""``.

    Raises
    ------
    KitError
        If the delay is not positive, labels of arriving declarations are unknown, or nobody knows
        the violations that reports should name.
    """

    def __init__(
        self,
        arrivals: Arrivals,
        budget: Budget | None = None,
        delay: int = 1,
        *,
        names_scheme: bool = False,
    ) -> None:
        if delay < 1:
            raise KitError(f"Reports take at least one week, not {delay}.")
        played = arrivals.fraud[arrivals.week >= 1]
        if n_unknown := int((played < 0).sum()):
            raise KitError(
                f"{n_unknown:,} of {len(played):,} arriving declarations have no label, so that an "
                "inspection would find nothing in them. A season takes complete labels."
            )
        if names_scheme and arrivals.violation is None:
            raise KitError(
                "Nobody knows the kinds of violation in these declarations: play them without "
                "--report scheme."
            )
        self.names_scheme = names_scheme
        self.budget = budget or Budget()
        self.delay = delay
        self.declarations = arrivals.declarations
        self._ids = arrivals.declarations[KEY].to_numpy()
        self.n_weeks = arrivals.n_weeks
        self.opened: list[OpenedWeek] = []
        self.arrivals = arrivals
        self._is_over = True

    def reset(self, seed: int | None = None) -> tuple[OpenWeek, dict[str, Any]]:
        """Begin again; return week 1 and an empty dict. `seed` changes nothing: rows are fixed."""
        self.opened = []
        self._is_over = False
        return self.look(1), {}

    def resume(self, selections: Sequence[Selection]) -> OpenWeek | None:
        """Begin again, and repeat what was opened in the first weeks.

        Parameters
        ----------
        selections : sequence of Selection
            Week by week from week 1.

        Returns
        -------
        OpenWeek or None
            The week to decide next; None if all were repeated.

        Raises
        ------
        KitError
            As `step`.
        """
        week: OpenWeek | None
        week, _ = self.reset()
        for selection in selections:
            week, *_ = self.step(selection)
        return week

    def look(self, number: int) -> OpenWeek:
        """Return a week as it is seen before it is decided, at once or later.

        Parameters
        ----------
        number : int
            At most the number of weeks that were decided, plus 1.

        Raises
        ------
        KitError
            If the week before it was not decided, or there is no such week.
        """
        last = min(len(self.opened) + 1, self.n_weeks)
        if not 1 <= number <= last:
            raise KitError(f"Week {number} cannot be seen yet: weeks 1 to {last} can.")
        rows = self.arrivals.rows_of(number)
        n_inspections = self.budget.n_inspections(number, len(rows))
        return OpenWeek(number, rows, n_inspections, self._due(number))

    def step(self, answer: Any) -> tuple[OpenWeek | None, int, bool, bool, dict[str, Any]]:
        """Open declarations of this week.

        Parameters
        ----------
        answer : Selection, or array_like of int or str
            As of `read_selection`.

        Returns
        -------
        week : OpenWeek or None
            The next week; None after the last.
        reward : int
            Frauds that were opened.
        terminated, truncated : bool
            Whether this was the last week; False.
        info : dict
            Empty.

        Raises
        ------
        KitError
            If the season is over, or as `read_selection`.
        """
        if self._is_over:
            raise KitError("The season is over. Call reset() to begin another.")
        number = len(self.opened) + 1
        selection = self.read(number, answer)
        chosen = self.arrivals.rows_of(number)[selection.rows]
        self.opened.append(OpenedWeek(number, chosen, selection))
        reward = int((self.arrivals.fraud[chosen] == 1).sum())
        self._is_over = number == self.n_weeks
        if self._is_over:
            return None, reward, True, False, {}
        return self.look(number + 1), reward, False, False, {}

    def read(self, number: int, answer: Any) -> Selection:
        """Return what was answered to a week as a selection, without opening it.

        Parameters
        ----------
        number : int
        answer : Selection, or array_like of int or str

        Raises
        ------
        KitError
            As `read_selection`.
        """
        rows = self.arrivals.rows_of(number)
        n_earlier = int((self.arrivals.week < number).sum())
        return read_selection(
            answer,
            self.declarations[[KEY]].iloc[rows],
            self.declarations[KEY].iloc[:n_earlier],  # rows are in the order of weeks
            self.budget.n_inspections(number, len(rows)),
            number,
        )

    def reports_after(self, number: int) -> pd.DataFrame:
        """Return the reports that arrive when a week has been decided.

        Parameters
        ----------
        number : int
            A week that was decided. After the last one all reports that are left arrive.
        """
        if number < self.n_weeks:
            return self.look(number + 1).reports
        left = self.opened[max(self.n_weeks - self.delay, 0) :]
        reports = [self._report(it.number, *self._reported(it)) for it in left]
        return pd.concat(reports, ignore_index=True)

    def inspections(self) -> pd.DataFrame:
        """Return the reports of everything that was opened, the warm-up apart."""
        reports = [self._report(it.number, it.rows, it.selection) for it in self.opened]
        return pd.concat(reports or [self._report(0, *_nothing())], ignore_index=True)

    def _due(self, number: int) -> pd.DataFrame:
        """Return the reports that arrive before a week is decided."""
        if number == 1:
            known = np.flatnonzero(self.arrivals.is_known)
            unchosen = Selection(known, np.full(len(known), _WARM_UP), np.full(len(known), np.nan))
            return self._report(0, known, unchosen)
        of_week = number - self.delay
        if of_week < 1:
            return self._report(0, *_nothing())
        return self._report(of_week, *self._reported(self.opened[of_week - 1]))

    def _reported(self, opened: OpenedWeek) -> tuple[npt.NDArray[np.int64], Selection]:
        """Return the declarations of which a week's reports are: those that were opened."""
        return opened.rows, opened.selection

    def _report(self, week: int, rows: npt.NDArray[np.int64], selection: Selection) -> pd.DataFrame:
        truth = self.arrivals
        duty = np.full(len(rows), np.nan) if truth.duty is None else truth.duty[rows]
        columns = (
            self._ids[rows], np.full(len(rows), week), truth.fraud[rows],
            truth.critical[rows], duty, selection.reason, selection.propensity,
        )  # fmt: skip
        report = dict(zip(REPORT_COLUMNS, columns, strict=True))
        if self.names_scheme and truth.violation is not None:
            report[VIOLATION] = truth.violation[rows]
        return pd.DataFrame(report)


def _nothing() -> tuple[npt.NDArray[np.int64], Selection]:
    return np.empty(0, dtype=np.int64), Selection.of([], _WARM_UP)
