"""A leaderboard's server on a free port, and a team with its token."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from customs_leaderboard.board import Board
from customs_leaderboard.service.serving import Address, make_server, url_of
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.store.schema import Team


@dataclass
class Member:
    """A team and its token."""

    team: Team
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def number(self) -> int:
        return self.team.number


@dataclass
class Running:
    """A server in a thread; `stop` waits until all requests are answered."""

    url: str
    server: uvicorn.Server
    thread: threading.Thread

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(60)
        assert not self.thread.is_alive()


@contextmanager
def running(
    board: Board, settings: ServiceSettings | None = None, *, trusted_proxies: str = ""
) -> Iterator[Running]:
    """Serve in a thread, like `customs-kit leaderboard serve` in a process."""
    address = Address(port=0, trusted_proxies=trusted_proxies)
    with address.listen() as listening:
        url = url_of(listening)
        server = make_server(board, address, settings or ServiceSettings())
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        server_thread = Running(url, server, thread)
        try:
            yield server_thread
        finally:
            server_thread.stop()
