"""Streams and arithmetic: counter-based, keyed, and right to the last bits."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from customs_data.world.drawing.arithmetic import (
    exponential,
    logarithm,
    logistic,
    normal_quantile,
    ordered_sum,
    wave,
)
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.drawing.weighted_draws import GroupedTable, draw_weighted, largest_remainder

EXPONENTIAL = ["0x1.9511fc6871044p-6", "0x1.1aec7b35a00d4p+0", "0x1.ad17fe8ccf016p+17"]
LOGARITHM = ["-0x1.34378fcbda721p+0", "0x1.f2272ae325a57p+0", "0x1.4b927f32bffb8p+4"]
QUANTILE = ["-0x1.c234fba57a32ap+2", "-0x1.aee8fa73a1333p-1", "0x1.8b8cbb7204470p+1"]
STREAMS = Streams(bytes(range(32)), "test/1")


@pytest.mark.parametrize("width", [1, 3, 4, 9])
def test_value_depends_on_index_only(width: int) -> None:
    whole = STREAMS.uniform("a", 0, 100, width)
    pieces = [STREAMS.uniform("a", start, start + 25, width) for start in range(0, 100, 25)]
    assert np.array_equal(whole, np.concatenate(pieces))


def test_keys_tell_secret_edition_and_name_apart() -> None:
    keys = {
        STREAMS.key("a"),
        STREAMS.key("b"),
        Streams(bytes(range(32)), "test/2").key("a"),
        Streams(bytes(range(1, 33)), "test/1").key("a"),
        Streams(bytes(range(32)) + b"t", "est/1").key("a"),
    }
    assert len(keys) == 5


def test_golden_words() -> None:
    # Philox4x64-10 is a published algorithm, so these never change; first words of one stream.
    key = STREAMS.key("golden")
    expected = np.random.Philox(key=key, counter=3).random_raw(4)
    assert np.array_equal(STREAMS.words("golden", 3, 4, 4)[0], expected)


def test_permutation_and_uniform_range() -> None:
    assert sorted(STREAMS.permutation("p", 50).tolist()) == list(range(50))
    u = STREAMS.uniform("u", 0, 10_000)
    assert 0.0 < u.min() < 0.01 < 0.99 < u.max() < 1.0


def test_elementary_functions_agree_with_the_library() -> None:
    x = np.linspace(-50.0, 50.0, 2_001)
    exact = np.array([math.exp(value) for value in x])
    assert np.max(np.abs(exponential(x) / exact - 1.0)) < 4e-16
    assert np.max(np.abs(logarithm(exact) - x)) < 1e-14
    u = (np.arange(2_000) + 0.5) / 2_000
    quantile = [statistics.NormalDist().inv_cdf(value) for value in u]
    assert np.max(np.abs(normal_quantile(u) - quantile)) < 1e-9
    assert np.allclose(logistic(logarithm(u) - logarithm(1.0 - u)), u, rtol=1e-13)
    assert np.max(np.abs(wave(u) - np.sin(2 * np.pi * u))) < 0.06


def test_elementary_functions_are_pinned_bit_for_bit() -> None:
    x = np.array([-3.7, 0.1, 12.3])
    assert [value.hex() for value in exponential(x).tolist()] == EXPONENTIAL
    assert [value.hex() for value in logarithm(np.array([0.3, 7.0, 1e9])).tolist()] == LOGARITHM
    u = np.array([1e-12, 0.2, 0.999])
    assert [value.hex() for value in normal_quantile(u).tolist()] == QUANTILE


def test_ordered_sum() -> None:
    assert ordered_sum(np.array([1e16, 1.0, -1e16])) == 0.0  # 1e16 + 1 rounds to 1e16
    assert ordered_sum(np.array([])) == 0.0


def test_grouped_table_draws_by_weight() -> None:
    # Group 0 contains items 0 (weight 1) and 2 (weight 3), group 1 nothing, group 2 item 1.
    table = GroupedTable.from_weights(np.array([0, 2, 0]), np.array([1.0, 5.0, 3.0]), 3)
    group = np.array([0, 0, 0, 1, 2, 2])
    u = np.array([0.2, 0.3, 1.0 - 2.0**-53, 0.5, 0.0, 1.0 - 2.0**-53])
    assert table.draw(group, u).tolist() == [0, 2, 2, -1, 1, 1]


def test_weighted_draw_and_largest_remainder() -> None:
    assert draw_weighted(np.array([1.0, 3.0]), np.array([0.1, 0.9])).tolist() == [0, 1]
    # 54,000 rows: the release's own split.
    parts = largest_remainder(np.array([37_385.0, 8_134.0, 8_481.0]), 54_000)
    assert parts.tolist() == [37_385, 8_134, 8_481]


def test_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 8 bytes"):
        Streams(b"", "test/1")
