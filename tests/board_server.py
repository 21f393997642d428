"""The real server of a made-up competition, in a thread."""

from __future__ import annotations

import threading

import uvicorn

from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.settings import ServiceSettings
from made_up_board import MadeUp


class BoardServer(uvicorn.Server):
    """Serves a board from a thread; knows its address."""

    def __init__(self, made: MadeUp) -> None:
        # No answer is trusted to be new, so that no test must wait.
        app = make_app(made.board, ServiceSettings(refresh_s=0, timer=lambda: 0.0))
        super().__init__(uvicorn.Config(app, port=0, log_level="warning"))
        self.is_up = threading.Event()
        self._thread = threading.Thread(target=self.run)

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    def __enter__(self) -> str:
        self._thread.start()
        assert self.is_up.wait(30)
        port = self.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_) -> None:
        self.should_exit = True
        self._thread.join(30)
