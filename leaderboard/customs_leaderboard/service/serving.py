"""Running the service: a socket, uvicorn, logs, and an end that loses nothing."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

import uvicorn

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.requests_log import JsonLines
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.submissions.submit import sweep

_BACKLOG: Final = 1024
_KEEP_ALIVE_S: Final = 75  # longer than a reverse proxy keeps its connections to us
_GRACE_S: Final = 60


@dataclass(frozen=True)
class Address:
    """Where the service listens.

    Attributes
    ----------
    host : str
        Name or IP address.
    port : int
        0 for any free one.
    trusted_proxies : str
        Comma-separated addresses or networks of reverse proxies whose X-Forwarded-For and
        X-Forwarded-Proto are believed; nobody's if empty.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxies: str = ""

    def listen(self) -> socket.socket:
        """Open the socket.

        Raises
        ------
        KitError
            If the address cannot be had.
        """
        try:
            family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
            return socket.create_server((self.host, self.port), family=family, backlog=_BACKLOG)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise KitError(
                f"The service must get the address {self.host}, port {self.port}, however: "
                f"{reason}. Choose another with --host and --port."
            ) from None


def url_of(listening: socket.socket) -> str:
    """Return the URL of a socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_server(board: Board, address: Address, settings: ServiceSettings) -> uvicorn.Server:
    """Make the server of a board; what is judged is loaded, and left-overs of crashes removed."""
    app = make_app(board, settings)
    _ = board.judge
    sweep(board)
    config = uvicorn.Config(
        app,
        access_log=False,  # has paths and queries; `requests_log` writes what may be kept
        log_config=None,
        server_header=False,
        proxy_headers=bool(address.trusted_proxies),
        forwarded_allow_ips=address.trusted_proxies,
        limit_concurrency=settings.n_connections,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return uvicorn.Server(config)


def serve(
    board: Board,
    address: Address,
    settings: ServiceSettings,
    announce: Callable[[str], None],
) -> None:
    """Serve a board until the process is told to end (SIGTERM or Ctrl+C).

    Then no new connection is taken, and requests that are being answered are answered.

    Parameters
    ----------
    board : Board
        The competition.
    address : Address
        Where to listen.
    settings : ServiceSettings
        Limits.
    announce : callable
        Is told the URL when the service can be asked.

    Raises
    ------
    KitError
        If the address cannot be had, or the edition is not fit.
    """
    with address.listen() as listening:
        log_to(sys.stderr)
        server = make_server(board, address, settings)
        # uvicorn raises the signal again when it has shut down: then it is the end as planned.
        signal.signal(signal.SIGTERM, _end)
        signal.signal(signal.SIGINT, _end)
        gc.freeze()  # libraries and labels stay: nothing to look through again and again
        announce(url_of(listening))
        server.run(sockets=[listening])


def log_to(stream: Any) -> None:
    """Write all logs as lines of JSON."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
