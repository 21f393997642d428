"""precision_scorer and TimeSplit inside scikit-learn's tools."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from customs_data.errors import KitError
from customs_data.split import TimeSplit, split_by_time
from customs_scorer import precision_at, precision_scorer


@pytest.fixture(scope="module")
def data():
    """Dates, a number, labels that follow it, a tenth of them unknown; in any order."""
    rng = np.random.default_rng(0)
    n = 600
    X = pd.DataFrame(
        {
            "Date": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 100, n), "D"),
            "price": rng.normal(size=n),
        },
        index=rng.permutation(n),
    )
    y = (X["price"].to_numpy() + rng.normal(size=n) > 1).astype(np.int8)
    return X, y, np.where(rng.random(n) < 0.1, -1, y).astype(np.int8)


def by_price(classifier):
    """A pipeline over the price."""
    from sklearn.compose import make_column_transformer

    return make_pipeline(make_column_transformer((StandardScaler(), ["price"])), classifier)


@pytest.mark.parametrize("classifier", [LogisticRegression(), RidgeClassifier()])
def test_the_scorer_is_the_metric_on_labelled_declarations(data, classifier):
    X, y, partly = data
    model = by_price(classifier).fit(X, y)
    method = getattr(model, "predict_proba", None) or model.decision_function
    score = method(X)[:, 1] if method(X).ndim == 2 else method(X)
    known = partly >= 0
    assert precision_scorer(0.05)(model, X, y) == precision_at(y, score, 0.05)
    assert precision_scorer(0.1)(model, X, partly) == precision_at(y[known], score[known], 0.1)


def test_what_cannot_be_scored_is_explained(data):
    X, _, partly = data
    with pytest.raises(KitError, match="inspection rate"):
        precision_scorer(5)
    with pytest.raises(KitError, match=r"3 classes .* Fit it on the rows with y >= 0"):
        precision_scorer()(by_price(LogisticRegression()).fit(X, partly), X, partly)
    model = by_price(LogisticRegression()).fit(X[partly >= 0], partly[partly >= 0])
    with pytest.raises(KitError, match="No declaration"):
        precision_scorer()(model, X, np.full(len(X), -1))


@pytest.mark.parametrize("routing", [False, True])
def test_a_grid_search_over_time_with_two_metrics(data, routing):
    X, y, _ = data
    with sklearn.config_context(enable_metadata_routing=routing):
        search = GridSearchCV(
            by_price(LogisticRegression()),
            {"logisticregression__C": [0.01, 1.0]},
            scoring={
                "at_5": pickle.loads(pickle.dumps(precision_scorer(0.05))),
                "at_10": precision_scorer(0.1),
            },
            refit="at_5",
            cv=TimeSplit(n_splits=3, later_share=0.2),
        ).fit(X, y)
    assert np.isfinite(search.cv_results_["split2_test_at_10"]).all()
    assert search.best_score_ > 0.5
    assert search.n_splits_ == 3


def test_no_fold_learns_from_later_days(data):
    X, _, _ = data
    cv = TimeSplit(n_splits=3, later_share=0.2)
    judged = []
    for train, test in cv.split(X):
        assert X["Date"].iloc[train].max() < X["Date"].iloc[test].min()
        assert X["Date"].iloc[test].nunique() == 20
        judged.append(test)
    assert cv.get_n_splits(X) == len(judged) == 3
    assert len(np.unique(np.concatenate(judged))) == sum(map(len, judged))
    # One fold is what `split_by_time` and `customs-kit baseline run` judge on.
    ((train, test),) = TimeSplit().split(X)
    earlier, later = split_by_time(X["Date"])
    assert (train.tolist(), test.tolist()) == (
        np.flatnonzero(earlier).tolist(), np.flatnonzero(later).tolist(),
    )  # fmt: skip


def test_an_objective_as_optuna_calls_it(data):
    """Optuna needs a function of a trial that returns a number."""
    X, y, _ = data

    class Trial:
        def suggest_float(self, name, low, high, *, log=False):
            return (low * high) ** 0.5 if log else (low + high) / 2

    def objective(trial):
        model = by_price(LogisticRegression(C=trial.suggest_float("C", 1e-3, 10, log=True)))
        scores = cross_val_score(model, X, y, cv=TimeSplit(2), scoring=precision_scorer(0.05))
        return scores.mean()

    assert 0.3 < objective(Trial()) <= 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda X: TimeSplit(4), "4 folds of 0.25"),
        (lambda X: TimeSplit(0), "n_splits must be at least 1, but it is 0"),
        (lambda X: TimeSplit(later_share=1.0), "between 0 and 1"),
        (lambda X: list(TimeSplit().split(X.to_numpy())), "column Date"),
        (lambda X: list(TimeSplit().split(X.drop(columns="Date"))), "column Date"),
        (lambda X: list(TimeSplit().split(X.head(0))), "No training declarations"),
        (lambda X: list(TimeSplit().split(X.head(1))), "two days"),
        (lambda X: list(TimeSplit().split(X.assign(Date=pd.NaT))), "declarations have no Date"),
        (lambda X: list(TimeSplit(3).split(X[X["Date"] > "2020-04-07"])), "too few for 3 folds"),
    ],
)
def test_folds_that_cannot_be_are_refused(data, make, message):
    with pytest.raises(KitError, match=message):
        make(data[0])
