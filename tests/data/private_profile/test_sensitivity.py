"""Neighbouring inputs: one importer more changes no table by more than it states."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customs_data.private_profile.contributions import bound, read_contributions
from customs_data.private_profile.counting import count_by_size, count_users
from customs_data.private_profile.measuring import measure
from customs_data.private_profile.noise import UNIT
from customs_data.private_profile.plan import (
    MOST_DECLARANTS,
    SHARES,
    Plan,
)
from customs_data.private_profile.values import SIZE_EDGES
from recorded_sums import changes_of, sums_of
from seeded_noise import SeededNoise

PLAN = Plan(100.0)  # with so few declarations, a smaller epsilon gives nothing but noise
MANY = 60


@pytest.fixture(scope="module")
def given(traders):
    rows = bound(read_contributions([traders]), PLAN.most_declarations)
    return measure(rows, PLAN, SeededNoise())


def newcomer(others: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return sixty declarations of one importer, as extreme as can be."""
    rng = np.random.default_rng(3)
    rows = others.iloc[rng.integers(0, len(others), MANY)].reset_index(drop=True)
    if kind == "all alike":
        rows = rows.iloc[[0] * MANY].reset_index(drop=True)
    if kind == "all new":
        for column in ("HS6 Code", "Declarant ID", "Courier ID", "Seller ID"):
            rows[column] = [f"{980000 + i}" for i in range(MANY)]
        rows["Country of Origin"] = [f"X{chr(65 + i % 26)}" for i in range(MANY)]
        rows["Tax Rate"] = np.arange(MANY) + 0.125
    if kind == "enormous":
        rows["Net Mass"], rows["Item Price"] = 1e15, 1e-15
    return rows.assign(**{"Importer ID": "NEW"})


@pytest.mark.parametrize("comes", ["last", "first"])
@pytest.mark.parametrize("kind", ["mixed", "all alike", "all new", "enormous"])
def test_one_importer_more_changes_each_table_by_no_more_than_it_states(
    traders, given, kind, comes
):
    """Coming first, the newcomer changes the numbers of all codes, which must not matter."""
    new = newcomer(traders, kind)
    before = sums_of([traders], PLAN, given)
    after = sums_of([traders, new] if comes == "last" else [new, traders], PLAN, given)
    assert before.keys() == after.keys() == SHARES.keys()
    moved = 0
    for name, table in after.items():
        if (name, comes) == ("couriers", "first"):
            continue  # cells without texts cannot be matched then
        record = given[name].record
        changes = changes_of(name, before[name], table, record)
        if not record.known_cells:
            assert all(np.abs(change) <= record.norm * UNIT for change in changes), name
        moved += bool(changes)
    assert moved >= len(SHARES) - 3


def test_an_importer_moves_only_so_many_declarants_however_many_it_uses():
    """One importer with 20 declarants, each of whom has eleven declarations already."""
    agents = np.arange(20, dtype=np.int32)
    # Classes of sizes begin at 8 and at 12: the twelfth declaration moves a declarant.
    agent = np.append(np.repeat(agents, 11), agents)
    importer = np.append(np.arange(220), np.full(20, 220)).astype(np.int32)
    without = count_by_size(importer[:220], agent[:220], MOST_DECLARANTS, SIZE_EDGES)
    with_ = count_by_size(importer, agent, MOST_DECLARANTS, SIZE_EDGES)
    assert np.abs(with_ - without).sum() == 2 * MOST_DECLARANTS * UNIT


def test_the_bound_is_reached_so_the_noise_is_not_too_large(traders, given):
    before = sums_of([traders], PLAN, given)
    after = sums_of([traders, newcomer(traders, "all alike")], PLAN, given)
    (change,) = {after["products"][cell] - n for cell, n in before["products"].items()} - {0}
    assert change / UNIT == pytest.approx(given["products"].record.norm, rel=1e-3)


def test_at_most_so_many_declarations_of_each_importer_count(traders):
    both = read_contributions([traders, newcomer(traders, "mixed")])
    chosen = bound(both, 7)
    assert np.bincount(chosen.importer).max() == 7
    expected = np.minimum(traders["Importer ID"].value_counts(), 7).sum() + 7
    assert len(chosen) == expected


def test_the_choice_among_declarations_is_random_and_even():
    frame = pd.DataFrame({"n": range(10)})
    # Ten declarations of one importer, each of another day; three are chosen.
    days = np.zeros(10)
    for _ in range(600):
        days[bound(_ten_days(frame), 3).day] += 1
    # Mean 180, standard deviation sqrt(600 * .3 * .7) = 11; five of these leave room.
    assert days.sum() == 1800
    assert np.all(np.abs(days - 180) < 56)


def _ten_days(frame):
    from customs_data.private_profile.contributions import Contributions

    n = len(frame)
    zeros = np.zeros(n, dtype=np.int32)
    return Contributions(zeros, {}, {}, np.arange(n, dtype=np.int32), zeros + 1.0, zeros + 1.0)


def test_empty_cells_do_not_count():
    importer = np.array([0, 0, 1], dtype=np.int32)
    some, none = np.array([0, -1, -1]), np.full(3, -1)
    assert count_users(importer, some, 2).tolist() == [UNIT, 0]
    assert count_users(importer, none, 2).tolist() == [0, 0]
    assert count_by_size(importer, none, MOST_DECLARANTS, SIZE_EDGES).sum() == 0
    assert count_by_size(importer, some, MOST_DECLARANTS, SIZE_EDGES)[0] == UNIT
