"""Teams take turns; nobody waits long for another team's files."""

from __future__ import annotations

import anyio
import pytest

from customs_leaderboard.service.fair_queue import FairQueue
from customs_leaderboard.service.problem_details import TooManyRequestsError

settle = anyio.wait_all_tasks_blocked


class Jobs:
    """Files of teams in a queue, which are in work until the test ends them."""

    def __init__(self, n_at_once: int) -> None:
        self.queue = FairQueue(n_at_once)
        self.begun: list[str] = []
        self.refused: list[str] = []
        self.refusals: list[TooManyRequestsError] = []
        self._ends: dict[str, anyio.Event] = {}
        self._scopes: dict[str, anyio.CancelScope] = {}

    async def run(self, name: str) -> None:
        """Take the turn of a file such as "a1", the first of team a."""
        self._ends[name] = anyio.Event()
        with anyio.CancelScope() as self._scopes[name]:
            try:
                async with self.queue.turn(ord(name[0])):
                    self.begun.append(name)
                    await self._ends[name].wait()
            except TooManyRequestsError as error:
                self.refused.append(name)
                self.refusals.append(error)

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await settle()

    async def leave(self, name: str) -> None:
        self._scopes[name].cancel()
        await settle()


def play(n_at_once: int, names: str, steps: list[str]) -> Jobs:
    """Queue files in order; a step ends a file, or cancels it: "-a1"."""
    jobs = Jobs(n_at_once)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for name in names.split():
                tasks.start_soon(jobs.run, name)
                await settle()
            for step in steps:
                await (jobs.leave(step[1:]) if step[0] == "-" else jobs.end(step))
            tasks.cancel_scope.cancel()

    anyio.run(main)
    return jobs


@pytest.mark.parametrize(
    ("n_at_once", "names", "steps", "begun", "refused"),
    [
        # One team: one in work, two wait, the fourth is refused, and later ones are not.
        (9, "a1 a2 a3 a4", ["a1", "a2"], "a1 a2 a3", "a4"),
        (1, "a1 a2 a3 a4 b1 b2 b3 b4", [], "a1", "a4 b3 b4"),
        # Teams take turns, however many files one sends, and however early.
        (1, "a1 a2 a3 b1 b2 c1", ["a1", "b1", "c1", "a2", "b2"], "a1 b1 c1 a2 b2 a3", ""),
        (2, "a1 a2 a3 b1 c1", ["a1", "c1", "b1"], "a1 b1 c1 a2", ""),
        # A free place is taken at once by another team only.
        (2, "a1 a2 b1", [], "a1 b1", ""),
        # Whoever leaves the queue gives up the place, and the work, too.
        (1, "a1 a2 a3 b1", ["-a2", "a1", "b1"], "a1 b1 a3", ""),
        (1, "a1 a2 a3 b1", ["-a2", "-a3", "a1"], "a1 b1", ""),
        (1, "a1 b1", ["-a1"], "a1 b1", ""),
    ],
)
def test_teams_take_turns(n_at_once, names, steps, begun, refused):
    jobs = play(n_at_once, names, steps)
    assert " ".join(jobs.begun) == begun
    assert " ".join(jobs.refused) == refused


def test_a_refusal_says_when_to_come_back():
    (refusal,) = play(1, "a1 a2 a3 a4", []).refusals
    assert str(refusal).startswith("2 files of your team are waiting already.")
    assert refusal.wait_s > 0
