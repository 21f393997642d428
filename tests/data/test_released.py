"""The public release as real input; skipped where it does not lie beside the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from customs_data.edition.importing import import_edition, read_periods
from customs_data.edition.loading import load_edition
from customs_scorer.audit.report import audit_edition
from customs_scorer.yardsticks import make_reference

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("RELEASED", ROOT.parent / "shared/data/released"))
FILES = [FOLDER / f"df_syn_{name}_eng.csv" for name in ("train", "valid", "test")]

pytestmark = pytest.mark.skipif(
    not all(file.is_file() for file in FILES), reason="the public release is not at hand"
)


@pytest.fixture(scope="module")
def periods():
    return read_periods(FILES)


@pytest.fixture(scope="module")
def released(periods, tmp_path_factory):
    path = tmp_path_factory.mktemp("released") / "released"
    import_edition(periods, path)
    return load_edition(path)


def test_periods_and_fraud_rates(periods):
    assert [len(frame) for frame in periods.values()] == [37_385, 8_134, 8_481]
    rates = [round(frame["Fraud"].mean(), 4) for frame in periods.values()]
    assert rates == [0.2170, 0.2095, 0.2164]


def test_copying_labels_scores_what_was_measured_elsewhere(released):
    reference = make_reference(released)
    assert reference.lookup["private"]["precision_at_5"] == pytest.approx(0.986, abs=0.005)
    assert reference.lookup["private"]["precision_at_10"] == pytest.approx(0.988, abs=0.005)
    # on Private alone 81.6 %
    assert 1 - reference.unseen[released.test_period == "private"].mean() == pytest.approx(
        0.816, abs=0.001
    )


def test_the_audit_fails_it(released):
    failed = {test.name for test in audit_edition(released).tests if not test.passed}
    assert {
        "six-tuple look-up",
        "exact Net Mass look-up",
        "exact Item Price look-up",
        "best look-up on up to three columns",
        "twins across the split",
        "twins' labels agree by chance only",
    } <= failed
