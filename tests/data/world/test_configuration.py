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


def test_the_world_of_networks_differs_from_practice_in_its_clusters_alone() -> None:
    practice, networks = load_configuration("practice"), load_configuration("networks")
    clusters = dataclasses.asdict(networks.clusters)
    changed = {k for k, v in dataclasses.asdict(practice.clusters).items() if clusters[k] != v}
    assert changed == {
        "rings_per_declaration", "decoys_per_declaration", "recruit_share",
        "second_principal_share", "shell_declarations", "cover_share",
    }  # fmt: skip
    same = dataclasses.replace(networks, name=practice.name, clusters=practice.clusters)
    assert same == practice


def test_a_decade_differs_from_practice_in_what_its_length_changes() -> None:
    practice, decade = load_configuration("practice"), load_configuration("decade")
    changed = {}
    for section in ("trade", "clusters", "risk"):
        before = dataclasses.asdict(getattr(practice, section))
        after = dataclasses.asdict(getattr(decade, section))
        changed |= {
            name: (before[name], after[name]) for name in before if before[name] != after[name]
        }
    assert set(changed) == {
        "importers_per_declaration", "declarants_per_declaration", "sellers_factor",
        "houses_factor", "near_declarations", "branch_declarations", "lifelong_share",
        "rings_per_declaration", "decoys_per_declaration", "declarant_volume", "late_days",
        "drift_size", "circle_declarations",
    }  # fmt: skip
    longer = sum(decade.period.months) / sum(practice.period.months)
    assert decade.n_declarations == pytest.approx(longer * practice.n_declarations)
    for name in ("near_declarations", "branch_declarations", "circle_declarations"):
        assert changed[name][1] == pytest.approx(longer * changed[name][0], rel=0.01)
    for name in ("declarants", "rings", "decoys"):
        before, after = changed[f"{name}_per_declaration"]
        assert after == pytest.approx(before / longer)
    same = dataclasses.replace(
        decade, name=practice.name, n_declarations=practice.n_declarations, period=practice.period,
        trade=practice.trade, clusters=practice.clusters, risk=practice.risk,
    )  # fmt: skip
    assert same == practice


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


def test_settings_of_the_first_world_name_the_way_out(tmp_path: Path) -> None:
    old = tmp_path / "old.toml"
    old.write_text('name = "old"\nversion = "1"\n[clusters]\nstyle_gap = 1.8\n')
    with pytest.raises(KitError, match=r"old\.toml has settings of generator version 1.*world-1"):
        load_configuration(old)


@pytest.mark.parametrize(
    ("section", "change", "complaint"),
    [
        ("inspection", {"fraud_rate": 1.5}, "fraud_rate is 1.5: give a share between 0 and 1"),
        (
            "clusters",
            {"ring_share": (0.5, 0.6), "decoy_share": (0.4, 0.5)},
            "ring_share .* are 1 or more",
        ),
        ("clusters", {"ring_share": (0.2, 0.1)}, "ring_share .* give the lowest value first"),
        ("clusters", {"recruit_share": (0.5, 1.1)}, "recruit_share .* shares between 0 and 1"),
        ("clusters", {"cover_share": (-0.1, 0.1)}, "cover_share .* shares between 0 and 1"),
        ("clusters", {"declarant_volume": (9, 2)}, "declarant_volume .* the lowest value first"),
        ("clusters", {"kin_share": 2.0}, "kin_share is 2.0: give a share between 0 and 1"),
        ("clusters", {"kinds": 0}, "kinds is 0: give a positive number"),
        ("trade", {"declarant_shares": (0.5, 0.5, 0.5)}, "make them sum to 1"),
        ("trade", {"near_share": -0.1}, "near_share is -0.1: give a share between 0 and 1"),
        ("trade", {"near_declarations": 0}, "near_declarations is 0: give a positive number"),
        ("trade", {"most_extra_lines": 8}, "most_extra_lines is 8: give 0 to 7"),
        ("cheating", {"lookalike_share": (0.2, 0.1)}, "give the lowest value first"),
        ("risk", {"segment_sd": 0.0}, "segment_sd is 0.0: give a positive number"),
        ("risk", {"circle_declarations": 0}, "circle_declarations is 0: give a positive number"),
    ],
)
def test_senseless_settings_are_refused(
    section: str, change: dict[str, object], complaint: str
) -> None:
    settings = getattr(load_configuration("practice"), section)
    with pytest.raises(ValueError, match=complaint):
        dataclasses.replace(settings, **change)
