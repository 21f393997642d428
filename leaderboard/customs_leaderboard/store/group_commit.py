"""Group commit: threads that wait for a transaction share the next one.

A disk makes a commit durable in some milliseconds, whatever was written in it, and the next commit
has to wait for it. So one thread leads: it takes along everybody who came while the one before was
at work.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Commit = Callable[[Sequence[Item]], Sequence[Result | Exception]]


class GroupCommit(Generic[Item, Result]):
    """Hands items of many threads to one function, several at a time; safe to share.

    Parameters
    ----------
    shared_errors : tuple of exception classes
        What nobody's item is to blame for (the disk is full): it is told to all who wait.
    max_items : int
        So many are handed over at most.

    Examples
    --------
    >>> GroupCommit().run(1, lambda numbers: [number + 1 for number in numbers])
    2
    """

    def __init__(
        self, shared_errors: tuple[type[Exception], ...] = (), *, max_items: int = 64
    ) -> None:
        self._everybodys = shared_errors
        self._max_items = max_items
        self._gate = threading.Lock()
        self._waiting: list[_Waiting[Item, Result]] = []
        self._busy = False

    def run(self, item: Item, commit: Commit[Item, Result]) -> Result:
        """Return the result of an item when its transaction is over; blocks.

        Parameters
        ----------
        item : Item
            The thread's own.
        commit : callable
            Takes items in the order they came, and returns for each its result or the exception
            that is its alone. If it raises, nothing of what it was given has happened. All threads
            hand in the same; who leads calls it.

        Raises
        ------
        Exception
            What `commit` returned for the item, or raised. Where it raised for several items, and
            nothing that is everybody's, each is tried once more alone: nobody fails by what
            another brought.
        """
        own: _Waiting[Item, Result] = _Waiting(item)
        with self._gate:
            self._waiting.append(own)
            leads, self._busy = not self._busy, True
        if not leads:
            own.woken.wait()
        if own.outcome is None:  # the first, or woken to lead
            self._lead(commit)
        assert own.outcome is not None
        return own.outcome()

    def _lead(self, commit: Commit[Item, Result]) -> None:
        """Work on all who wait, the leader among them, and hand the lead on."""
        with self._gate:
            group = self._waiting[: self._max_items]
            del self._waiting[: self._max_items]
        try:
            self._work(group, commit)
        finally:
            with self._gate:
                if self._waiting:
                    self._waiting[0].woken.set()
                else:
                    self._busy = False
            for waiting in group:
                waiting.woken.set()

    def _work(self, group: Sequence[_Waiting[Item, Result]], commit: Commit[Item, Result]) -> None:
        try:
            found = commit([waiting.item for waiting in group])
        except Exception as error:
            if len(group) > 1 and not isinstance(error, self._everybodys):
                for waiting in group:
                    self._work([waiting], commit)
                return
            for waiting in group:
                waiting.fail(error)
        except BaseException as error:  # the leader is told to end: nobody may wait for ever
            for waiting in group:
                waiting.fail(error)
            raise
        else:
            for waiting, outcome in zip(group, found, strict=True):
                waiting.end(outcome)


class _Waiting(Generic[Item, Result]):
    """An item, and what came of it."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.woken = threading.Event()
        self.outcome: Callable[[], Result] | None = None

    def end(self, outcome: Result | Exception) -> None:
        if isinstance(outcome, Exception):
            self.fail(outcome)
        else:
            self.outcome = lambda: outcome

    def fail(self, error: BaseException) -> None:
        def tell() -> Result:
            raise error

        self.outcome = tell
