"""Configurations: the shipped ones load, senseless ones are refused."""

from __future__ import annotations

import dataclasses
from importlib import resources
from pathlib import Path

import pytest

from customs_data.errors import KitError
from customs_data.world.agents.kinds import STYLE_TRAITS
from customs_data.world.configuration import SHIPPED, load_configuration


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_configurations_load(name: str) -> None:
    configuration = load_configuration(name)
    assert configuration.name == name
    assert set(configuration.clusters.style_sizes) == set(STYLE_TRAITS)


def test_large_differs_from_practice_in_size_alone() -> None:
    practice, national = load_configuration("practice"), load_configuration("national")
    assert national.n_declarations == 24_700_000
    assert dataclasses.replace(national, name=practice.name, n_declarations=54_000) == practice


def test_unknown_and_missing_settings_are_named(tmp_path: Path) -> None:
    shipped = resources.files("customs_data").joinpath("configurations/practice.toml")
    text = shipped.read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text.replace("fraud_rate", "fraud_rat"), encoding="utf-8")
    complaint = r"wrong\.toml: \[inspection\]: unknown key 'fraud_rat'; is it 'fraud_rate'\?"
    with pytest.raises(KitError, match=complaint):
        load_configuration(wrong)
    wrong.write_text(text.replace("fraud_rate", "# fraud_rate"), encoding="utf-8")
    with pytest.raises(KitError, match=r"\[inspection\]: the key 'fraud_rate' is missing"):
        load_configuration(wrong)


@pytest.mark.parametrize(
    ("section", "change", "complaint"),
    [
        ("inspection", {"fraud_rate": 1.5}, "fraud_rate is 1.5: give a share between 0 and 1"),
        ("clusters", {"ring_share": 0.6, "decoy_share": 0.5}, "ring_share .* are 1 or more"),
        ("trade", {"declarant_shares": (0.5, 0.5, 0.5)}, "make them sum to 1"),
        ("cheating", {"lookalike_share": (0.2, 0.1)}, "give the lowest value first"),
        ("risk", {"segment_sd": 0.0}, "segment_sd is 0.0: give a positive number"),
    ],
)
def test_senseless_settings_are_refused(
    section: str, change: dict[str, object], complaint: str
) -> None:
    settings = getattr(load_configuration("practice"), section)
    with pytest.raises(ValueError, match=complaint):
        dataclasses.replace(settings, **change)
