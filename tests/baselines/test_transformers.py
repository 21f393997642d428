"""Recipes as scikit-learn transformers: its own checks, and what they mean for declarations."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted, validate_data

from arrays_as_declarations import NUMBERS, as_declarations
from customs_baselines.answering import fit_and_score
from customs_baselines.features import make_features
from customs_baselines.features.graph import GraphFeatures
from customs_baselines.features.kit import KitFeatures
from customs_baselines.features.paper import PaperFeatures
from customs_baselines.features.risk import RiskProfiles
from customs_baselines.features.similar_declarations import SimilarityKernel
from customs_baselines.models.mlp import Perceptron
from customs_data.errors import KitError
from customs_data.split import TimeSplit
from customs_scorer import precision_scorer

TRANSFORMERS = [
    KitFeatures(random_state=1),
    KitFeatures(with_labels=False),
    PaperFeatures(),
    RiskProfiles([("Importer ID",), ("Declarant ID", "Chapter")]),
    GraphFeatures(),
    GraphFeatures(with_labels=False),
    SimilarityKernel(),
]


class OnNumbers:
    """Lets a transformer of declarations take the arrays of scikit-learn's checks."""

    def fit(self, X, y=None):
        X, own = self._declare(X)
        super().fit(X, y)
        return self._set(own)

    def fit_transform(self, X, y=None):
        X, own = self._declare(X)
        features = super().fit_transform(X, y)
        self._set(own)
        return features

    def transform(self, X):
        check_is_fitted(self)
        return super().transform(as_declarations(validate_data(self, X, reset=False, **NUMBERS)))

    def _declare(self, X):
        values = validate_data(self, X, **NUMBERS)
        names = ("n_features_in_", "feature_names_in_")
        return as_declarations(values), {name: vars(self).get(name) for name in names}

    def _set(self, own):
        for name, value in own.items():
            delattr(self, name) if value is None else setattr(self, name, value)
        return self


class Kit(OnNumbers, KitFeatures): ...


class Paper(OnNumbers, PaperFeatures): ...


class Risk(OnNumbers, RiskProfiles): ...


class Graph(OnNumbers, GraphFeatures): ...


class Similar(OnNumbers, SimilarityKernel): ...


def expected_failures(transformer):
    """Checks that do not apply, and why."""
    if isinstance(transformer, PaperFeatures | GraphFeatures):
        return {}  # transform reads the labels of training declarations as fit_transform does
    reason = "fit_transform leaves a row's own label and counts out; transform does not"
    return dict.fromkeys(
        ("check_transformer_general", "check_transformer_data_not_an_array"), reason
    )


@parametrize_with_checks(
    [Kit(), Paper(), Risk(), Graph(), Similar()],
    expected_failed_checks=expected_failures,
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)
def test_names_set_output_and_columns(transformer, sample_edition):
    train, test, y = sample_edition.train, sample_edition.test, sample_edition.y
    with pytest.raises(NotFittedError):
        clone(transformer).transform(test)
    fitted = clone(transformer)
    features = fitted.fit_transform(train, y)
    names = fitted.get_feature_names_out()
    assert (names.dtype, len(names), len(set(names))) == (object, features.shape[1], len(names))
    assert fitted.feature_names_in_.tolist() == list(train.columns)
    assert fitted.n_features_in_ == 20
    later = fitted.transform(test)
    # fit is fit_transform without the result; columns are read by name, rows by position.
    fitted = clone(transformer).fit(train, y.tolist())
    moved = test[test.columns[::-1]].assign(extra=1).set_index(np.arange(len(test))[::-1])
    assert np.array_equal(fitted.transform(moved), later, equal_nan=True)
    frame = fitted.set_output(transform="pandas").transform(moved)
    assert list(frame.columns) == list(names)
    assert frame.index.equals(moved.index)
    assert np.array_equal(frame, later, equal_nan=True)


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)
def test_what_cannot_be_read_is_named(transformer, sample_edition):
    train, y = sample_edition.train.head(60), sample_edition.y[:60]
    fitted = clone(transformer).fit(train, y)
    with pytest.raises(KitError, match=r"that X lacks: .*(Importer|Declarant) ID"):
        fitted.transform(train.drop(columns=["Importer ID", "Declarant ID"]))
    with pytest.raises(KitError, match="X is of type ndarray"):
        clone(transformer).fit(train.to_numpy(), y)
    with pytest.raises(KitError, match="but y is of type <U"):
        clone(transformer).fit(train, y.astype(str))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        clone(transformer).fit(train, y[:-1])
    if transformer.needs_labels:
        with pytest.raises(ValueError, match="requires y"):
            clone(transformer).fit(train)
    else:
        clone(transformer).fit(train)


@pytest.mark.parametrize("recipe", ["kit", "paper"])
def test_a_grid_search_over_recipe_and_model_by_time(recipe, sample_edition):
    search = GridSearchCV(
        make_pipeline(make_features(recipe), StandardScaler(), LogisticRegression()),
        {"logisticregression__C": [0.001, 0.1]},
        scoring=precision_scorer(0.1),
        cv=TimeSplit(n_splits=2),
    )
    with config_context(transform_output="pandas"):
        search.fit(sample_edition.train, sample_edition.y)
        proba = search.predict_proba(sample_edition.test)
    assert search.best_score_ > 0.15
    assert proba.shape == (len(sample_edition.test), 2)


@pytest.mark.training
def test_a_model_gives_the_same_scores_whatever_scikit_learn_is_set_to(sample_edition):
    """Models take arrays from the transformers inside them, also for users of pandas output."""
    split = sample_edition.split
    scores = []
    for container in ("default", "pandas"):
        with config_context(transform_output=container):
            scores.append(fit_and_score(Perceptron(), split))
    assert (scores[0] == scores[1]).all()
