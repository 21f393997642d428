"""Public answers are built once for each state of the competition."""

from __future__ import annotations

import asyncio
import threading

import anyio
import pytest

from customs_leaderboard.service.caching import AnswerCache
from customs_leaderboard.teams.teams import add_team, rename_team


class Builder:
    """Returns the number of its calls, after a given time."""

    def __init__(self, timer=None, cost_s: float = 0.0) -> None:
        self.n_calls = 0
        self._timer, self._cost_s = timer, cost_s

    def __call__(self, _board) -> bytes:
        self.n_calls += 1
        if self._timer is not None:
            self._timer.now += self._cost_s
        return f"{self.n_calls}".encode()


@pytest.fixture
def cache(board, timer) -> AnswerCache:
    return AnswerCache(board, 1.0, timer)


def get(cache: AnswerCache, build: Builder, name: str = "a") -> bytes:
    return anyio.run(cache.get, name, build).body


def test_an_answer_is_built_once(cache):
    build = Builder()
    assert [get(cache, build) for _ in range(3)] == [b"1"] * 3
    assert get(cache, Builder(), "b") == b"1"


def test_actions_of_this_process_show_at_once(cache, board):
    build = Builder()
    get(cache, build)
    add_team(board, "Busan")
    assert get(cache, build) == b"1"  # not expired, and too early for a check
    cache.expire()
    assert get(cache, build) == b"2"


def test_actions_of_other_processes_show_after_the_refresh(cache, board, timer):
    build = Builder()
    get(cache, build)
    add_team(board, "Busan")
    timer.now = 0.9
    assert get(cache, build) == b"1"
    timer.now = 1.0
    assert get(cache, build) == b"2"
    timer.now = 9.0
    assert get(cache, build) == b"2"  # nothing has changed


def test_expiring_without_a_change_builds_nothing(cache):
    build = Builder()
    get(cache, build)
    cache.expire()
    assert get(cache, build) == b"1"


def test_the_etag_follows_the_content_not_the_event(cache, board, timer):
    def constant(_board) -> bytes:
        return b"same"

    first = anyio.run(cache.get, "a", constant)
    add_team(board, "Busan")
    cache.expire()
    assert anyio.run(cache.get, "a", constant).etag == first.etag


def test_an_answer_is_fresh_then_stale_while_a_newer_one_is_built(cache, board, timer):
    build = Builder(timer, cost_s=0.02)

    async def story() -> list[bytes]:
        answers = [await cache.get("a", build)]
        add_team(board, "Busan")
        cache.expire()
        timer.now += 0.19  # still fresh: less than ten times its cost
        answers.append(await cache.get("a", build))
        assert build.n_calls == 1
        timer.now += 0.02  # stale: rebuilt in the background
        answers.append(await cache.get("a", build))
        await asyncio.gather(*cache._building.values())
        assert build.n_calls == 2
        answers.append(await cache.get("a", build))
        return [answer.body for answer in answers]

    assert anyio.run(story) == [b"1", b"1", b"1", b"2"]


def test_an_answer_that_is_too_old_is_not_served(cache, board, timer):
    build = Builder(timer, cost_s=0.02)
    get(cache, build)
    add_team(board, "Busan")
    timer.now += 1.0
    assert get(cache, build) == b"2"


def test_a_client_that_leaves_does_not_cancel_the_build_for_others(cache):
    started, may_end = threading.Event(), threading.Event()

    def slow(_board) -> bytes:
        started.set()
        assert may_end.wait(30)
        return b"built"

    async def story() -> bytes:
        first = asyncio.create_task(cache.get("a", slow))
        await anyio.to_thread.run_sync(started.wait)
        second = asyncio.create_task(cache.get("a", slow))
        await anyio.lowlevel.checkpoint()
        first.cancel()
        may_end.set()
        return (await second).body

    assert anyio.run(story) == b"built"


def test_a_change_during_a_build_is_not_missed(cache, board):
    def slow(board) -> bytes:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 1:  # this answer shows the state before the change
            add_team(board, "Busan")
            cache.expire()
        return b"%d" % n_calls

    n_calls = 0
    anyio.run(cache.get, "a", slow)
    assert anyio.run(cache.get, "a", slow).body == b"2"
    rename_team(board, "Busan", "Pusan")
    cache.expire()
    assert anyio.run(cache.get, "a", slow).body == b"3"


def test_simultaneous_requests_share_one_build(cache):
    build = Builder()

    async def ask_many() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(cache.get, "a", build)

    anyio.run(ask_many)
    assert build.n_calls == 1


def test_an_answer_that_fails_is_tried_again(cache):
    def fail(_board) -> bytes:
        raise ValueError

    with pytest.raises(ValueError):
        anyio.run(cache.get, "a", fail)
    assert get(cache, Builder()) == b"1"
