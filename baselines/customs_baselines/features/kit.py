"""Recipe `kit`: what an analyst of customs declarations would compute."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from customs_baselines.features.norms import GoodsNorm
from customs_baselines.features.risk import PROFILE_KEYS, RiskProfiles
from customs_data.grouping import Grouping, declared_columns, group_sums

Floats = npt.NDArray[np.float64]

#: Codes with few values, as numbers in order of their frequency in training (0 = most frequent).
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
#: How many declarations share a value: traders' size, and how usual a combination is.
COUNTED_KEYS: tuple[tuple[str, ...], ...] = (
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
#: Share of the fine key within the coarse one: is this route, tax type or rate usual here?
USUAL_PAIRS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
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
#: Feature -> the declared columns it is made of (risk profiles: their keys).
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


class KitFeatures(BaseEstimator):
    """Declared columns to features, for tree models and (after scaling) linear ones.

    Log mass, value, unit price and duty; their deviation from the norm of the HS code; date parts;
    counts; how usual route, tax type and rate are for the goods; risk profiles. Everything but the
    risk profiles is learned from all training declarations, labelled or not; everything a training
    row's own presence would change (norms, counts, shares, profiles) leaves that row out.

    Parameters
    ----------
    random_state : int
        Of the folds of the risk profiles.
    with_labels : bool
        False leaves the risk profiles out: nothing then depends on a label.
    """

    def __init__(self, random_state: int = 0, with_labels: bool = True) -> None:
        self.random_state = random_state
        self.with_labels = with_labels

    def fit_transform(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Floats:
        """Learn from training declarations and return their features.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.

        Returns
        -------
        ndarray of float64, shape (n_train, n_features)
        """
        numbers = _numbers(X)
        self.norms_ = {name: GoodsNorm() for name in ("log unit price", "log mass")}
        self.ranks_ = {name: X[name].value_counts().index for name in RANKED_CODES}
        keys = dict.fromkeys(COUNTED_KEYS)
        keys |= dict.fromkeys(key for pair in USUAL_PAIRS for key in pair)
        self.groupings_ = {key: Grouping(key) for key in keys}
        groups = {key: grouping.fit(X) for key, grouping in self.groupings_.items()}
        self.counts_ = {
            key: group_sums(group, self.groupings_[key].n_groups) for key, group in groups.items()
        }
        deviations = {name: norm.fit(X, numbers[name]) for name, norm in self.norms_.items()}
        self.risk_ = RiskProfiles(
            PROFILE_KEYS if self.with_labels else (), random_state=self.random_state
        )
        risk = self.risk_.fit_transform(X, y)
        return self._assemble(X, numbers, deviations, groups, risk, leave_out=1.0)

    def transform(self, X: pd.DataFrame) -> Floats:
        """Return the features of later declarations, shape (n_declarations, n_features)."""
        numbers = _numbers(X)
        groups = {key: grouping.find(X) for key, grouping in self.groupings_.items()}
        deviations = {name: norm.transform(X, numbers[name]) for name, norm in self.norms_.items()}
        risk = self.risk_.transform(X)
        return self._assemble(X, numbers, deviations, groups, risk, leave_out=0.0)

    def get_feature_names_out(self) -> list[str]:
        """Names of the features, in order."""
        return [*self.names_, *self.risk_.get_feature_names_out()]

    def get_feature_sources(self) -> list[tuple[str, ...]]:
        """Declared columns that each feature is made of, in the order of the features."""
        profiled = [declared_columns(key) for key in self.risk_.keys for _ in ("risk", "evidence")]
        return [*(_SOURCES[name] for name in self.names_), *profiled]

    def _assemble(
        self,
        X: pd.DataFrame,
        numbers: dict[str, Floats],
        deviations: dict[str, tuple[Floats, Floats]],
        groups: dict[tuple[str, ...], npt.NDArray[np.int64]],
        risk: Floats,
        leave_out: float,
    ) -> Floats:
        columns: dict[str, npt.NDArray[Any]] = dict(numbers)
        for name, (from_hs6, from_origin) in deviations.items():
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
        for name, ranked in self.ranks_.items():
            places = ranked.get_indexer(pd.Index(X[name]))
            columns[name] = np.where(places < 0, len(ranked), places).astype(np.float64)
        others = {
            key: self.counts_[key][group] - leave_out * (group >= 0)
            for key, group in groups.items()
        }
        for key in COUNTED_KEYS:
            columns[f"count of {' x '.join(key)}"] = np.log1p(others[key])
        for coarse, fine in USUAL_PAIRS:
            # One imaginary declaration that does not match: rare goods are not called usual.
            columns[f"share of {fine[-1]} in {' x '.join(coarse)}"] = others[fine] / (
                others[coarse] + 1.0
            )
        self.names_ = list(columns)
        return np.column_stack([*columns.values(), risk])


def _numbers(X: pd.DataFrame) -> dict[str, Floats]:
    """Declared numbers on a log scale; 0 kg and 0 KRW occur, hence the offsets."""
    mass, price = X["Net Mass"].to_numpy(), X["Item Price"].to_numpy()
    rate = X["Tax Rate"].to_numpy()
    return {
        "log mass": np.log(mass + 0.1),
        "log price": np.log(price + 1.0),
        "log unit price": np.log((price + 1.0) / (mass + 0.1)),
        "tax rate": rate,
        "log duty": np.log1p(price * rate / 100),
    }
