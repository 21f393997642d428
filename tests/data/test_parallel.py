"""Work on an executor: in order, bounded, and stopped by the first error."""

from __future__ import annotations

import os
from concurrent.futures import Executor, Future
from functools import partial
from itertools import count
from threading import Event

import numpy as np
import pandas as pd
import pytest

from customs_baselines.features.row_blocks import MatrixRows, read_blocks
from customs_data.files.declarations import _parse_valid_part
from customs_data.files.reading import read_parts
from customs_data.files.writing import table_sha256, to_arrow, write_table
from customs_data.parallel import count_workers, map_in_order, processes, submit, threads


def scaled(factor, number):
    return factor * number


def process_of(number):
    return os.getpid()


@pytest.mark.parametrize("pool", [threads(1), threads(3), processes(2)])
def test_results_come_in_the_order_of_the_items(pool):
    with pool as executor:
        results = list(map_in_order(partial(scaled, 2), range(20), executor))
    assert results == [2 * i for i in range(20)]


def test_one_worker_works_inline_and_processes_elsewhere():
    with threads(1) as executor:
        assert executor is None
        assert list(map_in_order(process_of, [0], executor)) == [os.getpid()]
        assert submit(executor, process_of, 0).result() == os.getpid()
    with processes(2) as executor:
        assert os.getpid() not in set(map_in_order(process_of, range(3), executor))
        assert submit(executor, process_of, 0).result() != os.getpid()


@pytest.mark.parametrize(("n_workers", "n_ahead", "bound"), [(1, None, 1), (2, None, 3), (2, 5, 5)])
def test_no_more_is_submitted_than_is_read(n_workers, n_ahead, bound):
    submitted = []
    endless = (submitted.append(i) or i for i in count())
    with threads(n_workers) as executor:
        results = map_in_order(abs, endless, executor, n_ahead=n_ahead)
        assert submitted == []
        for n_read in range(1, 6):
            next(results)
            assert len(submitted) == n_read - 1 + bound
        results.close()


def test_finished_items_are_reported_at_once_in_the_callers_thread():
    first_may_end = Event()
    order = []

    def wait_if_first(number):
        if number == 0:
            assert first_may_end.wait(10)
        return number

    def report(item, result):
        order.append(item)
        if item == 1:
            first_may_end.set()

    with threads(2) as executor:
        results = map_in_order(wait_if_first, range(2), executor, on_done=report)
        assert list(results) == [0, 1]
    assert order == [1, 0]


@pytest.mark.parametrize("n_workers", [1, 2])
def test_the_first_error_ends_the_work(n_workers):
    started = []
    others_may_end = Event()

    def fail_first(number):
        started.append(number)
        if number == 0:
            raise ValueError("item 0")
        assert others_may_end.wait(10)

    with threads(n_workers) as executor:
        with pytest.raises(ValueError, match="item 0"):
            list(map_in_order(fail_first, range(100), executor, n_ahead=100))
        others_may_end.set()
    assert len(started) <= n_workers + 1


class Manual(Executor):
    """An executor without a number of workers, as Dask's: each call is answered by hand."""

    def __init__(self):
        self.futures = []

    def submit(self, function, *args):
        self.futures.append(Future())
        return self.futures[-1]


def test_what_was_not_started_is_cancelled_after_an_error():
    executor = Manual()
    assert count_workers(executor) == os.cpu_count()

    def items():
        yield from range(3)
        executor.futures[1].set_exception(KeyError("second"))

    with pytest.raises(KeyError, match="second"):
        list(map_in_order(abs, items(), executor, n_ahead=10))
    assert [future.cancelled() for future in executor.futures] == [True, False, True]


def test_an_error_of_the_report_ends_the_work():
    def report(item, result):
        raise OSError("disk full")

    with threads(2) as executor, pytest.raises(OSError, match="disk full"):
        list(map_in_order(abs, range(100), executor, on_done=report))


def test_tables_are_written_and_read_in_processes_too(tmp_path, sample):
    write_table(sample["train"], tmp_path / "train.csv")
    parts = list(read_parts(tmp_path / "train.csv"))
    parse = partial(_parse_valid_part, None, None, ())
    tables = [to_arrow(sample[period]) for period in ("train", "public")]
    with processes(2) as executor:
        for read, here in zip(map_in_order(parse, parts, executor), map(parse, parts), strict=True):
            pd.testing.assert_frame_equal(read, here)
        assert list(map_in_order(table_sha256, tables, executor)) == list(map(table_sha256, tables))


def test_features_are_read_in_processes_as_in_threads(monkeypatch):
    monkeypatch.setattr("customs_baselines.features.row_blocks.ROWS_AT_A_TIME", 2)
    matrix = np.arange(10.0).reshape(5, 2)
    for pool in (threads(1), threads(2), processes(2)):
        with pool as executor:
            blocks = list(read_blocks(MatrixRows(matrix), executor))
        assert [(rows.start, rows.stop) for rows, _ in blocks] == [(0, 2), (2, 4), (4, 5)]
        np.testing.assert_array_equal(np.vstack([block for _, block in blocks]), matrix)
