"""Secret files: 256 random bits for one edition."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically

N_BYTES = 32


def make_secret_file(path: Path) -> None:
    """Write a new secret, readable by its owner only.

    Raises
    ------
    KitError
        If the file exists already (it may be the secret of a running competition) or cannot be
        written.
    """
    _write(path, {"secret": os.urandom(N_BYTES).hex(), "used_for": None}, must_be_new=True)


def read_secret_file(path: Path) -> bytes:
    """Return the secret of a file from which no edition was made yet.

    Raises
    ------
    KitError
        If the file is missing, is not a secret file, or was used.
    """
    data = _read(path)
    if data["used_for"] is not None:
        raise KitError(
            f"{path} is used: {data['used_for']} was made from it. Two editions of one secret "
            "could give away each other's labels. Make a new one with `customs-kit data secret`."
        )
    return bytes.fromhex(data["secret"])


def read_used_secret_file(path: Path) -> bytes:
    """Return the secret of a file that was used, for what it was used for; errors as above."""
    return bytes.fromhex(_read(path)["secret"])


@contextmanager
def used_for(path: Path, edition: str) -> Iterator[bytes]:
    """Mark a secret as used for an edition while the edition is made.

    The file is marked first, so that an interruption cannot leave a secret that looks unused. The
    mark is removed if making the edition raises an error.

    Yields
    ------
    bytes
        The secret.

    Raises
    ------
    KitError
        As in `read_secret_file`, or if the file cannot be marked.
    """
    secret = read_secret_file(path)
    data = _read(path)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    _write(path, {**data, "used_for": f"{edition} ({when})"})
    try:
        yield secret
    except Exception:
        _write(path, data)
        raise


def _write(path: Path, data: dict[str, Any], *, must_be_new: bool = False) -> None:
    content = json.dumps(data, indent=2) + "\n"
    write_atomically(path, content, mode=0o600, must_be_new=must_be_new)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if len(bytes.fromhex(data["secret"])) != N_BYTES or "used_for" not in data:
            raise ValueError(f"it needs {N_BYTES} bytes and used_for")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KitError(f"{path} is not a file of `customs-kit data secret`: {error}.") from None
    return dict(data)
