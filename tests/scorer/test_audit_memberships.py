from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customs_scorer.audit.memberships import audit_memberships


@pytest.fixture
def importers():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(100), 6)
    ids = rng.permutation(len(group))
    return pd.DataFrame({"number": ids, "group": group})


def measured(numbers, group, rows, names):
    ids = pd.Series([f"{n:06d}" for n in numbers])
    X = pd.DataFrame({"Importer ID": ids.iloc[rows].to_numpy(), "Date": np.arange(len(rows)) // 60})
    memberships = pd.DataFrame({"Importer ID": ids, "Network": [f"N{names[g]:03d}" for g in group]})
    return {test.name: test for test in audit_memberships(X, memberships)}


def test_random_ids_order_and_names_pass(importers):
    rng = np.random.default_rng(1)
    group = importers["group"].to_numpy()
    rows = rng.permutation(len(group))
    tests = measured(importers["number"], group, rows, rng.permutation(100))
    assert len(tests) == 3
    assert all(test.passed for test in tests.values())


def test_what_tells_networks_fails(importers):
    rng = np.random.default_rng(1)
    group = importers["group"].to_numpy()
    in_order = np.arange(len(group))
    tests = measured(in_order, group, in_order, np.arange(100))
    assert [test.passed for test in tests.values()] == [False, False, False]
    tests = measured(importers["number"], group, in_order, rng.permutation(100))
    assert {name for name, test in tests.items() if not test.passed} == {
        "order within the day, by network"
    }
