from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs_data.fidelity.newness import find_matches, new_row_synthesis


def every_pair(source, synthetic, tolerance):
    """The definition read literally."""
    (groups, numbers), (asked, values) = source, synthetic
    reach = tolerance * (numbers.max(axis=0) - numbers.min(axis=0))
    near = np.abs(values[:, None] - numbers[None]) <= reach + 1e-12
    return (near.all(axis=2) & (asked[:, None] == groups[None])).any(axis=1)


@given(st.integers(0, 10_000), st.integers(1, 3), st.sampled_from([0.01, 0.1, 0.3]))
def test_it_finds_what_comparing_all_pairs_finds(seed, n_numbers, tolerance):
    rng = np.random.default_rng(seed)
    n = 40
    sides = [
        (rng.integers(0, 4, n), rng.integers(0, 30, (n, n_numbers)).astype(float)) for _ in range(2)
    ]
    assert (find_matches(*sides, tolerance) == every_pair(*sides, tolerance)).all()


def test_exactly_one_percent_away_matches():
    source = np.zeros(2, dtype=np.int64), np.array([[0.0], [200.0]])
    synthetic = np.zeros(2, dtype=np.int64), np.array([[2.0], [197.9]])
    assert find_matches(source, synthetic).tolist() == [True, False]


def test_a_constant_column_must_be_equal_and_no_numbers_at_all_are_fine():
    constant = np.array([0, 0]), np.array([[5.0, 0.0], [5.0, 1.0]])
    asked = np.array([0, 0]), np.array([[5.0, 0.0], [5.1, 0.0]])
    assert find_matches(constant, asked).tolist() == [True, False]
    empty = np.zeros((2, 0))
    assert find_matches((np.array([0, 1]), empty), (np.array([1, 2]), empty)).tolist() == [
        True,
        False,
    ]


def test_it_gives_sdmetrics_value():
    single_table = pytest.importorskip("sdmetrics.single_table")
    rng = np.random.default_rng(0)
    # SDMetrics takes 1 % of the value; on whole numbers below 100 out of a range of 99 both mean
    # equality.
    frames = [
        pd.DataFrame(
            # SDMetrics asks for object columns where it quotes a text.
            {"a": rng.choice(list("pq"), 150).astype(object), "x": rng.integers(1, 99, 150)}
        ).astype({"a": object})
        for _ in range(2)
    ]
    frames[0].loc[:1, "x"] = [0, 99]
    metadata = {"columns": {"a": {"sdtype": "categorical"}, "x": {"sdtype": "numerical"}}}
    expected = single_table.NewRowSynthesis.compute(*frames, metadata)
    sides = [
        ((frame["a"] == "q").to_numpy(np.int64), frame[["x"]].to_numpy(float)) for frame in frames
    ]
    assert 0 < expected < 1
    assert new_row_synthesis(*sides) == pytest.approx(expected, abs=1e-9)
