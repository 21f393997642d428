"""Random streams that depend only on a secret and a name.

Each stream is a Philox generator whose 128-bit key is a SHA-256 digest of (secret, names), so that
one stream (for example the erased labels) reveals nothing about another. Only raw 64-bit words are
used: NumPy keeps them stable between versions, but not its distributions.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt


def secret_of_seed(seed: int) -> bytes:
    """Return the 32 bytes used as the secret of a published seed.

    Examples
    --------
    >>> len(secret_of_seed(0)), secret_of_seed(0) == secret_of_seed(1)
    (32, False)
    """
    return hashlib.sha256(f"customs-kit published seed {seed}".encode()).digest()


def derive(secret: bytes, *names: str) -> bytes:
    """Return 32 bytes derived from the secret for one purpose; no two lists of names collide."""
    digest = hashlib.sha256()
    for part in (secret, *(name.encode() for name in names)):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.digest()


def random_words(secret: bytes, *names: str, n: int) -> npt.NDArray[np.uint64]:
    """Return the first `n` words of the stream `names`, shape (n,), uniform over 64 bits.

    Examples
    --------
    >>> bool((random_words(b"s", "a", n=3) == random_words(b"s", "a", n=5)[:3]).all())
    True
    """
    key = np.frombuffer(derive(secret, *names)[:16], dtype="<u8")
    return np.asarray(np.random.Philox(key=key).random_raw(n), dtype=np.uint64)


def random_order(secret: bytes, *names: str, n: int) -> npt.NDArray[np.int64]:
    """Return a random permutation of 0 .. n - 1, shape (n,)."""
    return np.argsort(random_words(secret, *names, n=n), kind="stable").astype(np.int64)
