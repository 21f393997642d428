"""Answers that everybody sees are made once for each state of the competition."""

from __future__ import annotations

import asyncio
import threading

import anyio
import pytest

from customs_leaderboard.service.caching import AnswerCache
from customs_leaderboard.teams.teams import add_team, rename_team


class Maker:
    """Makes an answer out of the number of times it was asked, in a given time."""

    def __init__(self, timer=None, cost_s: float = 0.0) -> None:
        self.n_made = 0
        self._timer, self._cost_s = timer, cost_s

    def __call__(self, _board) -> bytes:
        self.n_made += 1
        if self._timer is not None:
            self._timer.now += self._cost_s
        return f"{self.n_made}".encode()


@pytest.fixture
def cache(board, timer) -> AnswerCache:
    return AnswerCache(board, 1.0, timer)


def get(cache: AnswerCache, make: Maker, name: str = "a") -> bytes:
    return anyio.run(cache.get, name, make).body


def test_an_answer_is_made_once(cache):
    make = Maker()
    assert [get(cache, make) for _ in range(3)] == [b"1"] * 3
    assert get(cache, Maker(), "b") == b"1"


def test_what_this_process_did_shows_at_once(cache, board):
    make = Maker()
    get(cache, make)
    add_team(board, "Busan")
    assert get(cache, make) == b"1"  # nobody said so, and nobody has looked
    cache.expire()
    assert get(cache, make) == b"2"


def test_what_others_did_shows_after_the_refresh(cache, board, timer):
    make = Maker()
    get(cache, make)
    add_team(board, "Busan")
    timer.now = 0.9
    assert get(cache, make) == b"1"
    timer.now = 1.0
    assert get(cache, make) == b"2"
    timer.now = 9.0
    assert get(cache, make) == b"2"  # nothing happened: only looked up


def test_expiring_without_an_event_makes_nothing(cache):
    make = Maker()
    get(cache, make)
    cache.expire()
    assert get(cache, make) == b"1"


def test_the_etag_follows_the_content_not_the_event(cache, board, timer):
    def constant(_board) -> bytes:
        return b"same"

    first = anyio.run(cache.get, "a", constant)
    add_team(board, "Busan")
    cache.expire()
    assert anyio.run(cache.get, "a", constant).etag == first.etag


def test_an_answer_rests_then_is_given_while_a_newer_one_is_made(cache, board, timer):
    make = Maker(timer, cost_s=0.02)

    async def story() -> list[bytes]:
        found = [await cache.get("a", make)]
        add_team(board, "Busan")
        cache.expire()
        timer.now += 0.19  # rests: ten times what it took
        found.append(await cache.get("a", make))
        assert make.n_made == 1
        timer.now += 0.02  # given, and made again behind it
        found.append(await cache.get("a", make))
        await asyncio.gather(*cache._making.values())
        assert make.n_made == 2
        found.append(await cache.get("a", make))
        return [answer.body for answer in found]

    assert anyio.run(story) == [b"1", b"1", b"1", b"2"]


def test_what_nobody_asked_for_is_waited_for(cache, board, timer):
    make = Maker(timer, cost_s=0.02)
    get(cache, make)
    add_team(board, "Busan")
    timer.now += 1.0
    assert get(cache, make) == b"2"


def test_one_who_leaves_does_not_end_it_for_the_others(cache):
    started, may_end = threading.Event(), threading.Event()

    def slow(_board) -> bytes:
        started.set()
        assert may_end.wait(30)
        return b"made"

    async def story() -> bytes:
        first = asyncio.create_task(cache.get("a", slow))
        await anyio.to_thread.run_sync(started.wait)
        second = asyncio.create_task(cache.get("a", slow))
        await anyio.lowlevel.checkpoint()
        first.cancel()
        may_end.set()
        return (await second).body

    assert anyio.run(story) == b"made"


def test_what_happens_while_an_answer_is_made_is_not_missed(cache, board):
    def slow(board) -> bytes:
        nonlocal n_made
        n_made += 1
        if n_made == 1:  # the answer is made of what was before
            add_team(board, "Busan")
            cache.expire()
        return b"%d" % n_made

    n_made = 0
    anyio.run(cache.get, "a", slow)
    assert anyio.run(cache.get, "a", slow).body == b"2"
    rename_team(board, "Busan", "Pusan")
    cache.expire()
    assert anyio.run(cache.get, "a", slow).body == b"3"


def test_many_who_ask_at_once_wait_for_one(cache):
    make = Maker()

    async def ask_many() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(cache.get, "a", make)

    anyio.run(ask_many)
    assert make.n_made == 1


def test_an_answer_that_fails_is_tried_again(cache):
    def fail(_board) -> bytes:
        raise ValueError

    with pytest.raises(ValueError):
        anyio.run(cache.get, "a", fail)
    assert get(cache, Maker()) == b"1"
