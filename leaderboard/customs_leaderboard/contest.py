"""What every competition has: its folder, database and clock, its state and its phase."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, Literal, Protocol

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.errors import DamagedDatabaseError, UnavailableError
from customs_leaderboard.store.database import Database, open_database
from customs_leaderboard.store.folder import Folder
from customs_leaderboard.store.group_commit import GroupCommit
from customs_leaderboard.store.modes import close_to_others
from customs_leaderboard.store.schema import State

Phase = Literal["upcoming", "open", "over", "closed", "revealed"]
Clock = Callable[[], datetime]

_NOT_EMPTY: Final = (
    "The database already contains a competition. Use another database. If an `init` or `restore` "
    "was killed when it was nearly done, this is its competition: empty the database (`dropdb "
    "NAME`, `createdb NAME`) and run the command again."
)


def utc_now() -> datetime:
    """Return the current time (UTC)."""
    return datetime.now(UTC)


class Announced(Protocol):
    """Rules that every competition announces."""

    @property
    def title(self) -> str:
        """Title of the competition."""

    @property
    def opens(self) -> datetime:
        """Start (UTC)."""

    @property
    def contact(self) -> str:
        """Where questions go."""

    @property
    def private(self) -> bool:
        """Whether only teams and people with the view code may see the competition."""

    @property
    def max_upload_bytes(self) -> int:
        """Size limit of what a team sends."""


class Contest(ABC):
    """One competition of any kind; safe to share between threads.

    Parameters
    ----------
    folder : Folder
        Its folder.
    competition : Announced
        Its rules.
    database : Database
        Its database, opened and upgraded.
    clock : callable
        Returns the current time (UTC).
    """

    def __init__(
        self, folder: Folder, competition: Announced, database: Database, clock: Clock = utc_now
    ) -> None:
        self.folder = folder
        self.competition = competition
        self.database = database
        self.now = clock
        database.clock = lambda: self.now()  # tests exchange it
        #: Collects what several threads want to write for one transaction.
        self.commits: GroupCommit[Any, Any] = GroupCommit(shared_errors=(UnavailableError,))

    @property
    @abstractmethod
    def rules(self) -> dict[str, Any]:
        """The rules as plain data for JSON."""

    @abstractmethod
    def prepare(self) -> None:
        """Load what is hidden, so that no request waits for it."""

    def state(self, session: Session, lock: Literal["read", "write"] | None = None) -> State:
        """Return the competition's state, optionally locked until the transaction ends."""
        query = select(State)
        if lock is not None:
            query = query.with_for_update(read=lock == "read")
        return session.scalars(query).one()

    def phase(self, state: State) -> Phase:
        """Return the phase of the competition.

        ``"over"`` is between the deadline and the organizer's `close`: what comes is late, and
        exact scores are still secret.
        """
        if state.revealed_at is not None:
            return "revealed"
        if state.closed_at is not None:
            return "closed"
        now = self.now()
        if now < self.competition.opens:
            return "upcoming"
        return "open" if now < state.closes else "over"

    def close_connections(self) -> None:
        """Close the database's connections."""
        self.database.close()


def new_state(edition: str, commitment: str, rules: str, closes: datetime) -> State:
    """Return the first state of a competition, with a new key for addresses.

    Parameters
    ----------
    edition : str
        What it is played on.
    commitment : str
        SHA-256 that binds the organizer to what is hidden.
    rules : str
        The rules as JSON.
    closes : datetime
        The deadline (UTC).
    """
    return State(
        number=1,
        edition=edition,
        commitment=commitment,
        rules=rules,
        closes=closes,
        address_key=secrets.token_hex(32),
    )


@contextmanager
def existing_database(folder: Folder, database_url: str | None) -> Iterator[Database]:
    """Open the database of a competition, and upgrade its tables to this release.

    It stays open unless the block fails.

    Parameters
    ----------
    folder : Folder
    database_url : str, optional
        If it does not use the embedded database.

    Raises
    ------
    KitError
        If there is no database, or no competition in it, or it is damaged.
    """
    if database_url is None and not folder.database_file.is_file():
        raise KitError(
            f"No such file: {folder.database_file}. If the competition uses PostgreSQL, give its "
            "address with --database-url (or CUSTOMS_KIT_DATABASE_URL)."
        )
    close_to_others(folder.root)
    database = open_database(database_url, folder.database_file)
    try:
        database.check_whole()
        if not has_competition(database):
            if database_url is None:
                raise DamagedDatabaseError("it contains no competition")
            raise KitError("The database contains no competition. Check --database-url.")
        database.upgrade()
        yield database
    except BaseException:
        database.close()
        raise


def has_competition(database: Database) -> bool:
    """Whether a database has a competition's tables and row."""
    with database.reading() as session:
        if not inspect(session.connection()).has_table(State.__tablename__):
            return False
        return session.scalar(select(State.number)) is not None


def refuse_competition(database: Database) -> None:
    """Raise `KitError` if a database already contains a competition."""
    if has_competition(database):
        raise KitError(_NOT_EMPTY)


def refuse_state(session: Session) -> None:
    """Raise `KitError` if another process has made a competition in the meantime."""
    if session.scalar(select(State.number)) is not None:
        raise KitError(_NOT_EMPTY)
