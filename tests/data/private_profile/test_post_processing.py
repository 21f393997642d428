"""From noisy tables to a profile: from nothing else, and consistent."""

from __future__ import annotations

import ast
from pathlib import Path

import pandas as pd
import pytest

from customs_data.private_profile import assembling
from customs_data.private_profile.contributions import bound, read_contributions
from customs_data.private_profile.making import make_private_profile
from customs_data.private_profile.measuring import measure
from customs_data.private_profile.plan import Plan
from customs_data.private_profile.tables import NoisyTables
from customs_data.profile import FILING_FIELDS
from customs_data.world.configuration import load_configuration
from customs_data.world.simulate import simulate
from seeded_noise import SeededNoise

NOISE = (SeededNoise.source, SeededNoise.library)
FOLDER = Path(assembling.__file__).parent
#: What makes a profile of tables; and what reads declarations.
POST_PROCESSING = ("assembling", "days", "filing", "goods", "values")
READING = {"measuring", "contributions", "counting", "making", "membership"}


def tables_of(frame, plan, seed=0) -> NoisyTables:
    return measure(bound(read_contributions([frame]), 20), plan, SeededNoise(seed))


@pytest.mark.parametrize("epsilon", [50.0, 100.0])
def test_a_profile_is_a_function_of_the_noisy_tables_alone(traders, epsilon):
    """Written to text and read again elsewhere, they give the same profile."""
    plan = Plan(epsilon)
    tables = tables_of(traders, plan)
    text = tables.to_json()
    profile = assembling.assemble(tables, plan, NOISE, {})
    assert assembling.assemble(NoisyTables.from_json(text), plan, NOISE, {}) == profile
    assert tables.to_json() == text  # nothing was changed on the way


@pytest.mark.parametrize("module", POST_PROCESSING)
def test_post_processing_imports_nothing_that_reads_declarations(module):
    tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
    imported = {
        node.module.rpartition(".")[2]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert not imported & READING
    assert "pandas" not in imported


def test_tables_agree_with_each_other(traders):
    profile = assembling.assemble(tables_of(traders, Plan(100.0)), Plan(100.0), NOISE, {})
    assert sum(profile.goods.count) == profile.n_declarations
    assert set(profile.goods.hs6) <= set(profile.values.hs6)
    assert min(profile.goods.count) >= 1
    for field, condition in FILING_FIELDS:
        tables = profile.filing[field]
        for key, codes in tables.items():
            assert set(codes) <= set(tables[""]), field
            assert min(codes.values()) >= 1
            assert len(key.split("|")) == len(condition) or key == ""


def test_without_noise_to_speak_of_it_says_what_the_declarations_say(traders):
    """Declarations of importers who have three each weigh what they are."""
    profile = make_private_profile([traders], Plan(100.0), noise=SeededNoise(share=1e-6))
    top = traders["HS6 Code"].value_counts()
    counted = pd.Series(profile.goods.count).groupby(list(profile.goods.hs6)).sum()
    for product in top.index:
        assert counted[product] == pytest.approx(top[product], rel=0.25)
    days = traders["Date"].dt.normalize().value_counts()
    assert profile.first_day == "2020-01-01"
    assert sum(profile.day_counts) == pytest.approx(len(traders), abs=len(profile.day_counts) / 2)
    assert profile.day_counts[0] == pytest.approx(days.get(pd.Timestamp("2020-01-01"), 0), abs=1)


def test_a_world_can_be_made_from_it():
    configuration = load_configuration("practice")
    source = simulate(configuration, b"a secret of the test", n_declarations=3_000).declarations
    profile = make_private_profile([source], Plan(50.0), noise=SeededNoise())
    made = simulate(
        configuration, b"another of the test", n_declarations=1_000, profile=profile
    ).declarations
    assert len(made) == 1_000
    assert set(made["HS6 Code"]) <= set(source["HS6 Code"])
