"""Answers that are the same for everybody, made once for each state of the competition."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from anyio.to_thread import run_sync
from fastapi import Request, Response
from sqlalchemy import func, select

from customs_leaderboard.board import Board, Phase
from customs_leaderboard.store.schema import AuditEntry, State

# In times of what making an answer takes: an answer rests so long before it is made again, so that
# at most a tenth of the time goes into it; and is given so long while a newer one is being made.
# Where nobody has asked for longer, the answer is waited for. Both are milliseconds, mostly.
_REST: Final = 10
_STALE: Final = 25
_MAX_REST_S: Final = 2.0
_MAX_STALE_S: Final = 5.0


@dataclass(frozen=True)
class Version:
    """A state of the competition: everything that is done appends to the audit log.

    The minute is part of it because pages tell how long is left; an ETag is of the content.
    """

    sequence: int
    phase: Phase
    minute: int

    @classmethod
    def of(cls, board: Board, sequence: int, state: State) -> Version:
        """Return the version of now."""
        return cls(sequence, board.phase(state), int(board.now().timestamp() // 60))


@dataclass(frozen=True)
class Answer:
    """An answer and its strong ETag."""

    body: bytes
    etag: str


@dataclass
class _Held:
    answer: Answer
    version: Version
    cost_s: float
    good_at: float

    @property
    def rest_s(self) -> float:
        return min(_REST * self.cost_s, _MAX_REST_S)

    @property
    def stale_s(self) -> float:
        return min(_STALE * self.cost_s, _MAX_STALE_S)


class AnswerCache:
    """Keeps the newest version of each answer.

    An answer is made again when the audit log has grown, the phase has changed or a minute is over.
    What this process does is told by `expire` and shows at once; what the command line does, after
    `refresh_s`.

    Parameters
    ----------
    board : Board
        The competition.
    refresh_s : float
        How long to trust that nothing happened.
    timer : callable
        Seconds of a clock that never goes back.
    """

    def __init__(self, board: Board, refresh_s: float, timer: Callable[[], float]) -> None:
        self._board = board
        self._refresh_s = refresh_s
        self._timer = timer
        self._held: dict[str, _Held] = {}
        self._making: dict[str, asyncio.Task[Answer]] = {}
        self._n_expired = 0
        self._checked: tuple[int, float, int, State] | None = None

    def expire(self) -> None:
        """Look again before the next answer: something was done in this process."""
        self._n_expired += 1

    async def get(self, name: str, make: Callable[[Board], bytes]) -> Answer:
        """Return an answer.

        Parameters
        ----------
        name : str
            One of a few: answers are never forgotten.
        make : callable
            Makes the body from the board; it blocks, and is called in a thread.
        """
        held = self._held.get(name)
        if held is not None:
            age_s = self._timer() - held.good_at
            if held.version == self._known_version() or age_s < held.rest_s:
                return held.answer
            if age_s < held.stale_s:
                self._start(name, make)
                return held.answer
        # Shielded: whoever leaves does not end it for the others who wait.
        return await asyncio.shield(self._start(name, make))

    def _start(self, name: str, make: Callable[[Board], bytes]) -> asyncio.Task[Answer]:
        """Make an answer in a thread, unless somebody has begun already."""
        loop = asyncio.get_running_loop()
        task = self._making.get(name)
        if task is None or task.get_loop() is not loop:
            task = loop.create_task(run_sync(self._renew, name, make))
            self._making[name] = task
            task.add_done_callback(partial(self._end, name))
        return task

    def _end(self, name: str, task: asyncio.Task[Answer]) -> None:
        if self._making.get(name) is task:
            del self._making[name]
        if not task.cancelled():
            task.exception()  # whoever waits is told; if nobody does, the next who has to

    def _known_version(self) -> Version | None:
        if self._checked is None:
            return None
        n_expired, at, sequence, state = self._checked
        if n_expired != self._n_expired or self._timer() - at >= self._refresh_s:
            return None
        return Version.of(self._board, sequence, state)

    def _renew(self, name: str, make: Callable[[Board], bytes]) -> Answer:
        # The version is read first: what happens meanwhile makes the next call look again.
        n_expired, started = self._n_expired, self._timer()
        with self._board.database.reading() as session:
            sequence = session.scalar(select(func.max(AuditEntry.sequence))) or 0
            state = self._board.state(session)
        version = Version.of(self._board, sequence, state)
        self._checked = (n_expired, started, sequence, state)
        held = self._held.get(name)
        if held is not None and held.version == version:
            held.good_at = started
            return held.answer
        body = make(self._board)
        answer = Answer(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        ended = self._timer()
        self._held[name] = _Held(answer, version, cost_s=ended - started, good_at=ended)
        return answer


async def cached_response(
    request: Request, name: str, make: Callable[[Board], bytes], media_type: str
) -> Response:
    """Answer with something that everybody may see; a browser that has it already gets a 304.

    Parameters
    ----------
    request : Request
        Its If-None-Match is heeded.
    name, make
        As `AnswerCache.get`.
    media_type : str
        With the charset, where it is text.
    """
    cache: AnswerCache = request.app.state.answers
    answer = await cache.get(name, make)
    headers = {"ETag": answer.etag, "Cache-Control": "no-cache"}
    if matches(request.headers.get("If-None-Match", ""), answer.etag):
        return Response(status_code=304, headers=headers)
    return Response(answer.body, headers=headers, media_type=media_type)


def matches(if_none_match: str, etag: str) -> bool:
    """Whether a client has what an ETag names; a proxy may have weakened it by compressing.

    Examples
    --------
    >>> matches('"old", W/"new"', '"new"'), matches("*", '"new"'), matches("", '"new"')
    (True, True, False)
    """
    held = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in held or "*" in held
