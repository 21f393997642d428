"""What an organizer may set of the service; the rules of the competition are elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from customs_data.errors import KitError


@dataclass(frozen=True)
class ServiceSettings:
    """Limits of the service.

    Attributes
    ----------
    requests_per_second : float
        How many a client address may make on average; a class behind one router is one address.
    request_burst : int
        How many it may make at once after a pause.
    wrong_tokens_per_minute : float
        How many wrong tokens a client address may send on average.
    wrong_token_burst : int
        How many at once after a pause.
    n_scoring_threads : int
        Submissions worked on at the same time; the others wait. More than there are cores, because
        most of them wait for a disk, and those that wait together share its syncs; one of them is
        scored at a time (`Board.scoring`).
    n_connections : int
        Connections at the same time; more are answered 503.
    receive_timeout_s : float
        How long a client may send nothing in the middle of its file.
    receive_total_s : float
        How long it may take for all of it.
    refresh_s : float
        After how long what other processes did (the command line) must show in cached answers.
    timer : callable
        Seconds of a clock that never goes back; tests hand in their own.
    """

    requests_per_second: float = 50
    request_burst: int = 1000
    wrong_tokens_per_minute: float = 10
    wrong_token_burst: int = 20
    n_scoring_threads: int = field(default_factory=lambda: 10 + (os.cpu_count() or 1))
    n_connections: int = 1000
    receive_timeout_s: float = 30
    receive_total_s: float = 900
    refresh_s: float = 0.5
    timer: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        for name in (
            "requests_per_second", "request_burst", "wrong_tokens_per_minute",
            "wrong_token_burst", "n_scoring_threads", "n_connections",
            "receive_timeout_s", "receive_total_s",
        ):  # fmt: skip
            if not getattr(self, name) > 0:
                raise KitError(f"{name} must be more than 0, however: {getattr(self, name)}.")
        if self.refresh_s < 0:
            raise KitError(f"refresh_s must be at least 0, however: {self.refresh_s}.")
