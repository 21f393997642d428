"""Errors of a database: which mean that it is away or damaged, and which are bugs."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from customs_leaderboard.errors import DamagedDatabaseError, UnavailableError
from customs_leaderboard.store.schema import Base

_UNAVAILABLE: Final = (
    "The leaderboard's database does not respond, so the request may have failed. Try again later "
    "(the same file never counts twice), and tell the organizer."
)
_FULL: Final = (
    "The disk of the leaderboard's database is full, and nothing was changed. Make room, and try "
    "again."
)
_DAMAGED: Final = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
#: Of SQLite and PostgreSQL, when a statement names a table that does not exist.
_NO_TABLE: Final = re.compile(r'no such table: (\w+)|relation "(\w+)" does not exist')


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn a lost connection or a damaged database into one sentence without its address.

    Violated constraints and wrong statements are bugs of the kit and propagate.

    Raises
    ------
    UnavailableError
        If the database does not respond.
    DamagedDatabaseError
        If its file is damaged, or one of the kit's tables is missing.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise UnavailableError(_UNAVAILABLE) from error
    except IntegrityError:
        raise
    except DBAPIError as error:
        if (damage := _damage_of(error)) is not None:
            raise DamagedDatabaseError(damage) from error
        if _is_full(error):
            raise UnavailableError(_FULL) from error
        if _is_unavailable(error):
            raise UnavailableError(_UNAVAILABLE) from error
        raise


def _damage_of(error: DBAPIError) -> str | None:
    """Return what is damaged, or None if the database is whole as far as the error says."""
    name = getattr(error.orig, "sqlite_errorname", "")
    if name.startswith(_DAMAGED):
        return str(error.orig)
    missing = _NO_TABLE.search(str(error.orig))
    table = next(filter(None, missing.groups())) if missing else ""
    if table in Base.metadata.tables or table == "alembic_version":
        return f"the table {table} is missing"
    return None


def _is_full(error: DBAPIError) -> bool:
    name = getattr(error.orig, "sqlite_errorname", type(error.orig).__name__)
    return name in ("SQLITE_FULL", "DiskFull")


def _is_unavailable(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        name = getattr(error.orig, "sqlite_errorname", "")
        # "no such table" is an OperationalError, too, but a bug or a wrong file.
        return isinstance(error.orig, sqlite3.OperationalError) and name != "SQLITE_ERROR"
    return error.connection_invalidated or type(error.orig).__name__ in {
        "OperationalError", "InterfaceError", "ConnectionTimeout", "AdminShutdown",
        "CrashShutdown", "CannotConnectNow", "TooManyConnections", "ReadOnlySqlTransaction",
        "IoError", "OutOfMemory", "LockNotAvailable", "DeadlockDetected",
    }  # fmt: skip
