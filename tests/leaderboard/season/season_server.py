"""Serves a competition of seasons until killed: ``season_server.py FOLDER PORT``; prints a line."""

from __future__ import annotations

import os
import sys

from customs_leaderboard.season.board import open_season_board
from customs_leaderboard.service.serving import Address, serve
from customs_leaderboard.service.settings import ServiceSettings

if __name__ == "__main__":
    board = open_season_board(sys.argv[1], database_url=os.environ.get("CUSTOMS_KIT_DATABASE_URL"))
    serve(
        board,
        Address(port=int(sys.argv[2])),
        ServiceSettings(),
        lambda url: os.write(1, b"ready\n"),
    )
