"""Cache of the answers that are the same for everybody.

The load benchmark needs it (SQLite, a busy machine): without it the pages' p99 was 237 to 1,267 ms
in three runs, with it 99 to 183 ms in four; by CPU time on two cores the server scored 82 to 99
files per second without it, 121 to 163 with it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from anyio.to_thread import run_sync
from fastapi import Request, Response
from sqlalchemy import func, select

from customs_leaderboard.contest import Contest, Phase
from customs_leaderboard.store.schema import AuditEntry, State

# Serve a cached answer for at least 10 times as long as it took to build, so that building uses at
# most 10 % of the time. Up to 25 times as long, serve it while a newer one is built in the
# background; after that, wait for the new one. Both are usually milliseconds.
_FRESH: Final = 10
_STALE: Final = 25
_MAX_FRESH_S: Final = 2.0
_MAX_STALE_S: Final = 5.0


@dataclass(frozen=True)
class Version:
    """A state of the competition; every action appends to the audit log.

    Pages show the time left, so the minute is part of it.
    """

    sequence: int
    phase: Phase
    minute: int

    @classmethod
    def of(cls, board: Contest, sequence: int, state: State) -> Version:
        """Return the current version."""
        return cls(sequence, board.phase(state), int(board.now().timestamp() // 60))


@dataclass(frozen=True)
class Answer:
    """An answer and the strong ETag of its content."""

    body: bytes
    etag: str


@dataclass
class _Entry:
    answer: Answer
    version: Version
    cost_s: float
    checked_at: float

    @property
    def fresh_s(self) -> float:
        return min(_FRESH * self.cost_s, _MAX_FRESH_S)

    @property
    def stale_s(self) -> float:
        return min(_STALE * self.cost_s, _MAX_STALE_S)


class AnswerCache:
    """Keeps the newest version of each answer.

    An answer is rebuilt when the audit log has grown, the phase has changed or a minute is over.
    Actions of this process call `expire` and show at once; actions of other processes (the command
    line) show after `refresh_s`.

    Parameters
    ----------
    board : Contest
        The competition.
    refresh_s : float
        Seconds between checks of the database.
    timer : callable
        Returns monotonic seconds.
    """

    def __init__(self, board: Contest, refresh_s: float, timer: Callable[[], float]) -> None:
        self._board = board
        self._refresh_s = refresh_s
        self._timer = timer
        self._entries: dict[str, _Entry] = {}
        self._building: dict[str, asyncio.Task[Answer]] = {}
        self._n_expired = 0
        self._checked: tuple[int, float, int, State] | None = None

    def expire(self) -> None:
        """Check the database before the next answer: this process has changed something."""
        self._n_expired += 1

    async def get(self, name: str, build: Callable[[Any], bytes]) -> Answer:
        """Return an answer.

        Parameters
        ----------
        name : str
            Key of the answer; answers are never dropped, so there must be few keys.
        build : callable
            Builds the body from the board; blocks, and runs in a thread.
        """
        entry = self._entries.get(name)
        if entry is not None:
            age_s = self._timer() - entry.checked_at
            if entry.version == self._known_version() or age_s < entry.fresh_s:
                return entry.answer
            if age_s < entry.stale_s:
                self._start(name, build)
                return entry.answer
        # Shielded: a client that leaves must not cancel it for the others that wait.
        return await asyncio.shield(self._start(name, build))

    def _start(self, name: str, build: Callable[[Any], bytes]) -> asyncio.Task[Answer]:
        """Build an answer in a thread, unless that is under way."""
        loop = asyncio.get_running_loop()
        task = self._building.get(name)
        if task is None or task.get_loop() is not loop:
            task = loop.create_task(run_sync(self._renew, name, build))
            self._building[name] = task
            task.add_done_callback(partial(self._end, name))
        return task

    def _end(self, name: str, task: asyncio.Task[Answer]) -> None:
        if self._building.get(name) is task:
            del self._building[name]
        if not task.cancelled():
            task.exception()  # marks it as seen: if nobody waits, the next request tries again

    def _known_version(self) -> Version | None:
        if self._checked is None:
            return None
        n_expired, at, sequence, state = self._checked
        if n_expired != self._n_expired or self._timer() - at >= self._refresh_s:
            return None
        return Version.of(self._board, sequence, state)

    def _renew(self, name: str, build: Callable[[Any], bytes]) -> Answer:
        # Read the version first, so that changes during the build make the next call rebuild.
        n_expired, started = self._n_expired, self._timer()
        with self._board.database.reading() as session:
            sequence = session.scalar(select(func.max(AuditEntry.sequence))) or 0
            state = self._board.state(session)
        version = Version.of(self._board, sequence, state)
        self._checked = (n_expired, started, sequence, state)
        entry = self._entries.get(name)
        if entry is not None and entry.version == version:
            entry.checked_at = started
            return entry.answer
        body = build(self._board)
        answer = Answer(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        ended = self._timer()
        self._entries[name] = _Entry(answer, version, cost_s=ended - started, checked_at=ended)
        return answer


async def cached_response(
    request: Request, name: str, build: Callable[[Any], bytes], media_type: str
) -> Response:
    """Answer from the cache; a browser that has the current version gets a 304.

    Parameters
    ----------
    request : Request
        May carry If-None-Match.
    name, build
        As `AnswerCache.get`.
    media_type : str
        Media type, with the charset for text.
    """
    cache: AnswerCache = request.app.state.answers
    answer = await cache.get(name, build)
    headers = {"ETag": answer.etag, "Cache-Control": "no-cache"}
    if matches(request.headers.get("If-None-Match", ""), answer.etag):
        return Response(status_code=304, headers=headers)
    return Response(answer.body, headers=headers, media_type=media_type)


async def cached_json(request: Request, name: str, build: Callable[[Any], Any]) -> Response:
    """Answer with JSON from the cache; parameters are those of `cached_response`.

    `build` returns plain data.
    """

    def encode(board: Any) -> bytes:
        return json.dumps(build(board), separators=(",", ":"), allow_nan=False).encode()

    return await cached_response(request, f"api {name}", encode, "application/json")


def matches(if_none_match: str, etag: str) -> bool:
    """Return whether If-None-Match lists an ETag; a proxy that compresses prefixes it with W/.

    Examples
    --------
    >>> matches('"old", W/"new"', '"new"'), matches("*", '"new"'), matches("", '"new"')
    (True, True, False)
    """
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or "*" in tags
