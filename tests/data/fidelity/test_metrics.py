"""Golden cases by hand, and SDMetrics' own values where it is installed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customs_data.fidelity.metrics import (
    bin_numbers,
    boundary_adherence,
    category_coverage,
    contingency_similarity,
    correlation_similarity,
    ks_complement,
    pearson,
    range_coverage,
    tv_complement,
)


def floats(*values):
    return np.array(values, dtype=np.float64)


def codes(*values):
    return np.array(values, dtype=np.int64)


def test_ks_is_the_largest_gap_of_the_distribution_functions():
    # At 2: F = 3/4 against 1/4; everywhere else the gap is smaller.
    assert ks_complement(floats(1, 2, 2, 4), floats(2, 3, 3, 4)) == pytest.approx(0.5)
    assert ks_complement(floats(1, 1), floats(5, 6, 7)) == 0


def test_tv_is_half_the_sum_of_the_gaps():
    # Shares (1/2, 1/4, 1/4) against (1/4, 1/4, 1/2): gaps 1/4, 0, 1/4; half their sum is 1/4.
    assert tv_complement(codes(0, 0, 1, 2), codes(0, 1, 2, 2)) == pytest.approx(0.75)


def test_pearson_by_hand():
    # Deviations (-1, 0, 1) and (-1, 1, 0): 1 / sqrt(2 * 2) = 1/2.
    assert pearson(floats(1, 2, 3), floats(1, 3, 2)) == pytest.approx(0.5)
    # 1/2 against -1: 1 - 1.5 / 2.
    similar = correlation_similarity(
        (floats(1, 2, 3), floats(1, 3, 2)), (floats(1, 2, 3), floats(3, 2, 1))
    )
    assert similar == pytest.approx(0.25)
    assert np.isnan(pearson(floats(1, 2), floats(3, 3)))


def test_contingency_by_hand():
    # Cells (0,0) 2/4, (0,1) 1/4, (1,1) 1/4 against (0,0) 1/4, (1,0) 1/4, (1,1) 2/4:
    # gaps 1/4, 1/4, 1/4, 1/4; half their sum is 1/2.
    source = codes(0, 0, 0, 1), codes(0, 0, 1, 1)
    synthetic = codes(0, 1, 1, 1), codes(0, 0, 1, 1)
    assert contingency_similarity(source, synthetic) == pytest.approx(0.5)


def test_numbers_are_binned_by_the_sources_range():
    # Bins of width 1 over 0 .. 10, open at the ends.
    first, second = bin_numbers(floats(0, 10), floats(-5, 0.5, 1.0, 99))
    assert first.tolist() == [1, 10]
    assert second.tolist() == [1, 1, 2, 10]


def test_coverage_and_adherence_by_hand():
    # 0 .. 8: 2 / 8 are lost below, none above.
    assert range_coverage(floats(0, 8), floats(2, 20)) == pytest.approx(0.75)
    assert range_coverage(floats(0, 8), floats(20, 30)) == 0
    assert np.isnan(range_coverage(floats(3, 3), floats(3, 4)))
    assert category_coverage(codes(0, 0, 1, 2, 3), codes(1, 3, 9)) == 0.5
    assert boundary_adherence(floats(0, 8), floats(0, 8, 9, -1)) == 0.5


@pytest.fixture
def tables():
    rng = np.random.default_rng(3)
    n = 400
    source = pd.DataFrame(
        {
            "x": rng.lognormal(3, 2, n).round(2),
            "y": rng.normal(0, 1, n),
            "a": rng.integers(0, 6, n).astype(str),
            "b": rng.choice(list("pqr"), n),
        }
    )
    synthetic = pd.DataFrame(
        {
            "x": rng.lognormal(3.2, 1.8, n).round(2),
            "y": rng.normal(0.2, 1, n),
            "a": rng.integers(0, 5, n).astype(str),
            "b": rng.choice(list("ppqr"), n),
        }
    )
    return source, synthetic


def test_they_give_sdmetrics_values(tables):
    single = pytest.importorskip("sdmetrics.single_column")
    pairs = pytest.importorskip("sdmetrics.column_pairs")
    source, synthetic = tables
    exact = {"abs": 1e-9, "rel": 0}
    for ours, theirs in (
        (ks_complement, single.KSComplement),
        (range_coverage, single.RangeCoverage),
        (boundary_adherence, single.BoundaryAdherence),
    ):
        for name in ("x", "y"):
            expected = theirs.compute(source[name], synthetic[name])
            value = ours(source[name].to_numpy(), synthetic[name].to_numpy())
            assert value == pytest.approx(expected, **exact)
    coded = {
        name: np.split(pd.factorize(pd.concat([source[name], synthetic[name]]))[0], 2)
        for name in ("a", "b")
    }
    for ours, theirs in (
        (tv_complement, single.TVComplement),
        (category_coverage, single.CategoryCoverage),
    ):
        for name, sides in coded.items():
            expected = theirs.compute(source[name], synthetic[name])
            assert ours(*sides) == pytest.approx(expected, **exact)
    expected = pairs.CorrelationSimilarity.compute(source[["x", "y"]], synthetic[["x", "y"]])
    numbers = [tuple(side[name].to_numpy() for name in ("x", "y")) for side in tables]
    assert correlation_similarity(*numbers) == pytest.approx(expected, **exact)
    both = [tuple(coded[name][side] for name in ("a", "b")) for side in (0, 1)]
    expected = pairs.ContingencySimilarity.compute(source[["a", "b"]], synthetic[["a", "b"]])
    assert contingency_similarity(*both) == pytest.approx(expected, **exact)
    binned = bin_numbers(source["x"].to_numpy(), synthetic["x"].to_numpy())
    expected = pairs.ContingencySimilarity.compute(
        source[["a", "x"]].copy(), synthetic[["a", "x"]].copy(), continuous_column_names=["x"]
    )
    mixed = [(coded["a"][side], binned[side]) for side in (0, 1)]
    assert contingency_similarity(*mixed) == pytest.approx(expected, **exact)
