"""`customs_kit.sklearn`: a Bunch like those of scikit-learn, and a search with its parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import Bunch

from customs_baselines.models.decision_tree import DecisionTree
from customs_data.edition.layout import DATASHEET
from customs_data.errors import InvalidEditionError
from customs_kit.sklearn import PaperFeatures, TimeSplit, fetch_customs, precision_scorer


def test_a_bunch_has_what_those_of_scikit_learn_have(sample_path, sample_edition):
    bunch = fetch_customs(sample_path)
    assert isinstance(bunch, Bunch)
    assert {"data", "target", "frame", "feature_names", "target_names", "DESCR"} <= set(dir(bunch))
    pd.testing.assert_frame_equal(bunch.data, sample_edition.train)
    pd.testing.assert_frame_equal(bunch.test, sample_edition.test)
    assert bunch.target.tolist() == sample_edition.y.tolist()
    assert (bunch.target.name, bunch.target_names) == ("Fraud", ["Fraud"])
    assert list(bunch.frame) == [*bunch.feature_names, "Fraud"]
    assert (sample_path / "public" / DATASHEET).read_text(encoding="utf-8") == bunch.DESCR
    X, y = fetch_customs(sample_path, return_X_y=True)
    assert X.equals(bunch.data)
    assert y.equals(bunch.target)


def test_arrays_are_of_objects(sample_path):
    bunch = fetch_customs(sample_path, as_frame=False)
    assert bunch.frame is None
    assert (type(bunch.data), bunch.data.dtype) == (np.ndarray, np.dtype(object))
    assert (bunch.data.shape[1], bunch.target.dtype) == (20, np.dtype(np.int8))
    assert len(bunch.data) == len(bunch.target)


def test_practice_is_the_default_and_another_name_is_refused(sample_edition, monkeypatch):
    monkeypatch.setattr("customs_kit.fetching.load_edition", {"practice": sample_edition}.get)
    assert fetch_customs().edition is sample_edition
    monkeypatch.undo()
    with pytest.raises(InvalidEditionError, match="is no edition"):
        fetch_customs("nowhere")


@pytest.mark.parametrize(
    ("model", "grid"),
    [
        (
            make_pipeline(PaperFeatures(), LogisticRegression()),
            {"logisticregression__C": [0.01, 0.1]},
        ),
        (DecisionTree(recipe="paper"), {"settings": [{"max_depth": 3}, {"max_depth": 6}]}),
    ],
    ids=["pipeline", "baseline"],
)
def test_a_search_by_time_with_the_metric_of_the_competition(sample_path, model, grid):
    X, y = fetch_customs(sample_path, return_X_y=True)
    search = GridSearchCV(model, grid, scoring=precision_scorer(0.1), cv=TimeSplit())
    assert 0 < search.fit(X, y).best_score_ <= 1
    assert set(search.predict(X)) <= {0, 1}
