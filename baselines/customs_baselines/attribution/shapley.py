"""SHAP values: how much each feature adds to the score of a declaration.

Trees are explained exactly (TreeSHAP), linear models in closed form, and others by permutations: of
features, or of declared columns for a model that reads these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from customs_baselines.contract import FraudModel, is_transductive
from customs_baselines.mixed.design import PARTS
from customs_baselines.shapes.calibration import Calibration
from customs_baselines.shapes.log_odds import mean_of_opinions
from customs_baselines.shapes.recipe_model import RecipeModel
from customs_data.errors import KitError
from customs_data.schema import KEY

Floats = npt.NDArray[np.float64]

LOG_ODDS: Final = "log-odds"
PROBABILITY: Final = "probability"
_N_BACKGROUND: Final = 50  # declarations whose values replace a feature to hide it
_N_BACKGROUND_MODEL: Final = 20  # the same where each costs a pass through the whole model
_N_PERMUTATIONS: Final = 4
_NOTHING: Final = 1e-9
_TREES: Final = (
    "XGBClassifier",
    "LGBMClassifier",
    "CatBoostClassifier",
    "RandomForestClassifier",
    "DecisionTreeClassifier",
)


@dataclass(frozen=True)
class ShapValues:
    """SHAP values of declarations.

    Attributes
    ----------
    values : ndarray of float64, shape (n_declarations, n_features)
        Contribution of each feature; a row adds up to its score less `base`.
    features : ndarray of float64, shape (n_declarations, n_features), or None
        The features themselves; None where the declared columns are the features.
    names : list of str
        Names of the features.
    sources : list of tuple of str
        Declared columns of each feature.
    base : float
        Mean score.
    unit : {'log-odds', 'probability'}
        Unit of `values` and `base`.
    method : str
        Name of the method for readers.
    """

    values: Floats
    features: Floats | None
    names: list[str]
    sources: list[tuple[str, ...]]
    base: float
    unit: str
    method: str


def shap_values(
    model: FraudModel, X_train: pd.DataFrame, X: pd.DataFrame, *, random_state: int = 0
) -> ShapValues:
    """Compute SHAP values of a fitted model.

    Parameters
    ----------
    model : FraudModel
        Fitted.
    X_train : DataFrame, shape (n_train, 20)
        Declared columns; a sample of them is the background that replaces hidden features.
    X : DataFrame, shape (n_declarations, 20)
        Declarations to explain.
    random_state : int
        Seed of that sample and of permutations.

    Raises
    ------
    KitError
        If the model reads declarations together, so that none can be explained alone.

    References
    ----------
    Lundberg and Lee, 'A Unified Approach to Interpreting Model Predictions', NeurIPS 2017; Lundberg
    et al., 'From local explanations to global understanding with explainable AI for trees', Nature
    Machine Intelligence 2 (2020).
    """
    if isinstance(model, RecipeModel):
        return _of_recipe(model, X_train, X, random_state)
    if is_transductive(type(model)):
        raise KitError(
            f"{type(model).__name__} reads declarations together, so that none can be explained "
            "column by column. Explain a model that scores each declaration alone."
        )
    return _of_columns(model, X_train, X, random_state)


def _of_recipe(
    model: RecipeModel, X_train: pd.DataFrame, X: pd.DataFrame, random_state: int
) -> ShapValues:
    import shap

    features = model.features_.transform(X)
    sample = X_train.sample(min(_N_BACKGROUND, len(X_train)), random_state=random_state)
    background = model.features_.transform(sample)
    classifier, calibration = model.classifier_, model.calibration_
    linear, scaled, scaled_background = classifier, features, background
    if isinstance(classifier, Pipeline):
        linear = classifier[-1]
        scaled, scaled_background = (classifier[:-1].transform(f) for f in (features, background))
    if isinstance(linear, LogisticRegression):
        explainer = shap.LinearExplainer(linear, scaled_background)
        values, base = explainer.shap_values(scaled), explainer.expected_value
        unit, method = LOG_ODDS, "closed form of a linear model"
    elif _has_trees(classifier):
        explained = shap.TreeExplainer(classifier)(features)
        values, base = explained.values, explained.base_values[0]
        # Bagged and single trees return probabilities of both classes.
        both = np.ndim(values) == 3
        values, base = (values[:, :, 1], base[1]) if both else (values, base)
        unit, method = (PROBABILITY if both else LOG_ODDS), "TreeSHAP"
    else:
        explainer = shap.PermutationExplainer(
            lambda rows: model.calibrate(classifier.predict_proba(rows))[:, 1],
            background,
            seed=random_state,
        )
        n_features = features.shape[1]
        explained = explainer(features, max_evals=2 * n_features + 1, silent=True)
        values, base = explained.values, float(np.mean(explained.base_values))
        unit, method = PROBABILITY, "permutations of features"
        calibration = None  # what was explained is calibrated
    values, base = np.asarray(values, dtype=np.float64), float(np.ravel(base)[-1])
    if calibration is not None:
        values, base = _rescaled(values, base, calibration, unit)
    by_feature = ShapValues(
        values,
        features,
        model.features_.feature_names(),
        model.features_.get_feature_sources(),
        base,
        unit,
        method,
    )
    effects = model.second_opinion()
    if effects is None:
        return by_feature
    return _with_effects(by_feature, effects.contributions(X), effects.contributions(sample))


def _with_effects(trees: ShapValues, parts: Floats, usual: Floats) -> ShapValues:
    """Return the values of a score that is the trees' and a linear model's (`mean_of_opinions`).

    `parts` and `usual` are the linear contributions of the declarations and of the background. What
    the limit takes from the linear model's say is taken from its parts, the larger the more.
    """
    assert trees.features is not None
    values = np.column_stack([trees.values, (parts - usual.mean(axis=0))[:, :-1]]) / 2.0
    base = (trees.base + float(usual.sum(axis=1).mean())) / 2.0
    score = mean_of_opinions(trees.base + trees.values.sum(axis=1), parts.sum(axis=1))
    linear = values[:, trees.values.shape[1] :]
    size = np.abs(linear) + _NOTHING
    missing = score - base - values.sum(axis=1)
    linear += missing[:, None] * size / size.sum(axis=1, keepdims=True)
    return ShapValues(
        values,
        np.column_stack([trees.features, parts[:, :-1]]),
        [*trees.names, *PARTS],
        [*trees.sources, *PARTS.values()],
        base,
        trees.unit,
        f"{trees.method}, and closed form of mixed effects",
    )


def _has_trees(classifier: Any) -> bool:
    return type(classifier).__name__ in _TREES


def _rescaled(
    values: Floats, base: float, calibration: Calibration, unit: str
) -> tuple[Floats, float]:
    """Return what adds up to calibrated scores: in log-odds, the calibration is a line.

    Probabilities move from the calibrated base to the calibrated score in the same proportions
    (the rescale rule of Shrikumar et al. 2017, 'DeepLIFT').
    """
    if unit == LOG_ODDS:
        return calibration.slope * values, calibration.intercept + calibration.slope * base
    distance = values.sum(axis=1)
    start, *ends = calibration.apply(np.append(base, base + distance))
    moved = np.array(ends) - start
    share = np.divide(moved, distance, out=np.ones(len(moved)), where=np.abs(distance) > _NOTHING)
    return values * share[:, None], float(start)


def _of_columns(
    model: FraudModel, X_train: pd.DataFrame, X: pd.DataFrame, random_state: int
) -> ShapValues:
    """Explain the whole model: replace declared columns by those of other declarations."""
    import shap

    names = [str(name) for name in X if name != KEY]
    n_columns = len(names)
    background = X_train.sample(min(_N_BACKGROUND_MODEL, len(X_train)), random_state=random_state)
    rows, bases = [], []
    for i in range(len(X)):
        swapped = _Swapped(model, X.iloc[[i]], background)
        # A row of ones keeps every column; the background of zeros swaps all of them.
        explainer = shap.PermutationExplainer(swapped, np.zeros((1, n_columns)), seed=random_state)
        evaluations = _N_PERMUTATIONS * (2 * n_columns + 1)
        explained = explainer(np.ones((1, n_columns)), max_evals=evaluations, silent=True)
        rows.append(explained.values[0])
        bases.append(float(np.ravel(explained.base_values)[0]))
    return ShapValues(
        np.vstack(rows),
        None,
        names,
        [(name,) for name in names],
        float(np.mean(bases)),
        PROBABILITY,
        "permutations of declared columns",
    )


class _Swapped:
    """Mean score of a declaration with some columns replaced by those of the background."""

    def __init__(self, model: FraudModel, row: pd.DataFrame, background: pd.DataFrame) -> None:
        self._model = model
        self._both = pd.concat([row, background], ignore_index=True)

    def __call__(self, keep: Floats) -> Floats:
        """Return scores of masks of shape (n_masks, n_columns): 1 keeps a column, 0 swaps it."""
        n_background = len(self._both) - 1
        other = np.tile(np.arange(1, n_background + 1), len(keep))
        columns = {KEY: pd.Series(np.arange(len(other))).map("E{:07d}".format)}
        for place, name in enumerate(str(name) for name in self._both if name != KEY):
            kept = np.repeat(keep[:, place] > 0.5, n_background)
            taken = self._both[name].take(np.where(kept, 0, other))
            columns[name] = taken.reset_index(drop=True)
        frame = pd.DataFrame(columns)[list(self._both.columns)].astype(self._both.dtypes)
        scores = np.asarray(self._model.predict_proba(frame), dtype=np.float64)[:, 1]
        return np.asarray(scores.reshape(len(keep), n_background).mean(axis=1))
