"""Teams that send files to a leaderboard, and somebody who looks at its pages meanwhile."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from customs_leaderboard.submissions.judge import Scores

PAGES_PER_SECOND = 10


@dataclass
class File:
    content: bytes = field(repr=False)  # asyncio.run writes out a result when it ends
    scores: Scores

    @property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()


@dataclass
class Found:
    """What the teams were told, and how long they waited."""

    receipts: list[tuple[int, File, dict[str, Any]]] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    page_seconds: list[float] = field(default_factory=list)
    answer_seconds: list[float] = field(default_factory=list)


class Connection:
    """One kept connection; as little work as HTTP/1.1 allows, so that the server gets the cores."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(*self._address, limit=1 << 20)

    async def ask(
        self, method: str, path: str, headers: str = "", body: bytes = b""
    ) -> tuple[int, bytes]:
        host = f"Host: {self._address[0]}\r\nContent-Length: {len(body)}\r\n"
        self._writer.write(f"{method} {path} HTTP/1.1\r\n{host}{headers}\r\n".encode() + body)
        await self._writer.drain()
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, length = int(head[9:12]), 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return status, await self._reader.readexactly(length) if status != 304 else b""

    def close(self) -> None:
        self._writer.close()


async def send_files(
    connection: Connection, number: int, token: str, files: list[File], found: Found
) -> None:
    """Send a team's files, then the first again, then one more than the day's quota."""
    headers = f"Authorization: Bearer {token}\r\nContent-Type: text/csv\r\n"
    await connection.open()
    for file in [*files[:-1], files[0]]:
        started = time.perf_counter()
        status, body = await connection.ask("POST", "/api/v1/submissions", headers, file.content)
        if status in (200, 201):
            found.receipts.append((number, file, json.loads(body)))
        else:
            found.refused.append((status, body.decode()))
        if status == 201:
            found.seconds.append(time.perf_counter() - started)
    status, _ = await connection.ask("POST", "/api/v1/submissions", headers, files[-1].content)
    assert status == 429, f"the quota must hold, however: {status}"
    connection.close()


async def look(connection: Connection, path: str, seconds: list[float]) -> None:
    """Ask for a page at fixed moments, whether or not the one before took long."""
    await connection.open()
    while True:
        started = time.perf_counter()
        status, _ = await connection.ask("GET", path)
        assert status == 200, status
        seconds.append(time.perf_counter() - started)
        await asyncio.sleep(max(0, 1 / PAGES_PER_SECOND - (time.perf_counter() - started)))


async def send_all(host: str, port: int, teams: list[tuple[int, str]], files: list[File]) -> Found:
    found = Found()
    each = len(files) // len(teams)
    lookers = [
        asyncio.create_task(look(Connection(host, port), path, seconds))
        for path, seconds in (
            ("/", found.page_seconds),
            ("/api/v1/standings", found.answer_seconds),
        )
    ]
    await asyncio.gather(
        *(
            send_files(
                Connection(host, port), number, token, files[i * each : (i + 1) * each], found
            )
            for i, (number, token) in enumerate(teams)
        )
    )
    for looker in lookers:
        looker.cancel()
        assert isinstance((await asyncio.gather(looker, return_exceptions=True))[0], BaseException)
    return found
