"""Reasons that organizers give for the public log."""

from __future__ import annotations

from typing import Final

from customs_data.errors import KitError

_MAX_REASON: Final = 200


def check_reason(reason: str, *, required: bool = True) -> str:
    """Return a reason for the public log if it is allowed.

    Raises
    ------
    KitError
        If it has more than 200 characters or characters that cannot be printed, or is empty
        although it is required.

    Examples
    --------
    >>> check_reason("Shared answers with Team B")
    'Shared answers with Team B'
    """
    if len(reason) > _MAX_REASON or not reason.isprintable():
        raise KitError(f"The reason must have at most {_MAX_REASON} printable characters.")
    if required and not reason.strip():
        raise KitError("Give a reason with --reason. The public log shows it.")
    return reason
