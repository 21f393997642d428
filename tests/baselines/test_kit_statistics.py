"""Statistics of the kit recipe: equal for any partition, merge order and order of rows."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pandas as pd
import pytest

from customs_baselines.features.cell_sums import (
    CellSums,
    GroupRows,
    Lookup,
    RowsByCell,
    to_units,
)
from customs_baselines.features.folds import TWO_VIEWS, Folds, LeftOut, Stretches, divide
from customs_baselines.features.kit import N_CELLS, KitFeatures
from customs_baselines.features.kit_statistics import KitStatistics
from customs_baselines.features.row_blocks import read_all
from customs_data.schema import KEY

WITHOUT_OWN_CELL = 0.0


@pytest.fixture(scope="module")
def labels(sample_edition):
    y = sample_edition.y.copy()
    y[::4] = -1
    return y


@pytest.fixture(scope="module")
def whole(sample_edition, labels):
    kit = KitFeatures()
    features = read_all(kit.fit_rows(sample_edition.train, labels, [WITHOUT_OWN_CELL]))
    return kit, features


def tables(statistics):
    """Everything in statistics as plain arrays and lists."""
    book = statistics.book
    yield statistics.overall
    for key, grouping in statistics.groupings.items():
        yield [book.values(name) for name in key]
        yield {name: codes.tolist() for name, codes in grouping.values().items()}
        for name, sums in statistics.sums[key].items():
            yield name, sums.by_cell.dtype, sums.by_cell.tolist(), sums.total.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_any_partition_and_merge_order_gives_equal_tables_and_features(
    seed, whole, sample_edition, labels
):
    kit, features = whole
    train, test = sample_edition.train, sample_edition.test
    division = divide(train, labels, N_CELLS)
    rng = np.random.default_rng(seed)
    # Parts of any size, some of one row or none, with their rows in any order.
    cuts = np.sort(rng.integers(0, len(train), rng.integers(1, 7)))
    parts = np.split(rng.permutation(len(train)), cuts)
    statistics = [
        KitStatistics.of(part, y, division.find(part), division.n_cells, with_labels=True)
        for part, y in ((train.iloc[rows], labels[rows]) for rows in parts)
    ]
    while len(statistics) > 1:  # a tree of merges, in any order
        one, other = (statistics.pop(rng.integers(len(statistics))) for _ in range(2))
        statistics.append(KitStatistics.merge([one, other]))
    (merged,) = statistics
    assert list(tables(merged)) == list(tables(kit.statistics_))
    again = KitFeatures().fit_statistics(merged)
    assert np.array_equal(read_all(again.find_rows(test)), kit.transform(test))
    for rows in parts:
        part = train.iloc[rows]
        left_out = LeftOut.around(division.find(part), division.n_cells)
        assert np.array_equal(read_all(again.find_rows(part, left_out)), features[rows])


def test_any_order_of_rows_gives_equal_features(whole, sample_edition, labels):
    kit, features = whole
    order = np.random.default_rng(5).permutation(len(labels))
    again = KitFeatures()
    shuffled = read_all(
        again.fit_rows(sample_edition.train.iloc[order], labels[order], [WITHOUT_OWN_CELL])
    )
    assert np.array_equal(shuffled, features[order])
    assert np.array_equal(again.transform(sample_edition.test), kit.transform(sample_edition.test))


def test_a_training_row_is_described_by_the_other_stretches(whole, sample_edition, labels):
    """Its features are those of a later declaration to whom only they are known."""
    kit, features = whole
    train = sample_edition.train
    division = divide(train, labels, N_CELLS)
    cell = division.find(train)
    names = kit.feature_names()
    # Ranks of codes, and the rate and mean towards which others are shrunk, are of the whole.
    counted = [name.startswith(("count of", "share of", "evidence of")) for name in names]
    for one in range(division.n_cells):
        own = cell == one
        others = KitFeatures().fit(train[~own], labels[~own])
        assert np.array_equal(others.transform(train[own])[:, counted], features[own][:, counted])


def test_labels_of_its_own_stretch_do_not_reach_a_row(whole, sample_edition, labels):
    _, features = whole
    own = divide(sample_edition.train, labels, N_CELLS).find(sample_edition.train) == 2
    dealt = labels.copy()  # labels are dealt anew in one stretch, so that the base rate stays
    known = own & (labels >= 0)
    dealt[known] = np.random.default_rng(0).permutation(labels[known])
    after = read_all(KitFeatures().fit_rows(sample_edition.train, dealt, [WITHOUT_OWN_CELL]))
    assert np.array_equal(after[own], features[own])
    assert not np.array_equal(after[~own], features[~own])


def test_views_follow_each_other_and_leave_out_stretches_of_other_lengths(
    whole, sample_edition, labels
):
    train, n = sample_edition.train, len(labels)
    rows = KitFeatures().fit_rows(train, labels, [WITHOUT_OWN_CELL, 1 / 3])
    assert len(rows) == 2 * n
    both = read_all(rows)
    assert np.array_equal(both[:n], whole[1])
    assert np.array_equal(rows.read(n - 7, n + 9), both[n - 7 : n + 9])  # across the border
    # The first four of twelve cells leave out each other.
    first = divide(train, labels, N_CELLS).find(train) < 4
    others = KitFeatures().fit(train[~first], labels[~first])
    names = others.feature_names()
    counted = [name.startswith(("count of", "share of", "evidence of")) for name in names]
    expected = others.transform(train[first])
    assert np.array_equal(both[n:][first][:, counted], expected[:, counted])


def test_many_labels_have_one_view(sample_edition, labels, monkeypatch):
    monkeypatch.setattr("customs_baselines.features.kit._MANY_LABELS", int((labels >= 0).sum()))
    kit = KitFeatures()
    assert len(kit.fit_rows(sample_edition.train, labels, TWO_VIEWS)) == len(labels)
    sums = kit.statistics_.sums["Importer ID",]["declarations"]
    assert sums.by_cell.shape[1] == 6


class TestDivision:
    def frame(self, days):
        dates = pd.Timestamp("2020-01-01") + pd.to_timedelta(days, "D")
        return pd.DataFrame({"Date": dates, KEY: [f"D{i}" for i in range(len(days))]})

    def test_stretches_have_about_equally_many_labels(self):
        days = np.repeat(np.arange(100), 3)
        y = np.where(days < 40, 0, -1).astype(np.int8)  # labels come late: none after day 39
        X = self.frame(days)
        division = divide(X, y, 4)
        assert division == Stretches(tuple(18262 + day for day in (10, 20, 30)))
        assert np.bincount(division.find(X)[y >= 0]).tolist() == [30, 30, 30, 30]
        assert (np.diff(division.find(X)) >= 0).all()

    @pytest.mark.parametrize("days", [[5] * 60, [1] * 40 + [2] * 20])
    def test_declarations_of_hardly_a_day_have_folds(self, days):
        X = self.frame(days)
        division = divide(X, np.zeros(60, dtype=np.int8), 3, random_state=7)
        assert division == Folds(3, 7)
        assert (np.bincount(division.find(X), minlength=3) > 5).all()

    def test_without_labels_all_rows_count(self):
        X = self.frame(np.arange(60))
        assert divide(X, np.full(60, -1, dtype=np.int8), 6).n_cells == 6

    def test_folds_depend_on_the_id_and_the_key_only(self):
        X = self.frame(np.zeros(200))
        fold = Folds(10).find(X)
        order = np.random.default_rng(0).permutation(200)
        assert (Folds(10).find(X.iloc[order[:50]]) == fold[order[:50]]).all()
        assert (Folds(10, random_state=1).find(X) != fold).mean() > 0.7
        # A known value: another release of pandas must not change it.
        assert fold[:6].tolist() == [6, 1, 0, 6, 9, 6]


class TestCellSums:
    def test_golden(self):
        group = np.array([0, 0, 1, -1, 1])
        cell = np.array([0, 1, 0, 0, 0], dtype=np.int8)
        sums = GroupRows(RowsByCell(cell, 2), group, 2).count()
        assert sums.by_cell.tolist() == [[1, 1], [2, 0], [0, 0]]
        assert sums.total.tolist() == [2, 2, 0]
        own = LeftOut.around(cell, 2)
        assert sums.others(group, own).tolist() == [1, 1, 0, 0, 0]
        assert sums.others(group, LeftOut.around(cell, 2, share=1.0)).tolist() == [0] * 5
        assert sums.others(group, None).tolist() == [2, 2, 2, 0, 2]

    @pytest.mark.parametrize("seed", range(6))
    def test_sums_are_those_of_a_loop_over_rows(self, seed):
        rng = np.random.default_rng(seed)
        n_rows, n_groups, n_cells = rng.integers([0, 1, 1], [400, 30, 13])
        group = rng.integers(-1, n_groups, n_rows).astype(rng.choice([np.int32, np.int64]))
        cell = rng.integers(0, n_cells, n_rows).astype(np.int8)
        if seed % 2:
            cell = np.sort(cell)  # declarations in order of time
        counts = rng.random(n_rows) < 0.3
        units = rng.integers(-(2**40), 2**40, n_rows)
        cells = RowsByCell(cell, n_cells)
        rows = GroupRows(cells, group, n_groups)
        for sums, weights in (
            (rows.count(), np.ones(n_rows, dtype=np.int64)),
            (rows.count(cells.find(counts)), counts),
            (rows.sum(cells.sort(units)), units),
        ):
            expected = np.zeros((n_groups + 1, n_cells), dtype=np.int64)
            for place in np.flatnonzero(group >= 0):
                expected[group[place], cell[place]] += weights[place]
            assert sums.by_cell.tolist() == expected.tolist()
            assert sums.total.tolist() == expected.sum(axis=1).tolist()
            assert sums.by_cell.dtype == CellSums.of(expected).by_cell.dtype
            for share in (0.0, 1 / 3, 0.45, 1.0):
                left_out = LeftOut.around(cell, n_cells, share)
                width = left_out.width
                others = [
                    expected[g].sum() - expected[g, c // width * width :][:width].sum()
                    for g, c in zip(group, cell.astype(int), strict=True)
                ]
                assert sums.others(group, left_out).tolist() == others

    @pytest.mark.parametrize("share", [None, 0.0, 1 / 3, 0.45])
    def test_a_lookup_by_table_is_the_function_bit_for_bit(self, share):
        rng = np.random.default_rng(3)
        group = rng.integers(-1, 9, 1000).astype(np.int32)
        cell = rng.integers(0, 12, 1000).astype(np.int8)
        rows = GroupRows(RowsByCell(cell, 12), group, 9)
        n_calls = []

        def function(group, left_out):
            n_calls.append(len(group))
            n = rows.count().others(group, left_out)
            return {"n": n, "log": np.log((n + 0.3) / (n + 2.7))}

        left_out = None if share is None else LeftOut.around(cell, 12, share)
        expected = function(group, left_out)
        table = Lookup(function, 9, len(group), left_out)
        assert n_calls[1:] == [10 * (1 if left_out is None else left_out.n_parts)]
        for some in (slice(0, 0), slice(3, 500), slice(0, 1000)):
            taken = None if left_out is None else left_out.take(some)
            looked_up = table.read(group[some], taken)
            again = Lookup(function, 9, 1, left_out).read(group[some], taken)  # without a table
            for name, column in expected.items():
                assert looked_up[name].dtype == column.dtype
                assert looked_up[name].tolist() == again[name].tolist() == column[some].tolist()

    @pytest.mark.parametrize(
        ("largest", "kind"), [(255, "uint8"), (256, "uint16"), (65536, "uint32"), (-1, "int64")]
    )
    def test_the_smallest_type_holds_the_sums(self, largest, kind):
        sums = CellSums.of(np.array([[largest, 0], [0, 0]]))
        assert sums.by_cell.dtype == kind
        assert sums.total.tolist() == [largest, 0]

    def test_sums_of_numbers_do_not_depend_on_their_order(self):
        values = np.random.default_rng(0).normal(0, 8, 10_000)
        halves = [to_units(half).sum() for half in np.split(np.sort(values), 2)]
        assert reduce(int.__add__, map(int, halves)) == to_units(values).sum()
        assert to_units(values).sum() * 2.0**-24 == pytest.approx(values.sum(), abs=1e-3)
