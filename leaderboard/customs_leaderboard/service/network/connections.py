"""The open connections of a server: how many each client may have, and which are dropped first.

Silent connections cost nothing to whoever opens them, so they may not cost others their place. When
connections run short, one that has been without a request for a while is dropped, then the oldest
one whose request is not complete; only then those that the server had no time to read yet. A
connection whose request is complete, or comes with a valid token, stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final, Protocol

# Clients behind one address may all connect in the same moment, and a busy server may need a while
# to read what they sent: for a grace period they may have this many times their connections.
BURST: Final = 10
GRACE_S: Final = 5.0
# Connections beyond the limit, for health checks and for answers of 503.
_N_RESERVED: Final = 100


class Stage(Enum):
    """What a connection waits for."""

    IDLE = "the next request"
    INCOMPLETE = "the rest of a request"
    BUSY = "the server"


class Droppable(Protocol):
    """A connection as `Connections` sees it.

    Attributes
    ----------
    stage : Stage
        What it waits for.
    since : float
        When its request began, or it became idle, in seconds.
    is_fresh : bool
        Whether the server had no time yet to read what it may have sent.
    """

    stage: Stage
    since: float
    is_fresh: bool

    def drop(self) -> None:
        """Close the connection at once; it calls `Connections.remove` later."""


class Connections:
    """Connections by the client that they are counted under; for one event loop.

    Parameters
    ----------
    n_all : int
        Most connections at the same time.
    n_each : int
        Most connections of a client.
    timer : callable
        Returns monotonic seconds.
    is_exempt : callable
        Whether a client may have any number of connections, as a reverse proxy does.
    """

    def __init__(
        self,
        n_all: int,
        n_each: int,
        timer: Callable[[], float],
        is_exempt: Callable[[str], bool] = lambda _client: False,
    ) -> None:
        self._n_all = n_all
        self._n_each = n_each
        self._timer = timer
        self.is_exempt = is_exempt
        self._client_of: dict[Droppable, str] = {}
        self._of_client: dict[str, dict[Droppable, None]] = {}

    def __len__(self) -> int:
        return len(self._client_of)

    @property
    def is_full(self) -> bool:
        """Whether there are more connections than allowed: only health checks are answered."""
        return len(self) > self._n_all

    def add(self, connection: Droppable, client: str) -> bool:
        """Count a new connection, and drop others for it if there are too many.

        Returns
        -------
        bool
            False if its client has too many connections all the same: call `check` after `GRACE_S`.
        """
        self._insert(connection, client)
        self._shrink(connection, client)
        if self.is_full and (victim := self._victim(connection)) is not None:
            self._drop(victim)
        if len(self) > self._n_all + _N_RESERVED:
            self._drop(connection)
        return not self.exceeds(client)

    def remove(self, connection: Droppable) -> None:
        """Forget a closed connection; one that was dropped is unknown already."""
        client = self._client_of.pop(connection, None)
        if client is None:
            return
        others = self._of_client[client]
        del others[connection]
        if not others:
            del self._of_client[client]

    def move(self, connection: Droppable, client: str) -> None:
        """Count a connection under another client from now on."""
        if self._client_of.get(connection, client) == client:
            return
        self.remove(connection)
        self._insert(connection, client)
        self._shrink(connection, client)

    def exceeds(self, client: str, times: int = 1) -> bool:
        """Whether a client has too many connections, or so many times as many."""
        n = len(self._of_client.get(client, ()))
        return n > times * self._n_each and not self.is_exempt(client)

    def exceeds_burst(self, client: str) -> bool:
        """Whether a client has more connections than it may have even for a moment."""
        return self.exceeds(client, BURST)

    def check(self, connection: Droppable) -> None:
        """Drop a connection if its client has too many and it still waits for its client."""
        client = self._client_of.get(connection)
        if client is not None and connection.stage is not Stage.BUSY and self.exceeds(client):
            self._drop(connection)

    def _insert(self, connection: Droppable, client: str) -> None:
        self._client_of[connection] = client
        self._of_client.setdefault(client, {})[connection] = None

    def _drop(self, connection: Droppable) -> None:
        self.remove(connection)
        connection.drop()

    def _shrink(self, new: Droppable, client: str) -> None:
        """Drop connections of a client that has too many, except those in their grace period."""
        while self.exceeds(client):
            grace_s = 0.0 if self.exceeds_burst(client) else GRACE_S
            latest = self._timer() - grace_s
            victim = self._oldest(client, new, latest)
            if victim is None:
                return
            self._drop(victim)

    def _victim(self, new: Droppable) -> Droppable | None:
        """Return the connection to drop when there are too many in all."""
        everybody = [it for it in self._client_of if it is not new and it.stage is not Stage.BUSY]
        latest = self._timer() - GRACE_S

        def order(it: Droppable) -> tuple[int, float]:
            if it.stage is Stage.IDLE:
                return (0 if it.since <= latest else 2), it.since
            return (3 if it.is_fresh else 1), it.since

        return min(everybody, key=order, default=None)

    def _oldest(self, client: str, new: Droppable, latest: float) -> Droppable | None:
        """Return a client's oldest idle connection, else its oldest incomplete one."""
        waiting = [it for it in self._waiting(client, new) if it.since <= latest]
        return min(waiting, key=lambda it: (it.stage is not Stage.IDLE, it.since), default=None)

    def _waiting(self, client: str, new: Droppable) -> Iterator[Droppable]:
        for connection in self._of_client[client]:
            if connection is not new and connection.stage is not Stage.BUSY:
                yield connection
