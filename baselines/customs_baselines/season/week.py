"""What a strategy sees of one week."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.errors import KitError
from customs_data.exact_rates import exact_rate
from customs_data.schema import KEY
from customs_scorer.season.environment import REPORT_COLUMNS
from customs_scorer.season.selection import Selection

Integers = npt.NDArray[np.int64]

#: Reason of a draw while labels are too few to learn from.
NOTHING_LEARNED: Final = "nothing learned yet"


class Office:
    """Everything that has been filed and reported so far; grows week by week.

    Parameters
    ----------
    declarations : DataFrame, shape (n, 20)
        In the order of filing.
    features : ndarray of float32, shape (n, n_features)
        See `customs_baselines.features.as_of`.
    codes : ndarray of int32, shape (n, n_keys)
    week : ndarray of int32, shape (n,)

    Attributes
    ----------
    reports : DataFrame, columns `REPORT_COLUMNS`
        In the order of arrival.
    """

    def __init__(
        self,
        declarations: pd.DataFrame,
        features: npt.NDArray[np.float32],
        codes: npt.NDArray[np.int32],
        week: npt.NDArray[np.int32],
    ) -> None:
        # Joined when somebody reads them: most strategies read the numbers alone.
        self._parts = [declarations]
        self._numbers = [_Growing(it) for it in (features, codes, week)]
        self.reports = pd.DataFrame(columns=REPORT_COLUMNS)
        self._reported = _Growing(np.empty(0, dtype=np.int64))
        self._row_of: dict[str, int] = {}
        self._number(declarations)

    def __len__(self) -> int:
        return self._numbers[0].size

    @property
    def features(self) -> npt.NDArray[np.float32]:
        """As-of features, shape (n, n_features)."""
        return self._numbers[0].values

    @property
    def codes(self) -> npt.NDArray[np.int32]:
        """Codes of `customs_baselines.features.as_of.KEYS`, shape (n, n_keys)."""
        return self._numbers[1].values

    @property
    def week(self) -> npt.NDArray[np.int32]:
        """Weeks of filing, shape (n,)."""
        return self._numbers[2].values

    @property
    def declarations(self) -> pd.DataFrame:
        """All declarations, shape (n, 20)."""
        if len(self._parts) > 1:
            self._parts = [pd.concat(self._parts, ignore_index=True)]
        return self._parts[0]

    def file(self, more: Office) -> None:
        """Add a week's declarations."""
        self._number(more.declarations)
        self._parts.append(more.declarations)
        for numbers, new in zip(self._numbers, more._numbers, strict=True):
            numbers.append(new.values)

    def report(self, reports: pd.DataFrame) -> None:
        """Add reports that have arrived."""
        known = [it for it in (self.reports, reports) if len(it)]
        self.reports = pd.concat(known, ignore_index=True) if known else reports
        rows = [self._row_of[one] for one in reports[KEY].tolist()]
        self._reported.append(np.array(rows, dtype=np.int64))

    def reported_rows(self) -> Integers:
        """Return the positions of the declarations of the reports."""
        return self._reported.values

    def _number(self, declarations: pd.DataFrame) -> None:
        start = len(self._row_of)
        ids = declarations[KEY].tolist()
        self._row_of |= {one: start + row for row, one in enumerate(ids)}


class _Growing:
    """An array that rows are added to without copying all earlier ones each time."""

    def __init__(self, values: npt.NDArray[Any]) -> None:
        self._room = values
        self.size = len(values)

    @property
    def values(self) -> npt.NDArray[Any]:
        return self._room[: self.size]

    def append(self, new: npt.NDArray[Any]) -> None:
        size = self.size + len(new)
        if size > len(self._room):
            room = np.empty((max(size, 2 * self.size), *new.shape[1:]), dtype=self._room.dtype)
            room[: self.size] = self.values
            self._room = room
        self._room[self.size : size] = new
        self.size = size


@dataclass(frozen=True, eq=False)
class Week:
    """What is known before a week is decided. A strategy's ``select(week)`` gets it.

    Attributes
    ----------
    number : int
        1 is the first week that is decided.
    n_inspections : int
        How many declarations are to be opened.
    office : Office
        Everything so far, this week's declarations included.
    arrivals : DataFrame, shape (n_arrivals, 20)
        Declarations of this week.
    seed : int
        Seed of everything that is drawn.
    """

    number: int
    n_inspections: int
    office: Office
    arrivals: pd.DataFrame
    seed: int = 0

    @cached_property
    def rng(self) -> np.random.Generator:
        """Random numbers for a strategy; equal seeds and weeks give equal ones."""
        return self.stream("strategy")

    @property
    def n_arrivals(self) -> int:
        """Number of declarations of this week."""
        return len(self.arrivals)

    @property
    def history(self) -> pd.DataFrame:
        """All earlier declarations, in the order of filing, opened or not."""
        return self.office.declarations.iloc[: -self.n_arrivals]

    @property
    def reports(self) -> pd.DataFrame:
        """All reports so far; Declaration ID, Week, Fraud, Duty Recovered, Chosen By and others."""
        return self.office.reports

    @property
    def features(self) -> npt.NDArray[np.float32]:
        """As-of features of the arrivals, shape (n_arrivals, n_features)."""
        return self.office.features[-self.n_arrivals :]

    @cached_property
    def known_rows(self) -> Integers:
        """Positions in the history of the declarations with a report, shape (n_known,)."""
        return self.office.reported_rows()

    @property
    def known_features(self) -> npt.NDArray[np.float32]:
        """As-of features of these, shape (n_known, n_features)."""
        return self.office.features[self.known_rows]

    @property
    def known_labels(self) -> npt.NDArray[np.int8]:
        """1 where their inspection found fraud, else 0, shape (n_known,)."""
        return self.reports["Fraud"].to_numpy(np.int8)

    @property
    def history_labels(self) -> npt.NDArray[np.int8]:
        """Labels of the whole history, -1 where there is no report, shape (n_history,)."""
        labels = np.full(len(self.office) - self.n_arrivals, -1, dtype=np.int8)
        labels[self.known_rows] = self.known_labels
        return labels

    def highest(
        self, score: npt.ArrayLike, share: float = 1.0, reason: str = "highest"
    ) -> Selection:
        """Return the arrivals with the highest score, as many as `share` of the inspections.

        Parameters
        ----------
        score : array_like of float, shape (n_arrivals,)
            Finite; ties are drawn.
        share : float
            In (0, 1]; rounded up.
        reason : str
            Written into the reports.

        Raises
        ------
        KitError
            If the scores are no finite numbers, one per arrival.
        """
        return Selection.first(self._order(score), self._n(share, ceil), reason)

    def explore(self, score: npt.ArrayLike, share: float, reason: str) -> Selection:
        """Return the same, rounded down: what is left of ``highest(..., 1 - share)``."""
        return Selection.first(self._order(score), self._n(share, floor), reason)

    def random(self, share: float = 1.0, reason: str = "random") -> Selection:
        """Return arrivals drawn with equal chances, as many as `share` of the inspections.

        The number is rounded down. ``week.highest(score, share=0.9) | week.random(share=0.1)`` is
        all inspections: rows that were already taken are not drawn.
        """
        order = self.stream(reason).permutation(self.n_arrivals).astype(np.int64)
        return Selection.first(order, self._n(share, floor), reason, draws_from=self.n_arrivals)

    def stream(self, name: str) -> np.random.Generator:
        """Return random numbers for one purpose: what another part draws does not change them."""
        return np.random.default_rng([self.seed, self.number, *name.encode()])

    def _n(self, share: float, rounded: Any) -> int:
        return int(rounded(exact_rate(share, "share") * self.n_inspections)) if share else 0

    def _order(self, score: npt.ArrayLike) -> Integers:
        values = np.asarray(score, dtype=np.float64)
        if values.shape != (self.n_arrivals,):
            raise KitError(
                f"Week {self.number} has {self.n_arrivals} arrivals, but the scores have the shape "
                f"{values.shape}."
            )
        if bad := int((~np.isfinite(values)).sum()):
            raise KitError(f"{bad} of {len(values)} scores of week {self.number} are not finite.")
        order = self.stream("ties").permutation(self.n_arrivals)
        return np.asarray(order[np.argsort(-values[order], kind="stable")], dtype=np.int64)
