"""The workspace's graph network, on a small edition; tests/kit/test_start.py runs it in full."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

import customs_kit
from customs_baselines.answering import fit_and_score

SOURCE = Path(customs_kit.__file__).parent / "template/my_gnn.py"


@pytest.fixture(scope="module")
def model():
    return runpy.run_path(str(SOURCE))["MyGNN"](n_epochs=30, random_state=3)


def test_the_graph_network_learns_who_the_importers_are_and_can_be_repeated(model, sample_edition):
    # Labels that only the importer decides: nothing in the features helps.
    importers = sample_edition.train["Importer ID"]
    fraud = importers.map(lambda name: name.encode()[-1] % 2).to_numpy(np.int8)
    later = np.arange(len(fraud)) >= 700
    known = np.isin(importers, importers[~later])  # of the others nothing can be learned
    split = sample_edition.split
    split = replace(split, labels=split.labels.assign(Fraud=fraud))
    split = split.earlier_and_later(later & known)
    first, second = (fit_and_score(clone(model), split) for _ in range(2))
    assert (first == second).all()
    assert roc_auc_score(split.y_test, first) > 0.8


def test_unlabelled_declarations_and_an_empty_test_are_taken(model, sample_edition):
    y = sample_edition.y.copy()
    y[::2] = -1
    fitted = clone(model).set_params(n_epochs=2).fit(sample_edition.train, y)
    assert fitted.predict_proba(sample_edition.test).sum(axis=1) == pytest.approx(1)
    assert fitted.predict_proba(sample_edition.test.head(0)).shape == (0, 2)
