"""The database: SQLite in the competition's folder, or PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.errors import ClockError, DamagedDatabaseError
from customs_leaderboard.store.database_errors import database_errors
from customs_leaderboard.store.modes import FILE_MODE
from customs_leaderboard.store.schema import Base, State

DATABASE_URL_VARIABLE: Final = "CUSTOMS_KIT_DATABASE_URL"
_WAIT_SECONDS: Final = 30
_POOL_SIZE: Final = 10
# Any number will do, as long as it is always the same.
_CHAIN_LOCK: Final = 0x6B69_7431


class Database:
    """Transactions on one database.

    Parameters
    ----------
    url : URL
        Address of an SQLite file, or of PostgreSQL with psycopg.
    """

    def __init__(self, url: URL) -> None:
        #: The clock that the audit log's entries must not run behind.
        self.clock: Callable[[], datetime] = partial(datetime.now, UTC)
        self.is_postgresql = url.get_backend_name() == "postgresql"
        self.engine = _postgresql(url) if self.is_postgresql else _sqlite(url)
        # A single statement has a consistent view; a transaction would cost more than it does.
        reading: dict[str, Any] = {}
        glancing: dict[str, Any] = {"begins": False}
        if self.is_postgresql:
            reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            glancing = {"isolation_level": "AUTOCOMMIT"}
        self._reading = self.engine.execution_options(**reading)
        self._glancing = self.engine.execution_options(**glancing)
        self._writing = self.engine.execution_options(writes=True)
        # SQLite allows one writer at a time; others sleep and retry. A queue within the process is
        # faster and fairer. Other processes still wait for the file.
        self._queue = nullcontext() if self.is_postgresql else threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Read in one consistent view of the database.

        Raises
        ------
        UnavailableError
            If the database does not respond.
        """
        with database_errors(), Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """Read a few rows in one statement, without the cost of a session and its objects.

        Raises
        ------
        UnavailableError
            If the database does not respond.
        """
        with database_errors(), self._glancing.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Write in one transaction, which any exception rolls back.

        Raises
        ------
        UnavailableError
            If the database does not respond.
        ClockError
            From `audit_log.append_entries`, which see.
        """
        with database_errors(), self._queue:
            try:
                with self._transaction() as session:
                    yield session
            except ClockError as error:
                with self._transaction() as session:
                    error.record(session)
                raise

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def lock_chain(self, session: Session) -> None:
        """Let one transaction at a time append to the audit log, until it ends.

        Take it after all locks of rows, so that two transactions cannot wait for each other. SQLite
        has one writer anyway.
        """
        if self.is_postgresql:
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})

    def upgrade(self) -> None:
        """Upgrade the tables to the newest revision; an empty database gets all of them.

        Raises
        ------
        KitError
            If a newer release made the database, or it does not respond.
        """
        with self.upgrading() as session:
            tables = set(inspect(session.connection()).get_table_names())
            check_tables(tables, Base.metadata.tables)

    @contextmanager
    def upgrading(self, revision: str = "head") -> Iterator[Session]:
        """Upgrade the tables to a revision, and write to them in the same transaction.

        A revision may replace tables, which SQLite's foreign keys would forbid. So they are checked
        only at the end.

        Raises
        ------
        KitError
            As `upgrade`, or if a foreign key is broken at the end.
        """
        from customs_leaderboard.store.migrations import upgrade_tables

        with database_errors(), self._queue, self._writing.connect() as connection:
            if not self.is_postgresql:  # a transaction cannot turn them off
                _execute_raw(connection, "PRAGMA foreign_keys=OFF")
            try:
                with connection.begin(), Session(connection) as session:
                    self.lock_chain(session)
                    upgrade_tables(session.connection(), revision)
                    yield session
                    if not self.is_postgresql:
                        _check_foreign_keys(session)
            finally:
                if not self.is_postgresql:
                    _execute_raw(connection, "PRAGMA foreign_keys=ON")

    def check_whole(self) -> None:
        """Check that an existing database is not damaged, as far as its structure shows it.

        Raises
        ------
        DamagedDatabaseError
            If SQLite's pages are damaged, or some of the kit's tables are there without the others.
        UnavailableError
            If the database does not respond.
        """
        with self.reading() as session:
            if not self.is_postgresql:
                problem = session.scalars(text("PRAGMA quick_check(1)")).one()
                if problem != "ok":
                    raise DamagedDatabaseError(" ".join(problem.split()))
            tables = set(inspect(session.connection()).get_table_names())
            if tables & set(Base.metadata.tables):  # not an empty database
                check_tables(tables, ("alembic_version", State.__tablename__))

    def check(self) -> None:
        """Check that the database responds.

        Raises
        ------
        UnavailableError
            If it does not.
        """
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(url: str | None, default_file: Path) -> Database:
    """Return the database at `url`, or the embedded one, without connecting to it.

    Raises
    ------
    KitError
        If `url` is not an address of SQLite or PostgreSQL.
    """
    if url is None:
        return Database(URL.create("sqlite", database=str(default_file)))
    wrong = KitError(
        "Not a database's address: use postgresql://USER:PASSWORD@HOST/NAME or sqlite:///FILE in "
        "--database-url."
    )
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise wrong from None  # do not repeat the address: it may contain a password
    if parsed.get_backend_name() == "postgresql":
        return Database(parsed.set(drivername="postgresql+psycopg"))
    if parsed.drivername != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise wrong
    return Database(parsed)


def check_tables(tables: Collection[str], expected: Iterable[str]) -> None:
    """Raise `DamagedDatabaseError` if an expected table is missing."""
    for name in sorted(expected):
        if name not in tables:
            raise DamagedDatabaseError(f"the table {name} is missing")


def _check_foreign_keys(session: Session) -> None:
    if broken := session.execute(text("PRAGMA foreign_key_check")).first():
        raise KitError(
            f"A row of the table {broken.table} refers to a missing {broken.parent}. Restore the "
            "competition from a backup."
        )


def _execute_raw(connection: Connection, statement: str) -> None:
    """Execute a statement without starting a transaction."""
    cursor = connection.connection.cursor()
    cursor.execute(statement)
    cursor.close()


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": _WAIT_SECONDS},
        pool_size=_POOL_SIZE,
        max_overflow=-1,
        hide_parameters=True,  # errors are written to logs
    )

    @event.listens_for(engine, "do_connect")
    def make_private(_dialect: object, _record: object, arguments: Any, _options: object) -> None:
        # SQLite would make it readable for others, and its log files get the mode of the file.
        with suppress(OSError):  # SQLite reports it
            os.close(os.open(arguments[0], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # `begin` below starts transactions
        for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Writers lock at once: SQLite does not let one that has read wait for another.
        options = connection.get_execution_options()
        if options.get("begins", True):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url,
        pool_size=_POOL_SIZE,
        max_overflow=2 * _POOL_SIZE,
        pool_timeout=_WAIT_SECONDS,
        hide_parameters=True,
        pool_pre_ping=True,  # connections from before a restart of the database are dead
        connect_args={"connect_timeout": 10, "application_name": "customs-kit"},
    )
