"""Run work on an executor that is passed in: a pool of threads or processes, or Dask's.

Results do not depend on the executor, because each is computed from its item alone. Functions are
defined at the top level of a module and get their context as an argument (`functools.partial`), so
that they can be sent to another process. A function must not use the executor that runs it: it
could wait for itself.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import active_children, get_context
from typing import Any, TypeVar

from customs_data.child_processes import begin_worker, no_child_processes
from customs_data.errors import KitError

#: Rows per span: a column fits into the cache, and a call costs little beside its rows.
SPAN = 65_536

Item = TypeVar("Item")
Result = TypeVar("Result")


def spans(stop: int, start: int = 0, size: int = SPAN) -> list[tuple[int, int]]:
    """Cut ``start .. stop - 1`` into pieces of at most `size`, as (start, stop).

    Examples
    --------
    >>> spans(5, size=2)
    [(0, 2), (2, 4), (4, 5)]
    """
    return [(first, min(first + size, stop)) for first in range(start, stop, size)]


@contextmanager
def threads(n_workers: int) -> Iterator[Executor | None]:
    """Open a pool of threads; for one worker None, so that work runs inline."""
    if n_workers == 1:
        yield None
        return
    with ThreadPoolExecutor(n_workers) as executor, _ended_by_interrupt(executor):
        yield executor


@contextmanager
def processes(n_workers: int) -> Iterator[Executor | None]:
    """Open a pool of processes; for one worker None, so that work runs inline.

    Raises
    ------
    KitError
        If a process ends while it works.
    """
    if n_workers == 1:
        yield None
        return
    # Spawned, because a fork of a process that has used OpenMP can wait forever.
    pool = ProcessPoolExecutor(n_workers, mp_context=get_context("spawn"), initializer=begin_worker)
    try:
        with pool as executor, _ended_by_interrupt(executor):
            yield executor
    except BrokenProcessPool:
        raise KitError(
            "A worker process was ended from outside, perhaps because the memory was full. Run it "
            "again, with fewer workers if there is little memory."
        ) from None


@contextmanager
def _ended_by_interrupt(executor: Executor) -> Iterator[None]:
    """On Ctrl-C (or a signal that is treated alike), end running calls instead of waiting for them.

    Calls in threads can be ended only where they wait for a `ChildProcess`.
    """
    try:
        yield
    except KeyboardInterrupt:
        if isinstance(executor, ThreadPoolExecutor | ProcessPoolExecutor):  # not Dask's
            with no_child_processes():
                if isinstance(executor, ProcessPoolExecutor):
                    for worker in active_children():
                        worker.kill()
                executor.shutdown(cancel_futures=True)
        raise


def count_workers(executor: Executor | None) -> int:
    """Return the workers of a pool; of other executors, the number of processors."""
    if executor is None:
        return 1
    return getattr(executor, "_max_workers", None) or os.cpu_count() or 1


def shares_memory(executor: Executor | None) -> bool:
    """Return whether calls run in this process, so that large arguments cost nothing."""
    return executor is None or isinstance(executor, ThreadPoolExecutor)


def submit(
    executor: Executor | None, function: Callable[..., Result], *args: Any
) -> Future[Result]:
    """Start one call in the background; without an executor, call at once."""
    if executor is not None:
        return executor.submit(function, *args)
    future: Future[Result] = Future()
    future.set_result(function(*args))
    return future


def map_in_order(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    executor: Executor | None = None,
    *,
    n_ahead: int | None = None,
    on_done: Callable[[Item, Result], None] = lambda item, result: None,
) -> Iterator[Result]:
    """Yield ``function(item)`` for each item, in the order of the items.

    Parameters
    ----------
    function : callable
        For executors with processes, it and its items and results must pickle.
    items : iterable
        Read as workers become free.
    executor : Executor, optional
        Runs the calls; by default they run inline, one by one.
    n_ahead : int, optional
        Most items submitted before their results are read, so that a slow reader does not fill the
        memory; by default one per worker, and one more to start while a result is read.
    on_done : callable
        Called with each item and its result as soon as it is finished, in the caller's thread and
        in any order.

    Raises
    ------
    Exception
        The first one that a call raises. Calls that have not started are cancelled.

    Examples
    --------
    >>> with threads(2) as executor:
    ...     list(map_in_order(abs, [-3, 2, -1], executor))
    [3, 2, 1]
    """
    if executor is None:
        for item in items:
            result = function(item)
            on_done(item, result)
            yield result
        return
    with _ended_by_interrupt(executor):
        yield from _map_on(executor, function, items, n_ahead, on_done)


def _map_on(
    executor: Executor,
    function: Callable[[Item], Result],
    items: Iterable[Item],
    n_ahead: int | None,
    on_done: Callable[[Item, Result], None],
) -> Iterator[Result]:
    rest = iter(items)
    queue: deque[Future[Result]] = deque()
    unfinished: dict[Future[Result], Item] = {}
    n_ahead = n_ahead or count_workers(executor) + 1
    try:
        while True:
            for item in islice(rest, n_ahead - len(queue)):
                queue.append(executor.submit(function, item))
                unfinished[queue[-1]] = item
            if not queue:
                return
            while queue[0] in unfinished:
                _report_finished(unfinished, on_done)
            yield queue.popleft().result()
    finally:
        for future in queue:
            future.cancel()


def _report_finished(
    unfinished: dict[Future[Result], Item], on_done: Callable[[Item, Result], None]
) -> None:
    """Wait for the next finished calls, and report them."""
    for future in wait(unfinished, return_when=FIRST_COMPLETED).done:
        on_done(unfinished.pop(future), future.result())
