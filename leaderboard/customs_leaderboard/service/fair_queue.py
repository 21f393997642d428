"""The queue of received files before they are checked, fair by team."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio

from customs_leaderboard.service.problem_details import TooManyRequestsError

_RETRY_AFTER_S: Final = 5


class FairQueue:
    """Turns of teams: one file of a team is in work, a few may wait, and teams take turns.

    So one team delays the others by at most one file, whatever it sends. Used by one event loop.

    Parameters
    ----------
    n_at_once : int
        Files in work at the same time.
    n_waiting : int
        Files of a team that may wait.
    what : str
        What takes turns, for messages.

    Attributes
    ----------
    threads : CapacityLimiter
        As many threads, for the work.

    Examples
    --------
    ::

        async with queue.turn(team.number):
            await run_sync(work, limiter=queue.threads)
    """

    def __init__(self, n_at_once: int, n_waiting: int = 2, what: str = "files") -> None:
        self.threads = anyio.CapacityLimiter(n_at_once)
        self._n_free = n_at_once
        self._n_waiting, self._what = n_waiting, what
        self._working: set[int] = set()
        # The team whose turn is next comes first.
        self._waiting: OrderedDict[int, deque[anyio.Event]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, team_number: int) -> AsyncIterator[None]:
        """Wait for the team's turn; the turn ends with the context.

        Raises
        ------
        TooManyRequestsError
            If too many files of the team are waiting.
        """
        if self._n_free and team_number not in self._working:
            self._begin(team_number)
        else:
            await self._wait(team_number)
        try:
            yield
        finally:
            self._end(team_number)

    async def _wait(self, team_number: int) -> None:
        own = self._waiting.setdefault(team_number, deque())
        if len(own) >= self._n_waiting:
            raise TooManyRequestsError(
                f"{self._n_waiting} {self._what} of your team are waiting already. Send this one "
                "when they are answered; it was not counted.",
                _RETRY_AFTER_S,
            )
        own.append(called := anyio.Event())
        try:
            await called.wait()
        except BaseException:
            if called.is_set():  # cancelled after its turn began
                self._end(team_number)
            else:
                own.remove(called)
                self._forget(team_number)
            raise

    def _begin(self, team_number: int) -> None:
        self._working.add(team_number)
        self._n_free -= 1

    def _end(self, team_number: int) -> None:
        self._working.remove(team_number)
        self._n_free += 1
        if team_number in self._waiting:
            self._waiting.move_to_end(team_number)
        self._call_next()

    def _call_next(self) -> None:
        """Begin the turns of the teams that wait longest, as many as there is room for."""
        for team_number in [team for team in self._waiting if team not in self._working]:
            if not self._n_free:
                return
            called = self._waiting[team_number].popleft()
            self._forget(team_number)
            self._begin(team_number)
            called.set()

    def _forget(self, team_number: int) -> None:
        """Forget a team without files that wait."""
        if not self._waiting.get(team_number, True):
            del self._waiting[team_number]
