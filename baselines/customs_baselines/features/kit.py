"""Recipe `kit`: features that an analyst of customs declarations would compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from customs_baselines.features.norms import NORM_LEVELS, GoodsNorm
from customs_baselines.features.risk import PROFILE_KEYS, FoldCounts, RiskProfiles
from customs_baselines.features.row_blocks import Floats, read_all
from customs_baselines.features.transformer import DeclarationTransformer
from customs_data.columns.grouping import (
    Codebook,
    CodedSlice,
    CodedTable,
    Codes,
    Group,
    Grouping,
    declared_columns,
    group_sums,
)

Key = tuple[str, ...]

#: Codes with few values; the feature is their rank by frequency in training (0 = most frequent).
RANKED_CODES = (
    "Office ID",
    "Process Type",
    "Import Type",
    "Import Use",
    "Payment Type",
    "Mode of Transport",
    "Tax Type",
    "Country of Departure",
    "Country of Origin",
    "Country of Origin Indicator",
)
#: Keys whose declarations are counted: size of traders, frequency of combinations.
COUNTED_KEYS: tuple[Key, ...] = (
    ("Importer ID",),
    ("Declarant ID",),
    ("Seller ID",),
    ("Courier ID",),
    ("HS6 Code",),
    ("Country of Departure", "Country of Origin"),
    ("Importer ID", "HS6 Code"),
    ("Importer ID", "Declarant ID"),
    ("Importer ID", "Seller ID"),
    ("Declarant ID", "HS6 Code"),
)
#: Coarse and fine keys; the feature is the fine one's share of the coarse one's declarations.
USUAL_PAIRS: tuple[tuple[Key, Key], ...] = (
    (("HS6 Code",), ("HS6 Code", "Country of Origin")),
    (("HS6 Code", "Country of Origin"), ("HS6 Code", "Country of Origin", "Tax Type")),
    (("HS6 Code", "Tax Type"), ("HS6 Code", "Tax Type", "Tax Rate")),
    (
        ("HS6 Code", "Country of Origin"),
        ("HS6 Code", "Country of Origin", "Country of Departure"),
    ),
    (("Chapter",), ("Chapter", "Country of Origin Indicator")),
)


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


class KitFeatures(DeclarationTransformer):
    """Features for tree models and, after scaling, linear ones.

    Log mass, value, unit price and duty; their deviation from the norm of the HS code; date parts;
    counts; frequency of route, tax type and rate for the goods; risk profiles. All training
    declarations, labelled or not, are read for everything but the risk profiles. Norms, counts,
    shares and profiles of a training row leave the row itself out.

    Parameters
    ----------
    random_state : int
        Seed of the folds of the risk profiles.
    with_labels : bool
        False leaves out the risk profiles, so that no feature depends on a label.
    """

    def __init__(self, random_state: int = 0, with_labels: bool = True) -> None:
        self.random_state = random_state
        self.with_labels = with_labels

    @property
    def needs_labels(self) -> bool:
        """Whether fitting needs labels: only risk profiles do."""
        return self.with_labels

    def columns_read(self) -> tuple[str, ...]:
        """Return the columns behind the features."""
        keys = (name for key in PROFILE_KEYS for name in declared_columns(key))
        return tuple(dict.fromkeys((*(name for key in _SOURCES.values() for name in key), *keys)))

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike | None = None) -> Self:
        """Learn from training declarations; parameters as of `fit_transform`."""
        self.fit_rows(X, y)
        return self

    def fit_rows(self, X: pd.DataFrame, y: npt.ArrayLike | None) -> KitRows:
        """Learn from training declarations; return their features, computed when read.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        """
        y = self.check_training(X, y)
        self.risk_ = RiskProfiles(
            PROFILE_KEYS if self.with_labels else (), random_state=self.random_state
        )
        keys = dict.fromkeys((*COUNTED_KEYS, *NORM_LEVELS, *self.risk_.keys))
        keys |= dict.fromkeys(key for pair in USUAL_PAIRS for key in pair)
        self.book_ = Codebook()
        coded = self.book_.fit(X)
        self.ranks_ = {name: _rank_codes(coded[name]) for name in RANKED_CODES}
        self.groupings_ = {key: Grouping(key) for key in keys}
        # Cached in four bytes each, because grouping several columns again would take longer.
        groups = {
            key: coded[key[0]] if len(key) == 1 else group.astype(np.int32)
            for key, group in ((key, one.fit(coded)) for key, one in self.groupings_.items())
        }
        sizes = {key: grouping.n_groups for key, grouping in self.groupings_.items()}
        self.counts_ = {
            key: group_sums(groups[key], sizes[key])
            for key in dict.fromkeys((*COUNTED_KEYS, *(k for pair in USUAL_PAIRS for k in pair)))
        }
        self.norms_ = {name: GoodsNorm() for name in ("log unit price", "log mass")}
        for name, norm in self.norms_.items():
            norm.learn(
                [groups[key] for key in NORM_LEVELS],
                [sizes[key] for key in NORM_LEVELS],
                _numbers(X, name)[name],
            )
        fold_counts = self.risk_.learn(
            [groups[key] for key in self.risk_.keys],
            [sizes[key] for key in self.risk_.keys],
            y,
        )
        return KitRows(self, X, coded, groups, fold_counts)

    def find_rows(self, X: pd.DataFrame) -> KitRows:
        """Return the features of later declarations, computed when read."""
        return KitRows(self, X, self.book_.find(X))

    def learn_features(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Floats:
        """Learn from training declarations and return their features; see `fit_rows`."""
        return read_all(self.fit_rows(X, y))

    def find_features(self, X: pd.DataFrame) -> Floats:
        """Return the features of later declarations, shape (n_declarations, n_features)."""
        return read_all(self.find_rows(X))

    def feature_names(self) -> list[str]:
        """Return the names of the features, in order."""
        check_is_fitted(self)
        return [*_SOURCES, *self.risk_.feature_names()]

    def get_feature_sources(self) -> list[tuple[str, ...]]:
        """Declared columns of each feature, in the order of the features."""
        profiled = [declared_columns(key) for key in self.risk_.keys for _ in ("risk", "evidence")]
        return [*_SOURCES.values(), *profiled]

    def assemble(
        self,
        X: pd.DataFrame,
        coded: CodedSlice,
        groups: dict[Key, Group],
        fold_counts: FoldCounts | None,
        rows: slice,
    ) -> Floats:
        """Compute features of some rows, shape (n_rows, n_features).

        Parameters
        ----------
        X : DataFrame, shape (n_rows, 20)
            Declared columns.
        coded : CodedSlice
            The same rows as codes.
        groups : dict of tuple to integer array
            Group of each row by key.
        fold_counts : FoldCounts or None
            Counts to leave out, for training rows.
        rows : slice
            Places of the rows among all of them.
        """
        numbers = _numbers(X)
        leave_out = 0.0 if fold_counts is None else 1.0
        columns: dict[str, npt.NDArray[Any]] = dict(numbers)
        for name, norm in self.norms_.items():
            from_hs6, from_origin = norm.deviate(
                [groups[key] for key in NORM_LEVELS], numbers[name], leave_out
            )
            columns[f"{name} against HS6 norm"] = from_hs6
            columns[f"{name} against HS6 and origin norm"] = from_origin
        date = X["Date"].dt
        columns["weekday"] = date.day_of_week.to_numpy(np.float64)
        columns["day of month"] = date.day.to_numpy(np.float64)
        columns["month"] = date.month.to_numpy(np.float64)
        columns["chapter"] = X["HS6 Code"].str[:2].astype(np.float64).to_numpy()
        columns["heading"] = X["HS6 Code"].str[:4].astype(np.float64).to_numpy()
        departs_elsewhere = X["Country of Departure"] != X["Country of Origin"]
        columns["departure is not origin"] = departs_elsewhere.to_numpy(np.float64)
        for name, rank in self.ranks_.items():
            columns[name] = rank[coded[name]]
        others = {
            key: counts[groups[key]] - leave_out * (groups[key] >= 0)
            for key, counts in self.counts_.items()
        }
        for key in COUNTED_KEYS:
            columns[f"count of {' x '.join(key)}"] = np.log1p(others[key])
        for coarse, fine in USUAL_PAIRS:
            # One imaginary declaration that does not match, so that rare goods get no high share.
            columns[f"share of {fine[-1]} in {' x '.join(coarse)}"] = others[fine] / (
                others[coarse] + 1.0
            )
        risk = self.risk_.profile(
            [groups[key] for key in self.risk_.keys], len(X), fold_counts, rows
        )
        return np.column_stack([*(columns[name] for name in _SOURCES), risk])


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
        Groups of the training declarations by key; None for later declarations.
    fold_counts : FoldCounts or None
        Counts of the training declarations; None for later declarations.
    """

    def __init__(
        self,
        features: KitFeatures,
        X: pd.DataFrame,
        coded: CodedTable,
        groups: dict[Key, npt.NDArray[np.int32]] | None = None,
        fold_counts: FoldCounts | None = None,
    ) -> None:
        self._features = features
        self._X = X
        self._coded = coded
        self._groups = groups
        self._fold_counts = fold_counts

    def __len__(self) -> int:
        return len(self._X)

    def read(self, start: int, stop: int) -> Floats:
        """See `FeatureRows`."""
        rows = slice(start, stop)
        coded = self._coded.slice(start, stop)
        groups: dict[Key, Group]
        if self._groups is None:
            groups = {key: one.find(coded) for key, one in self._features.groupings_.items()}
        else:
            groups = {key: group[rows].astype(np.int64) for key, group in self._groups.items()}
        return self._features.assemble(self._X.iloc[rows], coded, groups, self._fold_counts, rows)

    def forget(self) -> None:
        """See `FeatureRows`."""
        del self._coded, self._groups, self._fold_counts


def _rank_codes(codes: Codes) -> Floats:
    """Rank of each code by frequency; the last entry is for unseen codes (-1)."""
    count = np.bincount(codes[codes >= 0])
    rank = np.empty(len(count) + 1)
    rank[np.argsort(-count, kind="stable")] = np.arange(len(count))
    rank[-1] = len(count)
    return rank


# Declared numbers on a log scale; 0 kg and 0 KRW occur, hence the offsets.
_NUMBERS: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "log mass": lambda mass, price, rate: np.log(mass + 0.1),
    "log price": lambda mass, price, rate: np.log(price + 1.0),
    "log unit price": lambda mass, price, rate: np.log((price + 1.0) / (mass + 0.1)),
    "tax rate": lambda mass, price, rate: rate,
    "log duty": lambda mass, price, rate: np.log1p(price * rate / 100),
}


def _numbers(X: pd.DataFrame, *names: str) -> dict[str, Floats]:
    """The named numbers of each declaration; all by default."""
    declared = (X["Net Mass"].to_numpy(), X["Item Price"].to_numpy(), X["Tax Rate"].to_numpy())
    return {name: _NUMBERS[name](*declared) for name in names or _NUMBERS}
