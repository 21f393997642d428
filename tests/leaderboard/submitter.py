"""Submit in a loop until killed: ``submitter.py FOLDER FIRST_SEED`` (run by test_faults).

Writes each receipt to standard output as one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from customs_leaderboard.board import Board, open_board
from customs_leaderboard.submissions.spool import Spool
from customs_leaderboard.submissions.submit import submit
from customs_leaderboard.teams.teams import list_teams


def content_of(sample: list[str], seed: int) -> bytes:
    """Return a different submission for each seed."""
    lines = [f"{name},{(seed * (i + 7919)) % 9973 / 9973}" for i, name in enumerate(sample)]
    return "\n".join(["Declaration ID,Fraud Score", *lines, ""]).encode()


def submit_for_ever(board: Board, team_number: int, first_seed: int) -> None:
    """Submit one file after another for a team."""
    names = board.judge.expected_ids.tolist()
    for seed in count(first_seed):
        with Spool(board) as spool:
            spool.write(content_of(names, seed))
            receipt = submit(board, spool.received(team_number, board.now()), spool)
        line = json.dumps({"team": team_number, **receipt.as_dict()})
        os.write(1, f"{line}\n".encode())  # one write, so that lines of threads do not mix


if __name__ == "__main__":
    opened = open_board(sys.argv[1], database_url=os.environ.get("CUSTOMS_KIT_DATABASE_URL"))
    teams = list_teams(opened)
    with ThreadPoolExecutor(len(teams)) as pool:
        for i, team in enumerate(teams):
            seed = int(sys.argv[2]) + i * 10_000_000
            pool.submit(submit_for_ever, opened, team.number, seed).add_done_callback(
                lambda done: os._exit(3) if done.exception() else None
            )
