"""How the labels that are known before the first decision were chosen."""

from __future__ import annotations

from typing import Final

from customs_data.erasure import ERASURES
from customs_data.errors import KitError

_FULL: Final = "full"


def full_weeks(warm_up: str) -> int | None:
    """Return for how many weeks every label is known; None where a share of them is.

    Parameters
    ----------
    warm_up : str
        A name of `customs_data.erasure.ERASURES`, or ``full:WEEKS``: the season begins so many
        weeks before the first decision, and all their labels are known.

    Raises
    ------
    KitError
        If it is neither.

    Examples
    --------
    >>> full_weeks("full:4"), full_weeks("random")
    (4, None)
    """
    if warm_up in ERASURES:
        return None
    name, _, text = warm_up.partition(":")
    if name != _FULL or not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise KitError(
            f"Unknown warm-up {warm_up!r}: give {', '.join(ERASURES)}, or full:WEEKS, such as "
            "full:4."
        )
    return int(text)
