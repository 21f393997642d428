"""Teams that send files to a leaderboard, and readers who request pages meanwhile."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from customs_leaderboard.store.scores import ExactScores

PAGES_PER_SECOND = 10


@dataclass
class File:
    content: bytes = field(repr=False)  # asyncio.run formats the result when it ends
    scores: ExactScores

    @property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()


@dataclass
class Traffic:
    """Answers to the teams, and response times."""

    receipts: list[tuple[int, File, dict[str, Any]]] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    page_seconds: list[float] = field(default_factory=list)
    answer_seconds: list[float] = field(default_factory=list)


class Connection:
    """A keep-alive connection with minimal work, so that the server gets the cores."""

    def __init__(self, host: str, port: int, source: str | None = None) -> None:
        self._address = (host, port)
        self._source = None if source is None else (source, 0)

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(
            *self._address, limit=1 << 20, local_addr=self._source
        )

    async def ask(
        self, method: str, path: str, headers: str = "", body: bytes = b""
    ) -> tuple[int, bytes]:
        await self.send(method, path, headers, body)
        return await self.receive()

    async def send(self, method: str, path: str, headers: str = "", body: bytes = b"") -> None:
        host = f"Host: {self._address[0]}\r\nContent-Length: {len(body)}\r\n"
        self._writer.write(f"{method} {path} HTTP/1.1\r\n{host}{headers}\r\n".encode() + body)
        await self._writer.drain()

    async def receive(self) -> tuple[int, bytes]:
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, length = int(head[9:12]), 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return status, await self._reader.readexactly(length) if status != 304 else b""

    def close(self) -> None:
        self._writer.close()


async def send_files(
    connection: Connection, number: int, token: str, files: list[File], traffic: Traffic
) -> None:
    """Send a team's files, then the first one again, then one beyond the quota."""
    headers = f"Authorization: Bearer {token}\r\nContent-Type: text/csv\r\n"
    await connection.open()
    for file in [*files[:-1], files[0]]:
        started = time.perf_counter()
        status, body = await connection.ask("POST", "/api/v1/submissions", headers, file.content)
        if status in (200, 201):
            traffic.receipts.append((number, file, json.loads(body)))
        else:
            traffic.refused.append((status, body.decode()))
        if status == 201:
            traffic.seconds.append(time.perf_counter() - started)
    status, _ = await connection.ask("POST", "/api/v1/submissions", headers, files[-1].content)
    assert status == 429, f"status {status} for a file beyond the quota"
    connection.close()


async def read_page(connection: Connection, path: str, seconds: list[float]) -> None:
    """Request a page ten times a second."""
    await connection.open()
    while True:
        started = time.perf_counter()
        status, _ = await connection.ask("GET", path)
        assert status == 200, status
        seconds.append(time.perf_counter() - started)
        await asyncio.sleep(max(0, 1 / PAGES_PER_SECOND - (time.perf_counter() - started)))


async def send_all(
    host: str, port: int, teams: list[tuple[int, str]], files: list[File]
) -> Traffic:
    traffic = Traffic()
    each = len(files) // len(teams)
    readers = [
        asyncio.create_task(read_page(Connection(host, port), path, seconds))
        for path, seconds in (
            ("/", traffic.page_seconds),
            ("/api/v1/standings", traffic.answer_seconds),
        )
    ]
    await asyncio.gather(
        *(
            send_files(
                Connection(host, port), number, token, files[i * each : (i + 1) * each], traffic
            )
            for i, (number, token) in enumerate(teams)
        )
    )
    for reader in readers:
        reader.cancel()
        assert isinstance((await asyncio.gather(reader, return_exceptions=True))[0], BaseException)
    return traffic
