"""`xgboost`: gradient-boosted trees, level by level."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit
from xgboost import DataIter, QuantileDMatrix, XGBClassifier, train

from customs_baselines.features.folds import TWO_VIEWS
from customs_baselines.features.row_blocks import ROWS_AT_A_TIME, FeatureRows, read_blocks
from customs_baselines.mixed.estimator import MixedEffects
from customs_baselines.shapes.log_odds import log_odds, mean_of_opinions
from customs_baselines.shapes.recipe_model import RecipeModel
from customs_data.parallel import spans, threads

#: From here on trees know the codes by themselves, and a linear model would only cost time.
MANY_LABELS: Final = 100_000
_LEAST: Final = 1e-7  # probabilities of the trees closer to 0 or 1 count as this

_BASE: dict[str, Any] = {
    "n_estimators": 400,
    "max_depth": 6,
    "learning_rate": 0.04,
    "min_child_weight": 5.0,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "reg_lambda": 5.0,
}


class _LabelledBlocks(DataIter):
    """The labelled rows, block by block, for XGBoost."""

    def __init__(
        self, rows: FeatureRows, y: npt.NDArray[np.int8], weight: float, executor: Executor | None
    ) -> None:
        super().__init__()
        self._rows = rows
        self._y = y
        self._weight = weight
        self._executor = executor
        self.reset()

    def reset(self) -> None:
        """Start again: XGBoost reads several times, for sizes, quantiles and bins."""
        self._blocks = read_blocks(self._rows, self._executor)

    def next(self, input_data: Callable[..., Any]) -> bool:
        """Pass on the next block with a label; return False at the end."""
        for block, features in self._blocks:
            labelled = self._y[block] >= 0
            if labelled.any():
                label = self._y[block][labelled]
                weight = np.full(len(label), self._weight)
                input_data(data=features[labelled], label=label, weight=weight)
                return True
        return False


class XGBoost(RecipeModel):
    """XGBoost with histogram trees (see `RecipeModel` for parameters).

    Trees cannot weigh thousands of rare codes against each other, and a linear model with shrunk
    effects can. Under recipe ``kit`` with fewer than 100,000 labels, the log-odds are the mean of
    the trees' and those of `MixedEffects` (`mean_of_opinions`).

    Attributes
    ----------
    effects_ : MixedEffects or None
        The linear model; None under recipe ``paper`` and with more labels.
    """

    calibrated: ClassVar[dict[str, int]] = {"paper": 30_000}
    paper: ClassVar[dict[str, Any]] = {
        "n_estimators": 100,
        "max_depth": 6,
        "learning_rate": 0.3,
        "min_child_weight": 1.0,
        "subsample": 1.0,
        "colsample_bytree": 1.0,
        "reg_lambda": 1.0,
    }
    candidates = tuple(
        _BASE | change
        for change in (
            {},
            {"max_depth": 4, "n_estimators": 400},
            {"max_depth": 5, "n_estimators": 300},
            {"max_depth": 8, "n_estimators": 300, "min_child_weight": 10.0},
            {"n_estimators": 250, "colsample_bytree": 0.3},
            {"n_estimators": 400, "learning_rate": 0.02, "colsample_bytree": 0.3},
        )
    )
    kit = candidates[5]
    views = TWO_VIEWS

    def fit(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Self:
        """Learn from labelled rows; parameters as of `RecipeModel.fit`."""
        asked = self.recipe == "kit" and 0 < (y >= 0).sum() < MANY_LABELS
        self.effects_ = MixedEffects().fit(X, y) if asked else None
        return super().fit(X, y)

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        proba = super().predict_proba(X)
        if self.effects_ is None:
            return proba
        trees = log_odds(proba[:, 1], _LEAST)
        opinion = np.empty(len(X))
        for start, stop in spans(len(X), size=ROWS_AT_A_TIME):
            opinion[start:stop] = self.effects_.log_odds(X.iloc[start:stop])
        fraud = expit(mean_of_opinions(trees, opinion))
        return np.column_stack([1.0 - fraud, fraud])

    def second_opinion(self) -> MixedEffects | None:
        """Return the linear model, if there is one."""
        return self.effects_

    def train(
        self, rows: FeatureRows, y: npt.NDArray[np.int8], weight: float = 1.0
    ) -> XGBClassifier:
        """Return the fitted trees; features are quantized block by block to save memory."""
        classifier: XGBClassifier = self.make_classifier()
        with threads(self.n_jobs) as executor:
            matrix = QuantileDMatrix(
                _LabelledBlocks(rows, y, weight, executor), nthread=self.n_jobs
            )
        rows.forget()
        settings = classifier.get_xgb_params()
        booster = train(
            settings | {"objective": "binary:logistic"},
            matrix,
            num_boost_round=classifier.get_num_boosting_rounds(),
        )
        classifier.load_model(bytearray(booster.save_raw()))
        classifier.set_params(**settings, n_estimators=classifier.get_num_boosting_rounds())
        return classifier

    def build(self, settings: dict[str, Any]) -> Any:
        """Return trees of the installed XGBoost."""
        return XGBClassifier(
            **settings,
            tree_method="hist",
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )


ESTIMATOR = XGBoost
RECIPE = "kit"
SUMMARY = "Gradient-boosted trees (XGBoost)."
