"""Limits of the service that an organizer may set; rules/ has those of the competition."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from customs_data.errors import KitError
from customs_leaderboard.service.network.addresses import check_public_url


@dataclass(frozen=True)
class ServiceSettings:
    """Limits of the service.

    Attributes
    ----------
    requests_per_second : float
        Average requests of a team, or of a client address without a valid token; a class behind one
        router is one address.
    request_burst : int
        Requests at once after a pause.
    wrong_tokens_per_minute : float
        Average wrong tokens of a client address.
    wrong_token_burst : int
        Wrong tokens at once after a pause.
    n_scoring_threads : int
        Submissions in work at the same time. More than there are cores, because most of them wait
        for the disk and share its syncs; one file is scored at a time (`Board.scoring`).
    n_connections : int
        Connections at the same time.
    n_connections_each : int
        Connections of a client address or team at the same time.
    head_timeout_s : float
        Longest time for the headers of a request, from the connection or their first byte.
    receive_timeout_s : float
        Longest pause of a client in the middle of a body or of reading an answer.
    receive_total_s : float
        Longest time for a whole body that comes with a valid token, such as a file.
    stranger_total_s : float
        Longest time for any other body, and for the form fields before a file.
    public_url : str, optional
        Address of the site for texts, such as ``https://board.example``.
    refresh_s : float
        Age at which a cached answer must show what other processes (the command line) did.
    timer : callable
        Returns monotonic seconds; tests pass their own.
    """

    requests_per_second: float = 50
    request_burst: int = 1000
    wrong_tokens_per_minute: float = 10
    wrong_token_burst: int = 20
    n_scoring_threads: int = field(default_factory=lambda: 10 + (os.cpu_count() or 1))
    n_connections: int = 1000
    n_connections_each: int = 50
    head_timeout_s: float = 10
    receive_timeout_s: float = 30
    receive_total_s: float = 900
    stranger_total_s: float = 30
    public_url: str | None = None
    refresh_s: float = 0.5
    timer: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        for name in (
            "requests_per_second", "request_burst", "wrong_tokens_per_minute",
            "wrong_token_burst", "n_scoring_threads", "n_connections", "n_connections_each",
            "head_timeout_s", "receive_timeout_s", "receive_total_s", "stranger_total_s",
        ):  # fmt: skip
            if not getattr(self, name) > 0:
                raise KitError(f"{name} is {getattr(self, name)}: it must be more than 0.")
        if self.public_url is not None:
            object.__setattr__(self, "public_url", check_public_url(self.public_url))
        if self.refresh_s < 0:
            raise KitError(f"refresh_s is {self.refresh_s}: it must be at least 0.")
