"""Running the service: socket, uvicorn, logs, and a shutdown that loses no request."""

from __future__ import annotations

import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from types import FrameType
from typing import Any, Final

import uvicorn

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.contest import Contest
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.network.addresses import Network, parse_proxies
from customs_leaderboard.service.network.connections import Connections
from customs_leaderboard.service.network.protocol import LimitedConnection
from customs_leaderboard.service.network.requests_log import JsonLines
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.submissions.sweeping import sweep

_BACKLOG: Final = 1024
_KEEP_ALIVE_S: Final = 75  # longer than reverse proxies keep their connections to a service
_GRACE_S: Final = 60
_N_OTHER_FILES: Final = 512  # database, logs, editions, received files


@dataclass(frozen=True)
class Address:
    """Address that the service listens on.

    Attributes
    ----------
    host : str
        Name or IP address.
    port : int
        Port; 0 for any free one.
    trusted_proxies : str
        Comma-separated addresses or networks of the reverse proxies whose X-Forwarded-For and
        X-Forwarded-Proto count; none if empty.

    Raises
    ------
    KitError
        If `trusted_proxies` has a part that is no address or network, or trusts everybody.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxies: str = ""

    def __post_init__(self) -> None:
        parse_proxies(self.trusted_proxies)

    def listen(self) -> socket.socket:
        """Open the socket.

        Raises
        ------
        KitError
            If the address is not available.
        """
        try:
            family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
            return socket.create_server((self.host, self.port), family=family, backlog=_BACKLOG)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise KitError(
                f"Cannot listen on {self.host}, port {self.port}: {reason}. Choose another with "
                "--host and --port."
            ) from None


def url_of(listening: socket.socket) -> str:
    """Return the URL of a socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_server(board: Contest, address: Address, settings: ServiceSettings) -> uvicorn.Server:
    """Return the server of a competition: what is hidden is loaded, what crashes left removed."""
    app = make_app(board, settings)
    board.prepare()
    if isinstance(board, Board):
        sweep(board)
    config = uvicorn.Config(
        app,
        http=_protocol(board, parse_proxies(address.trusted_proxies), settings),  # type: ignore[arg-type]
        ws="none",
        access_log=False,  # it contains paths and queries; `requests_log` leaves them out
        log_config=None,
        server_header=False,
        proxy_headers=bool(address.trusted_proxies),
        forwarded_allow_ips=address.trusted_proxies,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return uvicorn.Server(config)


def _protocol(
    board: Contest, proxies: tuple[Network, ...], settings: ServiceSettings
) -> Callable[..., LimitedConnection]:
    """Return what uvicorn calls for each connection."""

    def is_proxy(client: str) -> bool:
        try:
            address = ip_address(client)
        except ValueError:  # a team
            return False
        return any(address in network for network in proxies)

    connections = Connections(
        settings.n_connections, settings.n_connections_each, settings.timer, is_proxy
    )
    return partial(
        LimitedConnection, connections=connections, settings=settings, clock=lambda: board.now()
    )


def allow_open_files(n_connections: int) -> None:
    """Raise this process's limit of open files, of which each connection may need two.

    Raises
    ------
    KitError
        If the system does not allow so many.
    """
    needed = 2 * n_connections + _N_OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise KitError(
            f"The leaderboard needs up to {needed:,} open files for {n_connections:,} connections, "
            f"and the system allows {hard:,}. Raise the limit (`ulimit -Hn`, or LimitNOFILE of "
            "systemd)."
        )
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    except (ValueError, OSError):  # macOS: its hard limit is infinite, the kernel's is not
        raise KitError(
            f"The leaderboard needs up to {needed:,} open files for {n_connections:,} connections, "
            "and the system refuses so many. Allow fewer connections, or raise "
            "kern.maxfilesperproc."
        ) from None


def serve(
    board: Contest,
    address: Address,
    settings: ServiceSettings,
    announce: Callable[[str], None],
) -> None:
    """Serve a board until SIGTERM, SIGHUP or Ctrl+C; then answer running requests, but no new ones.

    Parameters
    ----------
    board : Contest
        The competition.
    address : Address
        Address to listen on.
    settings : ServiceSettings
        Limits.
    announce : callable
        Called with the URL once the service is up.

    Raises
    ------
    KitError
        If the address is not available, the edition is unusable, or the system does not allow
        enough open files.
    """
    allow_open_files(settings.n_connections)
    with address.listen() as listening:
        log_to(sys.stderr)
        server = make_server(board, address, settings)
        # After its shutdown uvicorn raises the signal again: then exit with status 0.
        signal.signal(signal.SIGTERM, _end)
        signal.signal(signal.SIGINT, _end)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as under nohup
            signal.signal(signal.SIGHUP, _terminate)
        gc.freeze()  # libraries and labels live for ever: no need to scan them again and again
        announce(url_of(listening))
        server.run(sockets=[listening])


def log_to(stream: Any) -> None:
    """Write all logs as lines of JSON."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGTERM)  # which uvicorn handles


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
