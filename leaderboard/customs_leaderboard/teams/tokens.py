"""Tokens of teams: 256 random bits, shown once and stored as SHA-256.

Passwords need a slow hash because they can be guessed; 256 random bits cannot.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Final

#: Makes tokens that were published by mistake easy to search for.
PREFIX: Final = "ckt_"
_N_BYTES: Final = 32
_TOKEN: Final = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")


def make_token() -> str:
    """Draw a token.

    Examples
    --------
    >>> is_token(make_token())
    True
    """
    return PREFIX + secrets.token_urlsafe(_N_BYTES)


def is_token(text: str) -> bool:
    """Whether text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token in hexadecimal; nothing else of it is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def same_token(token: str, stored: str) -> bool:
    """Whether a token is the stored one, in time that does not depend on where they differ."""
    return hmac.compare_digest(hash_token(token), stored)
