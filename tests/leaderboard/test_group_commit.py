"""Threads share a commit; each gets its own result, and nobody fails by another's item."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from customs_leaderboard.store.group_commit import GroupCommit


class Broken(Exception):
    """What is wrong with one item."""


class Full(Exception):
    """What is wrong with the disk."""


class Line(list):
    """Where threads stand in line; tells when the last of them has come."""

    def __init__(self, n_expected):
        super().__init__()
        self._missing = n_expected
        self.all_came = Event()

    def append(self, waiting):
        super().append(waiting)
        self._missing -= 1
        if not self._missing:
            self.all_came.set()


def run_together(group, commit, items):
    """The first leads and waits in ``commit`` until all others stand in line."""
    begun, go_on = Event(), Event()
    groups = []
    group._waiting = line = Line(1 + len(items))

    def slow(held):
        groups.append(list(held))
        if not begun.is_set():
            begun.set()
            assert go_on.wait(10)
        return commit(held)

    with ThreadPoolExecutor(len(items) + 1) as pool:
        first = pool.submit(group.run, 0, slow)
        assert begun.wait(10)
        others = [pool.submit(group.run, item, slow) for item in items]
        assert line.all_came.wait(10)
        go_on.set()
    return [first, *others], groups


def test_those_who_wait_share_the_next_commit():
    found, groups = run_together(GroupCommit(), lambda held: [i * 10 for i in held], [1, 2, 3])
    assert [one.result() for one in found] == [0, 10, 20, 30]
    assert groups[0] == [0]
    assert sorted(groups[1]) == [1, 2, 3]
    assert len(groups) == 2


def test_a_group_has_its_limit():
    group = GroupCommit(max_items=2)
    found, groups = run_together(group, lambda held: held, [1, 2, 3, 4, 5])
    assert [one.result() for one in found] == [0, 1, 2, 3, 4, 5]
    assert [len(held) for held in groups] == [1, 2, 2, 1]


def test_an_outcome_may_be_a_refusal():
    def commit(held):
        return [Broken(f"{i}") if i % 2 else i for i in held]

    found, _ = run_together(GroupCommit(), commit, [1, 2])
    assert found[2].result() == 2
    with pytest.raises(Broken, match="1"):
        found[1].result()


def test_who_breaks_a_group_breaks_alone():
    def commit(held):
        if 2 in held:
            raise Broken
        return held

    found, groups = run_together(GroupCommit(), commit, [1, 2, 3])
    assert [found[i].result() for i in (0, 1, 3)] == [0, 1, 3]
    with pytest.raises(Broken):
        found[2].result()
    assert sorted(groups[2:]) == [[1], [2], [3]]


def test_what_is_everybodys_is_told_to_all_and_not_tried_again():
    def commit(held):
        if 0 not in held:
            raise Full
        return held

    group = GroupCommit(shared_errors=(Full,))
    found, groups = run_together(group, commit, [1, 2, 3])
    for one in found[1:]:
        with pytest.raises(Full):
            one.result()
    assert len(groups) == 2
    assert group.run(7, lambda held: held) == 7  # the next is served
