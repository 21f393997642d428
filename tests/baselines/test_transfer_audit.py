from __future__ import annotations

import re

import pytest

from customs_baselines.transfer_audit import audit_transfer
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.loading import load_edition
from customs_data.keyed_random import secret_of_seed
from customs_scorer.audit.evidence import gather_evidence


@pytest.mark.training
def test_transfer_is_compared_with_a_model_that_uses_the_labels(tmp_path):
    blueprint = read_blueprint(n_declarations=3000)
    generate_edition(blueprint, secret_of_seed(3), tmp_path / "e", origin="published-seed")
    edition = load_edition(tmp_path / "e")
    test = audit_transfer(edition, gather_evidence(edition), n_worlds=1)
    assert 0 <= test.value <= 1
    assert 0.2 < test.threshold <= 1


@pytest.mark.training
def test_transfer_of_a_large_edition_sees_whole_declarants_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("customs_baselines.transfer_audit.MOST_ROWS", 5000)
    monkeypatch.setattr("customs_baselines.transfer_audit._SAMPLE_ROWS", 3000)
    blueprint = read_blueprint(n_declarations=6000)
    generate_edition(blueprint, secret_of_seed(3), tmp_path / "e", origin="published-seed")
    edition = load_edition(tmp_path / "e")
    test = audit_transfer(edition, gather_evidence(edition), n_worlds=1)
    counts = re.search(r"whole declarants\): ([\d,]+) of 6,000", test.explanation)
    assert 3000 <= int(counts[1].replace(",", "")) < 4500
    assert 0 <= test.value <= 1
