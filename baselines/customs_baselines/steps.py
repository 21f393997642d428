"""Steps of a long training, for a progress bar; without a listener, reporting costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class _Steps:
    """The listener, and the steps that are being done, each part of the one before."""

    def __init__(self) -> None:
        self.listener: Callable[[str], None] | None = None
        self.texts: list[str] = []

    def report(self) -> None:
        if self.listener is not None:
            self.listener(", ".join(self.texts))


_STEPS = _Steps()


def listen(listener: Callable[[str], None] | None) -> None:
    """Call `listener` with the current step at each change (``""`` for none), or nobody if None.

    Examples
    --------
    >>> listen(print)
    >>> with step("graphfc, 1 of 2"), step("network 3 of 6"):
    ...     pass
    graphfc, 1 of 2
    graphfc, 1 of 2, network 3 of 6
    graphfc, 1 of 2
    <BLANKLINE>
    >>> listen(None)
    """
    _STEPS.listener = listener
    _STEPS.texts = []


@contextmanager
def step(text: str) -> Iterator[None]:
    """Report that a step begins, as a part of the step around it, and later that it has ended."""
    _STEPS.texts.append(text)
    _STEPS.report()
    try:
        yield
    finally:
        _STEPS.texts.pop()
        _STEPS.report()
