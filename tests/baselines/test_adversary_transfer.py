from __future__ import annotations

import re

import numpy as np
import pytest

from customs_baselines.adversary.transfer import TransferAudit
from customs_baselines.models.simulator_transfer import SimulatorTransfer
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.loading import load_edition
from customs_data.keyed_random import secret_of_seed
from customs_scorer.audit.evidence import gather_evidence


def an_edition(path, n_declarations=3000):
    blueprint = read_blueprint(n_declarations=n_declarations)
    generate_edition(blueprint, secret_of_seed(3), path, origin="published-seed")
    return load_edition(path)


@pytest.mark.training
def test_transfer_is_compared_with_a_model_that_uses_the_labels(tmp_path):
    edition = an_edition(tmp_path / "e")
    [test] = TransferAudit(n_worlds=1).compare_with_trees(edition, gather_evidence(edition))
    assert 0 <= test.value <= 1
    assert 0.2 < test.threshold <= 1


@pytest.mark.training
def test_transfer_of_a_large_edition_sees_whole_declarants_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("customs_baselines.adversary.transfer.MOST_ROWS", 5000)
    monkeypatch.setattr("customs_baselines.adversary.transfer._SAMPLE_ROWS", 3000)
    edition = an_edition(tmp_path / "e", 6000)
    [test] = TransferAudit(n_worlds=1).compare_with_trees(edition, gather_evidence(edition))
    counts = re.search(r"whole declarants\): ([\d,]+) of 6,000", test.explanation)
    assert 3000 <= int(counts[1].replace(",", "")) < 4500
    assert 0 <= test.value <= 1


@pytest.mark.parametrize("sign", [1, -1])
def test_the_better_orientation_counts_and_the_transfer_is_trained_once(
    tmp_path, monkeypatch, sign
):
    """A model that knows the answer, or its opposite, is as bad a leak."""
    edition = an_edition(tmp_path / "e", 1500)
    evidence = gather_evidence(edition)
    fits = []
    monkeypatch.setattr(
        SimulatorTransfer, "fit", lambda self, *_args, **_keywords: fits.append(self)
    )
    answer = 0.5 + 0.4 * sign * (2.0 * evidence.y_later - 1.0)
    monkeypatch.setattr(
        SimulatorTransfer,
        "predict_proba",
        lambda self, X: np.column_stack([1 - answer, answer]),
    )
    audit = TransferAudit(n_worlds=1)
    [test] = audit.compare_orientations(edition, evidence)
    assert test.value == 1.0
    assert not test.passed
    [of_trees] = audit.compare_with_trees(edition, evidence)
    assert of_trees.value == (1.0 if sign > 0 else 0.0)
    assert len(fits) == 1
