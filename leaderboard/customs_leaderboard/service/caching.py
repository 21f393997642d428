"""Answers that are the same for everybody, made once for each state of the competition."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import anyio
from anyio.to_thread import run_sync
from fastapi import Request, Response
from sqlalchemy import func, select

from customs_leaderboard.board import Board, Phase
from customs_leaderboard.schema import AuditEntry, State

# Making an answer again and again takes at most this share of the time; between, an answer may be
# older by ten times what making it takes: milliseconds.
_SHARE: Final = 0.1


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
    made_at: float
    cost_s: float


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
        self._locks: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)
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
        if (answer := self._good(name)) is not None:
            return answer
        async with self._locks[name]:  # one makes it, the others wait for it
            if (answer := self._good(name)) is not None:
                return answer
            return await run_sync(self._renew, name, make)

    def _good(self, name: str) -> Answer | None:
        """Return what is held if nothing can have happened since."""
        held, version = self._held.get(name), self._known_version()
        if held is None:
            return None
        if version is not None and held.version == version:
            return held.answer
        rests = self._timer() - held.made_at < held.cost_s / _SHARE
        return held.answer if rests else None

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
        if held is None or held.version != version:
            body = make(self._board)
            etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            made_at = self._timer()
            held = _Held(Answer(body, etag), version, made_at, made_at - started)
            self._held[name] = held
        return held.answer


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
