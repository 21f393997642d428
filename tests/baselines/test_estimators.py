"""Baselines as scikit-learn classifiers: its own checks, where they apply.

Its checks fit on arrays of numbers. A model of declarations reads named columns, most of them text,
so only the checks that fit nothing apply to it as it is. The others run on models that are given
declarations that say the same as the arrays.
"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from arrays_as_declarations import NUMBERS, as_declarations
from customs_baselines.catalogue import find_baseline, list_baselines
from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.contract import accepted_keywords, is_transductive
from customs_baselines.models.decision_tree import DecisionTree
from customs_baselines.models.logistic_regression import LinearModel
from customs_baselines.models.lookup import Lookup
from customs_baselines.models.risk_profile import RiskProfile
from customs_data.errors import KitError

NAMES = [baseline.name for baseline in list_baselines()]
#: Checks of scikit-learn that fit nothing, or nothing of these models.
WITHOUT_DATA = {
    "check_decision_proba_consistency",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_estimators_partial_fit_n_features",
    "check_estimators_unfitted",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_non_transformer_estimators_n_iter",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_checks_without_data_pass_and_the_others_say_that_x_is_no_dataframe(name):
    model = find_baseline(name).load_class()()
    assert isinstance(model, DeclarationClassifier)
    results = {it["check_name"]: it for it in check_estimator(model, on_fail=None, on_skip=None)}
    assert {it for it in WITHOUT_DATA if results[it]["status"] != "passed"} == set()
    told = str(results["check_fit_idempotent"]["exception"])
    assert "reads a DataFrame with the declared columns" in told


class OnNumbers:
    """Lets a model of declarations take the arrays and classes of scikit-learn's checks."""

    def fit(self, X, y=None):
        if y is None:
            raise ValueError("it requires y to be passed, but the target y is None")
        values, y = validate_data(self, X, y, **NUMBERS)
        check_classification_targets(y)
        own = {name: vars(self).get(name) for name in ("n_features_in_", "feature_names_in_")}
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) != 2:
            raise ValueError(f"Only binary classification is supported: {len(classes)} class(es).")
        super().fit(as_declarations(values), codes)
        for name, value in {**own, "classes_": classes}.items():
            delattr(self, name) if value is None else setattr(self, name, value)
        return self

    def predict_proba(self, X):
        check_is_fitted(self)
        return super().predict_proba(
            as_declarations(validate_data(self, X, reset=False, **NUMBERS))
        )


class Linear(OnNumbers, LinearModel): ...


class Tree(OnNumbers, DecisionTree): ...


class Profile(OnNumbers, RiskProfile): ...


class Copy(OnNumbers, Lookup): ...


def expected_failures(model):
    """Checks that do not apply, and why."""
    reason = "it asks for accuracy on arrays whose signs declarations cannot keep"
    return {} if isinstance(model, Lookup) else {"check_classifiers_train": reason}


@parametrize_with_checks([Linear()], expected_failed_checks=expected_failures)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([Tree(), Profile(), Copy()], expected_failed_checks=expected_failures)
def test_scikit_learns_own_checks_of_other_kinds_of_models(estimator, check):
    check(estimator)


def test_what_is_fitted_is_checked_and_remembered(small_edition):
    train, y = small_edition.train, small_edition.y
    model = Lookup()
    with pytest.raises(NotFittedError):
        model.predict_proba(train)
    with pytest.raises(NotFittedError):
        model.predict(train)
    with pytest.raises(ValueError, match="target y is None"):
        model.fit(train, None)
    with pytest.raises(ValueError, match="0 samples"):
        model.fit(train.head(0), y[:0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(train, y[1:])
    for wrong in (y + 1, y.astype(str), np.where(y == 0, np.nan, y)):
        with pytest.raises(KitError, match=r"labels 0, 1 and -1 \(unlabelled\)"):
            model.fit(train, wrong)
    model.fit(train, y.tolist())
    assert model.feature_names_in_.tolist() == list(train)
    assert model.n_features_in_ == 20
    proba = model.predict_proba(small_edition.test)
    assert model.predict(small_edition.test).tolist() == (proba[:, 1] > 0.5).astype(int).tolist()


def test_a_model_keeps_the_keywords_of_its_signature():
    xgboost, team = (find_baseline(name).load_class() for name in ("xgboost", "lightgbm_team"))
    assert [is_transductive(model) for model in (xgboost, team)] == [False, True]
    date = find_baseline("date").load_class()
    assert list(accepted_keywords(date.fit, {"y_critical": 1, "X_test": 2})) == ["y_critical"]
