"""Train on this, be judged on that: the one shape of the idea.

An edition, a world, a validation by time and a week of inspections are all splits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.errors import KitError
from customs_data.schema import DECLARED_COLUMNS, ERASED
from customs_data.tasks import Task


@dataclass(frozen=True, repr=False, eq=False)
class Split:
    """What a model gets, and what it is judged on.

    Attributes
    ----------
    task : Task
        What is asked.
    train : DataFrame, shape (n_train, n_columns)
        Declared columns of the training declarations.
    labels : DataFrame of int8, shape (n_train, n_labels)
        Label columns of the task; -1 where a label is unknown.
    test : DataFrame, shape (n_test, n_columns)
        Declared columns of the declarations to answer for.
    answers : DataFrame or None, shape (n_units, n_targets)
        True target columns; None where they are hidden.
    units : Series of str or None, shape (n_units,)
        Keys of what is asked; None if these are the declarations of `test`.
    given : dict of str to DataFrame
        Further public tables of the task, by name.
    """

    task: Task
    train: pd.DataFrame
    labels: pd.DataFrame
    test: pd.DataFrame
    answers: pd.DataFrame | None = None
    units: pd.Series[str] | None = None
    given: dict[str, pd.DataFrame] = field(default_factory=dict)

    def __repr__(self) -> str:
        known = self.y[self.y != ERASED]
        labelled = f"{len(known):,} labelled" if len(known) < len(self.y) else "all labelled"
        if len(known) and self.task.label_columns[0].values == (0, 1):
            labelled += f", {known.mean():.0%} {self.task.label.lower()}"
        return f"{len(self.train):,} train ({labelled}), {len(self.test):,} test"

    @property
    def keys(self) -> pd.Series[str]:
        """Keys of what is asked, shape (n_units,)."""
        return self.test[self.task.unit.key] if self.units is None else self.units

    @property
    def y(self) -> npt.NDArray[np.int8]:
        """The label that models learn, shape (n_train,): 0, 1, or -1 where it is unknown."""
        return self.labels[self.task.label].to_numpy(np.int8)

    @property
    def y_test(self) -> npt.NDArray[np.int8]:
        """The same label of `test`, shape (n_test,).

        Raises
        ------
        KitError
            If the answers are hidden.
        """
        if self.answers is None:
            raise KitError(
                "The answers of the test declarations are hidden. Only organizers have them."
            )
        return self.answers[self.task.label].to_numpy(np.int8)

    @property
    def keywords(self) -> dict[str, npt.NDArray[np.int8]]:
        """Further labels, each of shape (n_train,), by the keyword that `fit` may take them by."""
        return {
            key: self.labels[name].to_numpy(np.int8) for key, name in self.task.keywords.items()
        }

    @classmethod
    def of_frames(cls, task: Task, train: pd.DataFrame, test: pd.DataFrame) -> Split:
        """Cut frames that contain the target columns beside the declared ones."""
        return cls(
            task,
            train[list(DECLARED_COLUMNS)],
            train[list(task.labels)],
            test[list(task.test_columns)],
            test[list(task.target_names)],
        )

    def with_labels(self, kept: npt.NDArray[np.bool_]) -> Split:
        """Return the split with the labels of some training declarations only."""
        labels = self.labels.copy()
        labels.loc[~kept] = ERASED
        return replace(self, labels=labels)

    def labelled(self) -> Split:
        """Return the split without training and test declarations that have no label."""
        known = self.y != ERASED
        split = replace(self, train=rows_of(self.train, known), labels=rows_of(self.labels, known))
        if self.answers is None:
            return split
        known = self.y_test != ERASED
        return replace(split, test=rows_of(self.test, known), answers=rows_of(self.answers, known))

    def earlier_and_later(self, later: npt.NDArray[np.bool_]) -> Split:
        """Split the training declarations: learn on the earlier ones, be judged on the later ones.

        Parameters
        ----------
        later : ndarray of bool, shape (n_train,)
            Declarations to be judged on; those of them without a label are left out.
        """
        judged = later & (self.y != ERASED)
        return replace(
            self,
            train=rows_of(self.train, ~later),
            labels=rows_of(self.labels, ~later),
            test=rows_of(self.train, judged).drop(columns=list(self.task.withheld)),
            answers=rows_of(self.labels, judged),
            units=None,
        )


def rows_of(frame: pd.DataFrame, chosen: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Return the chosen rows, numbered anew; not copied where they lie side by side."""
    places = np.flatnonzero(chosen)
    side_by_side = len(places) > 0 and places[-1] - places[0] + 1 == len(places)
    rows = frame.iloc[places[0] : places[-1] + 1] if side_by_side else frame[chosen]
    return rows.reset_index(drop=True)


def split_by_time(
    dates: pd.Series[pd.Timestamp], later_share: float = 0.25
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Split training declarations by time, for a validation.

    Parameters
    ----------
    dates : Series of datetime64, shape (n_train,)
        Column Date.
    later_share : float
        Share of the period's *days* that forms the later part, in (0, 1): a quarter of twelve
        months, as long as a test period.

    Returns
    -------
    earlier, later : ndarray of bool, shape (n_train,)

    Raises
    ------
    KitError
        If a part would be empty.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2020-01-01", periods=8))
    >>> split_by_time(days)[1].sum()
    np.int64(2)
    """
    ((earlier, later),) = TimeSplit(later_share=later_share).masks(dates)
    return earlier, later


@dataclass(frozen=True)
class TimeSplit:
    """Folds by time, for the parameter `cv` of GridSearchCV, cross_val_score and others.

    A model never learns from declarations filed on or after the first day that it is judged on.

    Parameters
    ----------
    n_splits : int
        Number of folds. The last one is judged on the last days, each one before it on the days
        before those.
    later_share : float
        Share of the period's *days* on which each fold is judged, in (0, 1).

    Raises
    ------
    KitError
        If the folds leave nothing to learn from.

    Examples
    --------
    >>> X = pd.DataFrame({"Date": pd.date_range("2020-01-01", periods=8)})
    >>> for train, test in TimeSplit(n_splits=2).split(X):
    ...     print(train, test)
    [0 1 2 3] [4 5]
    [0 1 2 3 4 5] [6 7]
    """

    n_splits: int = 1
    later_share: float = 0.25

    def __post_init__(self) -> None:
        if not 0 < self.later_share < 1:
            raise KitError(f"later_share must be between 0 and 1, but it is {self.later_share}.")
        if self.n_splits < 1:
            raise KitError(f"n_splits must be at least 1, but it is {self.n_splits}.")
        if self.n_splits * self.later_share >= 1:
            raise KitError(
                f"{self.n_splits} folds of {self.later_share:g} of the days leave none to learn "
                "from. Choose fewer folds or a smaller later_share."
            )

    def split(
        self, X: pd.DataFrame, y: object = None, groups: object = None
    ) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
        """Yield the positions of training and test rows of each fold, in the order of time.

        Parameters
        ----------
        X : DataFrame with a column Date, shape (n_declarations, n_columns)
            In any order.
        y, groups : object
            Not read.

        Raises
        ------
        KitError
            If `X` has no column Date, or a part would be empty.
        """
        if "Date" not in getattr(X, "columns", ()):
            raise KitError("TimeSplit reads the column Date: X must be a DataFrame with it.")
        for earlier, later in self.masks(X["Date"]):
            yield np.flatnonzero(earlier), np.flatnonzero(later)

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of folds; nothing is read."""
        return self.n_splits

    def masks(
        self, dates: pd.Series[pd.Timestamp]
    ) -> Iterator[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
        """Yield training and test rows of each fold as masks, shape (n_declarations,)."""
        days = dates.to_numpy().astype("datetime64[D]")
        if len(days) == 0:
            raise KitError("No training declarations to split by time.")
        if n_missing := int(np.isnat(days).sum()):
            raise KitError(f"{n_missing:,} of {len(days):,} declarations have no Date to split by.")
        if days.min() == days.max():
            raise KitError(
                f"All training declarations are of {days.max()}: to split by time takes two days."
            )
        n_days = int((days.max() - days.min()).astype(np.int64)) + 1
        length = np.timedelta64(max(round(n_days * self.later_share), 1), "D")
        end = days.max() + np.timedelta64(1, "D")
        for i in range(self.n_splits, 0, -1):
            first, after = end - i * length, end - (i - 1) * length
            earlier, later = days < first, (days >= first) & (days < after)
            if not (earlier.any() and later.any()):
                raise KitError(
                    f"No declarations before {first} to learn from, or none from {first} to "
                    f"{after - np.timedelta64(1, 'D')} to judge by: {n_days} days are too few for "
                    f"{self.n_splits} folds."
                )
            yield earlier, later
