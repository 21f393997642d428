from __future__ import annotations

import re
from importlib import resources

import pytest

from customs_baselines.transfer_audit import audit_transfer
from customs_baselines.worlds import measure_worlds
from customs_baselines.worlds_table import TARGETS, Target, worlds_table
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.loading import load_edition
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed
from customs_data.parallel import processes
from customs_scorer.audit.evidence import gather_evidence


def test_the_table_gives_mean_standard_error_and_verdict():
    # Mean of .2 and .3 is .25; sd .0707, over sqrt(2) = .05.
    measured = {
        "configuration": "c",
        "version": "1",
        "n_declarations": 54_000,
        "seed": 1,
        "worlds": [{"lookup @5 %": 0.2, "other": 1.0}, {"lookup @5 %": 0.3, "other": 1.0}],
    }
    table = worlds_table(measured)
    assert "| lookup @5 % | 0.2500 | 0.0500 | at most 0.3 | yes |" in table
    assert "| other | 1.0000 | 0.0000 |  |  |" in table
    measured["worlds"] = [{"lookup @5 %": 0.4}, {"lookup @5 %": 0.5}]
    assert "**no**" in worlds_table(measured)


@pytest.mark.parametrize(
    ("target", "value", "holds", "words"),
    [
        (Target(0.1, 0.2), 0.1, True, "0.1 .. 0.2"),
        (Target(0.1, 0.2), 0.21, False, "0.1 .. 0.2"),
        (Target(None, 0.2), -5, True, "at most 0.2"),
        (Target(0.1, None), 0.09, False, "at least 0.1"),
    ],
)
def test_targets(target, value, holds, words):
    assert target.holds(value) == holds
    assert str(target) == words


def test_one_world_is_no_measurement():
    with pytest.raises(KitError, match="two worlds"):
        measure_worlds("practice", n_worlds=1, seed=0)


def test_transfer_is_held_against_a_model_that_uses_the_labels(tmp_path):
    blueprint = read_blueprint(n_declarations=3000)
    generate_edition(blueprint, secret_of_seed(3), tmp_path / "e", origin="published-seed")
    edition = load_edition(tmp_path / "e")
    test = audit_transfer(edition, gather_evidence(edition), n_worlds=1)
    assert 0 <= test.value <= 1
    assert 0.2 < test.threshold <= 1


def test_transfer_of_a_large_edition_sees_whole_declarants_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("customs_baselines.transfer_audit.MOST_ROWS", 5000)
    monkeypatch.setattr("customs_baselines.transfer_audit._SAMPLE_ROWS", 3000)
    blueprint = read_blueprint(n_declarations=6000)
    generate_edition(blueprint, secret_of_seed(3), tmp_path / "e", origin="published-seed")
    edition = load_edition(tmp_path / "e")
    test = audit_transfer(edition, gather_evidence(edition), n_worlds=1)
    found = re.search(r"whole declarants\): ([\d,]+) of 6,000", test.explanation)
    assert 3000 <= int(found[1].replace(",", "")) < 4500
    assert 0 <= test.value <= 1


@pytest.mark.slow
def test_every_target_is_a_row_of_the_table(tmp_path):
    shipped = resources.files("customs_data").joinpath("configurations/practice.toml")
    small = shipped.read_text().replace("n_declarations = 54000", "n_declarations = 4000")
    (tmp_path / "small.toml").write_text(small)
    measured = measure_worlds(str(tmp_path / "small.toml"), n_worlds=2, seed=0)
    assert set(TARGETS) <= set(measured["worlds"][0])
    with processes(2) as executor:
        again = measure_worlds(str(tmp_path / "small.toml"), n_worlds=2, seed=0, executor=executor)
    assert again == measured
