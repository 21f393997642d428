"""Recipe `kit`: features that an analyst of customs declarations would compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from customs_baselines.features.cell_sums import UNIT, Lookup
from customs_baselines.features.folds import ONE_VIEW, LeftOut, divide
from customs_baselines.features.kit_statistics import (
    COUNTED_KEYS,
    DECLARATIONS,
    EVIDENCE,
    NORMED,
    RANKED_CODES,
    RISK,
    USUAL_PAIRS,
    Key,
    KitStatistics,
    numbers_of,
    profile_keys,
)
from customs_baselines.features.norms import NORM_LEVELS, norms_of_goods
from customs_baselines.features.risk import PROFILE_KEYS, names_of
from customs_baselines.features.row_blocks import Floats, read_all
from customs_baselines.features.transformer import DeclarationTransformer
from customs_data.columns.grouping import CodedSlice, CodedTable, Codes, declared_columns
from customs_data.schema import KEY

#: Cells of the training rows; a view leaves out one or several.
N_CELLS: Final = 12
# With so many labels a second description gains .002 of precision@5 %, with a tenth .009; half the
# cells save memory.
_MANY_LABELS: Final = 10_000
_PRICED = ("Item Price", "Net Mass")
#: Declared columns of each feature; a risk profile has those of its key.
_SOURCES: dict[str, tuple[str, ...]] = {
    "log mass": ("Net Mass",),
    "log price": ("Item Price",),
    "log unit price": _PRICED,
    "tax rate": ("Tax Rate",),
    "log duty": ("Item Price", "Tax Rate"),
    "log unit price against HS6 norm": (*_PRICED, "HS6 Code"),
    "log unit price against HS6 and origin norm": (*_PRICED, "HS6 Code", "Country of Origin"),
    "log mass against HS6 norm": ("Net Mass", "HS6 Code"),
    "log mass against HS6 and origin norm": ("Net Mass", "HS6 Code", "Country of Origin"),
    "weekday": ("Date",),
    "day of month": ("Date",),
    "month": ("Date",),
    "chapter": ("HS6 Code",),
    "heading": ("HS6 Code",),
    "departure is not origin": ("Country of Departure", "Country of Origin"),
    **{name: (name,) for name in RANKED_CODES},
    **{f"count of {' x '.join(key)}": declared_columns(key) for key in COUNTED_KEYS},
    **{
        f"share of {fine[-1]} in {' x '.join(coarse)}": declared_columns(fine)
        for coarse, fine in USUAL_PAIRS
    },
}


def cells_and_views(n_labelled: int, views: Sequence[float]) -> tuple[int, Sequence[float]]:
    """Return the number of cells for so many labels, and which of the views are used."""
    return (N_CELLS // 2, ONE_VIEW) if n_labelled >= _MANY_LABELS else (N_CELLS, views)


def extra_feature(name: str) -> str:
    """Return the name of the feature of an extra column."""
    return f"extra {name}"


def missing_feature(name: str) -> str:
    """Return the name of the feature that says where an extra number is missing."""
    return f"extra {name} is missing"


class KitFeatures(DeclarationTransformer):
    """Features for tree models and, after scaling, linear ones.

    Log mass, value, unit price and duty; their deviation from the norm of the HS code; date parts;
    counts; frequency of route, tax type and rate for the goods; risk profiles. All training
    declarations, labelled or not, are read for everything but the risk profiles. Norms, counts,
    shares and profiles of a training row come from other stretches of time than its own (see
    `divide`), so that its traders look as new as those of later declarations.

    Extra columns of the declarations are features, too: numbers as they are, and a flag if some are
    missing; categories by their rank and with a risk profile.

    Parameters
    ----------
    random_state : int
        Key of the folds that take the place of stretches in declarations of one day.
    with_labels : bool
        False leaves out the risk profiles, so that no feature depends on a label.

    Attributes
    ----------
    statistics_ : KitStatistics
        What the features are computed from.
    """

    def __init__(self, random_state: int = 0, with_labels: bool = True) -> None:
        self.random_state = random_state
        self.with_labels = with_labels

    @property
    def needs_labels(self) -> bool:
        """Whether fitting needs labels: only risk profiles do."""
        return self.with_labels

    def columns_read(self) -> tuple[str, ...]:
        """Return the columns behind the features, and those that deal rows into cells."""
        keys = (name for key in PROFILE_KEYS for name in declared_columns(key))
        sources = (name for key in _SOURCES.values() for name in key)
        return tuple(dict.fromkeys((*sources, *keys, "Date", KEY, *self._extra())))

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike | None = None) -> Self:
        """Learn from training declarations; parameters as of `fit_transform`."""
        self.fit_rows(X, y)
        return self

    def fit_rows(
        self, X: pd.DataFrame, y: npt.ArrayLike | None, views: Sequence[float] = ONE_VIEW
    ) -> KitRows:
        """Learn from training declarations; return their features, computed when read.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20 + n_extra)
            Declared and extra columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        views : sequence of float
            Each declaration is described once per view, without so large a share of the training
            period around it. With 10,000 labels and more there is one view, without a sixth.

        Returns
        -------
        KitRows
            The declarations in their order, once per view.
        """
        y = self.check_training(X, y)
        n_cells, views = cells_and_views(int((y >= 0).sum()), views)
        division = divide(X, y, n_cells, self.random_state)
        cell = division.find(X)
        statistics, coded, groups = KitStatistics.read(
            X, y, cell, division.n_cells, self.with_labels
        )
        self.fit_statistics(statistics)
        left_out = [LeftOut.around(cell, division.n_cells, share) for share in views]
        return KitRows(self, X, coded, groups, left_out)

    def fit_statistics(self, statistics: KitStatistics) -> Self:
        """Learn from the statistics of training declarations, such as merged ones of parts."""
        self.statistics_ = statistics
        categories = (name for name, kind in statistics.extra.items() if kind == "category")
        self.ranks_ = {name: statistics.rank(name) for name in (*RANKED_CODES, *categories)}
        return self

    def find_rows(self, X: pd.DataFrame, left_out: LeftOut | None = None) -> KitRows:
        """Return the features of declarations, computed when read.

        Parameters
        ----------
        X : DataFrame, shape (n_declarations, 20 + n_extra)
            Declared and extra columns.
        left_out : LeftOut, optional
            What training declarations leave out; by default they are later ones.
        """
        return KitRows(self, X, self.statistics_.book.find(X), None, [left_out])

    def learn_features(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Floats:
        """Learn from training declarations and return one description of each."""
        return read_all(self.fit_rows(X, y))

    def find_features(self, X: pd.DataFrame) -> Floats:
        """Return the features of later declarations, shape (n_declarations, n_features)."""
        return read_all(self.find_rows(X))

    def feature_names(self) -> list[str]:
        """Return the names of the features, in order."""
        check_is_fitted(self)
        return [*_SOURCES, *self._extra_sources(), *names_of(self._profiled())]

    def get_feature_sources(self) -> list[tuple[str, ...]]:
        """Declared columns of each feature, in the order of the features."""
        profiled = [declared_columns(key) for key in self._profiled() for _ in ("risk", "evidence")]
        return [*_SOURCES.values(), *self._extra_sources().values(), *profiled]

    def _profiled(self) -> tuple[Key, ...]:
        return profile_keys(self._extra()) if self.with_labels else ()

    def _extra(self) -> dict[str, str]:
        """Return the extra columns of training; none before fitting."""
        return self.statistics_.extra if hasattr(self, "statistics_") else {}

    def _extra_sources(self) -> dict[str, tuple[str, ...]]:
        """Return the column of each feature of extra columns, in the order of the features."""
        sources: dict[str, tuple[str, ...]] = {}
        for name in self._extra():
            sources[extra_feature(name)] = (name,)
            number = self.statistics_.numbers.get(name)
            if number and number.is_missing:
                sources[missing_feature(name)] = (name,)
        return sources

    def _extra_values(self, X: pd.DataFrame, coded: CodedSlice) -> list[Floats]:
        """Return the features of extra columns, shape (n_rows,) each."""
        values: list[Floats] = []
        for name in self._extra():
            number = self.statistics_.numbers.get(name)
            if number is None:
                values.append(self.ranks_[name][coded[name]])
                continue
            cells = X[name].to_numpy(np.float64)
            values.append(number.fill(cells))
            values += [np.isnan(cells).astype(np.float64)] if number.is_missing else []
        return values

    def assemble(
        self,
        X: pd.DataFrame,
        coded: CodedSlice,
        histories: Mapping[Key, Mapping[str, npt.NDArray[Any]]],
    ) -> Floats:
        """Compute features of some rows, shape (n_rows, n_features).

        Parameters
        ----------
        X : DataFrame, shape (n_rows, 20 + n_extra)
            Declared and extra columns.
        coded : CodedSlice
            The same rows as codes.
        histories : mapping of tuple to mapping of str to ndarray, shape (n_rows,) each
            What is known of the rows' groups, by key (see `KitStatistics.history`).
        """
        numbers = numbers_of(X)
        columns: dict[str, npt.NDArray[Any]] = dict(numbers)
        for name in NORMED:
            known = (histories[key] for key in NORM_LEVELS)
            levels = ((history[DECLARATIONS], history[name] * UNIT) for history in known)
            *_, hs6, origin = norms_of_goods(self.statistics_.mean(name), levels)
            columns[f"{name} against HS6 norm"] = numbers[name] - hs6
            columns[f"{name} against HS6 and origin norm"] = numbers[name] - origin
        date = X["Date"].dt
        columns["weekday"] = date.day_of_week.to_numpy(np.float64)
        columns["day of month"] = date.day.to_numpy(np.float64)
        columns["month"] = date.month.to_numpy(np.float64)
        columns["chapter"] = X["HS6 Code"].str[:2].astype(np.float64).to_numpy()
        columns["heading"] = X["HS6 Code"].str[:4].astype(np.float64).to_numpy()
        departs_elsewhere = X["Country of Departure"] != X["Country of Origin"]
        columns["departure is not origin"] = departs_elsewhere.to_numpy(np.float64)
        for name in RANKED_CODES:
            columns[name] = self.ranks_[name][coded[name]]
        for key in COUNTED_KEYS:
            columns[f"count of {' x '.join(key)}"] = np.log1p(histories[key][DECLARATIONS])
        for coarse, fine in USUAL_PAIRS:
            # One imaginary declaration that does not match, so that rare goods get no high share.
            usual, of = (histories[key][DECLARATIONS] for key in (fine, coarse))
            columns[f"share of {fine[-1]} in {' x '.join(coarse)}"] = usual / (of + 1.0)
        risk = [histories[key][name] for key in self._profiled() for name in (RISK, EVIDENCE)]
        extra = self._extra_values(X, coded)
        return np.column_stack([*(columns[name] for name in _SOURCES), *extra, *risk])


class KitRows:
    """Features of recipe `kit`, computed when read (see `FeatureRows`).

    Parameters
    ----------
    features : KitFeatures
        Fitted.
    X : DataFrame, shape (n_declarations, 20)
    coded : CodedTable
        The same declarations as codes of the training.
    groups : dict or None
        Groups of the declarations by key; computed when needed if None.
    views : sequence of LeftOut or None
        What training declarations leave out in each view; None for later declarations.
    """

    def __init__(
        self,
        features: KitFeatures,
        X: pd.DataFrame,
        coded: CodedTable,
        groups: dict[Key, Codes] | None,
        views: Sequence[LeftOut | None],
    ) -> None:
        self._features = features
        self._X = X
        self._coded = coded
        self._groups = groups
        self._views = views
        self._lookups: dict[int, dict[Key, Lookup]] = {}

    def __len__(self) -> int:
        return len(self._X) * len(self._views)

    def read(self, start: int, stop: int) -> Floats:
        """See `FeatureRows`."""
        n = len(self._X)
        parts = [
            self._read(slice(max(start - view * n, 0), min(stop - view * n, n)), view)
            for view in range(len(self._views))
            if start < (view + 1) * n and stop > view * n
        ]
        return np.vstack(parts) if parts else self._read(slice(0, 0), 0)

    def _read(self, rows: slice, view: int) -> Floats:
        statistics, left_out = self._features.statistics_, self._views[view]
        if view not in self._lookups:
            self._lookups[view] = statistics.lookups(len(self._X), left_out)
        coded = self._coded.slice(rows.start, rows.stop)
        some = None if left_out is None else left_out.take(rows)
        histories = {}
        for key, grouping in statistics.groupings.items():
            group = grouping.find(coded) if self._groups is None else self._groups[key][rows]
            histories[key] = self._lookups[view][key].read(group, some)
        return self._features.assemble(self._X.iloc[rows], coded, histories)

    def forget(self) -> None:
        """See `FeatureRows`."""
        del self._coded, self._groups, self._views, self._lookups
