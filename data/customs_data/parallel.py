"""Work cut into spans of indices: what fits the processor's cache, by several threads at a time.

The numbers do not depend on the cut or on the threads: every value depends on its index only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

#: Rows worked on at a time: their arrays stay in the processor's cache.
SPAN = 32_768

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


def work_on(
    function: Callable[[Item], Result], items: Iterable[Item], n_workers: int
) -> Iterator[Result]:
    """Yield ``function(item)`` in the order of the items, `n_workers` of them in the making.

    No more than `n_workers` results lie finished and waiting, so that a slow reader does not fill
    the memory.
    """
    if n_workers == 1:
        yield from map(function, items)
        return
    queue: list[Future[Result]] = []
    rest = iter(items)
    with ThreadPoolExecutor(n_workers) as pool:
        try:
            queue += [pool.submit(function, item) for item in islice(rest, n_workers)]
            while queue:
                result = queue.pop(0).result()
                queue += [pool.submit(function, item) for item in islice(rest, 1)]
                yield result
        finally:
            for future in queue:
                future.cancel()
