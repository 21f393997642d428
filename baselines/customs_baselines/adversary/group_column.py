"""What recovered groups are worth: precision of a generic table with and without them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from lightgbm import LGBMClassifier

from customs_baselines.features.kit import KitFeatures
from customs_baselines.features.risk import RiskProfiles
from customs_data.columns.grouping import Group
from customs_data.schema import TEXT_DTYPE

_GROUP = "Recovered Group"
_TRADERS = ("Importer ID", "Declarant ID", "Seller ID")
#: Conjunctions that an engineer would try, beside the columns that recipe `kit` encodes.
CONJUNCTIONS: Final[tuple[tuple[str, ...], ...]] = (
    *(
        (trader, name)
        for trader in _TRADERS
        for name in ("Chapter", "HS6 Code", "Country of Departure", "Office ID")
    ),
    ("Importer ID", "Declarant ID"),
    ("Importer ID", "Seller ID"),
    ("Declarant ID", "Seller ID"),
    ("Declarant ID", "Country of Departure", "Chapter"),
    ("Declarant ID", "Office ID", "Country of Departure"),
    ("Declarant ID", "Country of Departure", "Chapter", "Office ID"),
    ("Seller ID", "Country of Departure", "Chapter"),
)
_MANY_LABELS = 10_000
_DEEP: dict[str, Any] = {"n_estimators": 400, "num_leaves": 24}
_SHALLOW: dict[str, Any] = {"n_estimators": 250, "num_leaves": 8}


class GenericTable:
    """LightGBM over recipe `kit` and out-of-fold encodings of conjunctions, and of groups if given.

    Parameters
    ----------
    random_state : int
        Seed of folds and trees.
    n_jobs : int
        Threads.
    """

    def __init__(self, random_state: int = 0, n_jobs: int = 1) -> None:
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit_and_score(
        self,
        train: pd.DataFrame,
        y: npt.NDArray[np.int8],
        later: pd.DataFrame,
        groups: tuple[Group, Group] | None = None,
    ) -> npt.NDArray[np.float64]:
        """Learn from labelled rows and return the probabilities of later ones.

        Parameters
        ----------
        train, later : DataFrame, shapes (n_train, 20) and (n_later, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        groups : tuple of ndarrays of int64, shapes (n_train,) and (n_later,), optional
            Recovered groups, -1 for none: one more column to encode.
        """
        encoders = [
            KitFeatures(random_state=self.random_state),
            RiskProfiles(CONJUNCTIONS, smoothing=5.0, random_state=self.random_state),
        ]
        parts = [encoder.fit_transform(train, y) for encoder in encoders]
        later_parts = [encoder.transform(later) for encoder in encoders]
        if groups is not None:
            column = RiskProfiles([(_GROUP,)], smoothing=5.0, random_state=self.random_state)
            parts.append(column.learn_features(_with_column(train, groups[0]), y))
            later_parts.append(column.find_features(_with_column(later, groups[1])))
        labelled = y >= 0
        trees = LGBMClassifier(
            **(_DEEP if labelled.sum() >= _MANY_LABELS else _SHALLOW),
            learning_rate=0.05,
            min_child_samples=20,
            subsample=0.7,
            subsample_freq=1,
            colsample_bytree=0.3,
            reg_lambda=5.0,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
            deterministic=True,
            force_row_wise=True,
            verbosity=-1,
        )
        trees.fit(np.hstack(parts)[labelled], y[labelled])
        probability = np.asarray(trees.predict_proba(np.hstack(later_parts)), dtype=np.float64)
        return probability[:, 1]


def _with_column(X: pd.DataFrame, group: Group) -> pd.DataFrame:
    """Return declarations with their groups as a column of text, empty for none."""
    text = pd.Series(group, index=X.index).astype(str).where(group >= 0)
    return X.assign(**{_GROUP: text.astype(TEXT_DTYPE)})
