"""Boosted trees of all judges, with the same settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import StratifiedKFold
from xgboost import XGBClassifier

from customs_data.fidelity.comparison import to_numbers
from customs_data.fidelity.metrics import Floats
from customs_data.schema import COLUMN

_N_FOLDS: Final = 3


def make_trees(seed: int) -> Any:
    """Return an untrained classifier; with one thread, results are repeatable."""
    # Deep, because conjunctions distinguish two tables: depth 8 finds more than 6.
    return XGBClassifier(
        n_estimators=200,
        learning_rate=0.1,
        max_depth=8,
        tree_method="hist",
        n_jobs=1,
        random_state=seed,
        importance_type="gain",
    )


def score_out_of_fold(
    features: Floats, y: npt.NDArray[np.int8], seed: int
) -> tuple[Floats, Floats]:
    """Score each row with trees trained on other rows.

    Parameters
    ----------
    features : ndarray of float64, shape (n_rows, n_features)
    y : ndarray of int8, shape (n_rows,)
        0 or 1.
    seed : int
        Seed of folds and trees.

    Returns
    -------
    scores : ndarray of float64, shape (n_rows,)
    importance : ndarray of float64, shape (n_features,)
        Shares of the trees' total gain, which sum to 1; 0 if no tree has a split.
    """
    scores = np.empty(len(y))
    importance = np.zeros(features.shape[1])
    folds = StratifiedKFold(_N_FOLDS, shuffle=True, random_state=seed)
    for rows, others in folds.split(features, y):
        trees = make_trees(seed).fit(features[rows], y[rows])
        scores[others] = trees.predict_proba(features[others])[:, 1]
        gains = trees.get_booster().get_score(importance_type="total_gain")
        for name, gain in gains.items():
            importance[int(name.removeprefix("f"))] += gain
    return scores, importance / (importance.sum() or 1.0)


def encode_together(frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> list[Floats]:
    """Encode columns of several tables with one vocabulary, one array per table.

    Numbers and days stay; text becomes its alphabetical rank, so that neighbours in the Harmonized
    System stay neighbours; missing cells become nan.
    """
    encoded = []
    both = pd.concat([frame[list(columns)] for frame in frames], ignore_index=True)
    for name in columns:
        if COLUMN[name].role in ("number", "time"):
            encoded.append(to_numbers(both[name]))
        else:
            code = pd.factorize(both[name], sort=True)[0].astype(np.float64)
            encoded.append(np.where(code < 0, np.nan, code))
    ends = np.cumsum([len(frame) for frame in frames])[:-1]
    return np.split(np.column_stack(encoded), ends)
