"""Answers to sent forms that a browser may load again: POST, redirect, GET.

A reload of a page that answers a POST sends the form again. So the answer is kept for some minutes
under an unguessable address, and the POST redirects to it; nobody needs a token there. board.js
shows the answer in place instead, so that its address never appears.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from customs_leaderboard.errors import NotFoundError

_KEPT_S: Final = 15 * 60
_MOST_BYTES: Final = 16 << 20

router = APIRouter()


@dataclass(frozen=True)
class _Kept:
    status: int
    body: bytes
    until: float


class KeptAnswers:
    """Some minutes of answers, at most 16 MiB.

    Parameters
    ----------
    timer : callable
        Returns monotonic seconds.
    """

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._lock = Lock()
        self._answers: OrderedDict[str, _Kept] = OrderedDict()
        self._n_bytes = 0

    def redirect_to(self, answer: Response) -> Response:
        """Keep a page, and return the redirect to it."""
        name, body = secrets.token_hex(16), bytes(answer.body)
        with self._lock:
            self._answers[name] = _Kept(answer.status_code, body, self._timer() + _KEPT_S)
            self._n_bytes += len(body)
            self._drop()
        return RedirectResponse(f"/answer/{name}", 303)

    def find(self, name: str) -> Response:
        """Return a page with the status that it had.

        Raises
        ------
        NotFoundError
            If it is not kept, or no longer.
        """
        with self._lock:
            self._drop()
            kept = self._answers.get(name)
        if kept is None:
            raise NotFoundError(
                "This answer is no longer kept. What was accepted is on your team's page."
            )
        return HTMLResponse(kept.body, kept.status)

    def _drop(self) -> None:
        now = self._timer()
        while self._answers:
            oldest = next(iter(self._answers.values()))
            if oldest.until > now and self._n_bytes <= _MOST_BYTES:
                return
            self._answers.popitem(last=False)
            self._n_bytes -= len(oldest.body)


@router.api_route("/answer/{name}", methods=["GET", "HEAD"])
def show_answer(request: Request, name: str) -> Response:
    """Show the answer to a form that was sent."""
    answers: KeptAnswers = request.app.state.kept_answers
    return answers.find(name)
