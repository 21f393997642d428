"""Threads share a commit; each gets its own result, and no item makes another one fail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from customs_leaderboard.store.group_commit import GroupCommit


class Broken(Exception):
    """An error of one item."""


class Full(Exception):
    """An error of the disk."""


class Line(list):
    """A queue with an event for its last expected entry."""

    def __init__(self, n_expected):
        super().__init__()
        self._missing = n_expected
        self.complete = Event()

    def append(self, waiting):
        super().append(waiting)
        self._missing -= 1
        if not self._missing:
            self.complete.set()


def run_together(group, commit, items):
    """Run items at once: the first leads and waits in ``commit`` until all others are queued."""
    begun, go_on = Event(), Event()
    groups = []
    group._waiting = line = Line(1 + len(items))

    def slow(items):
        groups.append(list(items))
        if not begun.is_set():
            begun.set()
            assert go_on.wait(10)
        return commit(items)

    with ThreadPoolExecutor(len(items) + 1) as pool:
        first = pool.submit(group.run, 0, slow)
        assert begun.wait(10)
        others = [pool.submit(group.run, item, slow) for item in items]
        assert line.complete.wait(10)
        go_on.set()
    return [first, *others], groups


def test_waiting_items_share_the_next_commit():
    futures, groups = run_together(GroupCommit(), lambda items: [i * 10 for i in items], [1, 2, 3])
    assert [future.result() for future in futures] == [0, 10, 20, 30]
    assert groups[0] == [0]
    assert sorted(groups[1]) == [1, 2, 3]
    assert len(groups) == 2


def test_a_group_has_a_limit():
    group = GroupCommit(max_items=2)
    futures, groups = run_together(group, lambda items: items, [1, 2, 3, 4, 5])
    assert [future.result() for future in futures] == [0, 1, 2, 3, 4, 5]
    assert [len(items) for items in groups] == [1, 2, 2, 1]


def test_a_result_may_be_an_exception():
    def commit(items):
        return [Broken(f"{i}") if i % 2 else i for i in items]

    futures, _ = run_together(GroupCommit(), commit, [1, 2])
    assert futures[2].result() == 2
    with pytest.raises(Broken, match="1"):
        futures[1].result()


def test_an_item_that_breaks_its_group_fails_alone():
    def commit(items):
        if 2 in items:
            raise Broken
        return items

    futures, groups = run_together(GroupCommit(), commit, [1, 2, 3])
    assert [futures[i].result() for i in (0, 1, 3)] == [0, 1, 3]
    with pytest.raises(Broken):
        futures[2].result()
    assert sorted(groups[2:]) == [[1], [2], [3]]


def test_an_error_of_no_single_item_is_raised_for_all_without_a_retry():
    def commit(items):
        if 0 not in items:
            raise Full
        return items

    group = GroupCommit(shared_errors=(Full,))
    futures, groups = run_together(group, commit, [1, 2, 3])
    for future in futures[1:]:
        with pytest.raises(Full):
            future.result()
    assert len(groups) == 2
    assert group.run(7, lambda items: items) == 7  # the group works again
