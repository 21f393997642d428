"""Submits in a loop until it is killed: ``submitter.py FOLDER FIRST_SEED`` (run by test_faults).

Every acknowledged submission is told on standard output as one line of JSON; the file's content is
kept by the parent's rules: seed S gives the sample submission with S in its first score.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from customs_leaderboard.board import Board, open_board
from customs_leaderboard.rules.competition import show_time
from customs_leaderboard.submissions.spool import Spool
from customs_leaderboard.submissions.submit import submit
from customs_leaderboard.teams.teams import list_teams


def content_of(sample: list[str], seed: int) -> bytes:
    """Another submission for each seed: its digits decide the order of the first declarations."""
    lines = [f"{name},{(seed * (i + 7919)) % 9973 / 9973}" for i, name in enumerate(sample)]
    return "\n".join(["Declaration ID,Fraud Score", *lines, ""]).encode()


def submit_for_ever(board: Board, team_number: int, first_seed: int) -> None:
    """Submit one file after another for a team."""
    names = board.judge.expected_ids.tolist()
    for seed in count(first_seed):
        with Spool(board) as spool:
            spool.write(content_of(names, seed))
            receipt = submit(board, team_number, spool)
        told = {"team": team_number, "number": receipt.number, "sha256": receipt.sha256,
                "shown": receipt.shown, "at": show_time(receipt.received_at)}  # fmt: skip
        # One write for each line: lines of several threads do not mix.
        os.write(1, (json.dumps(told) + "\n").encode())


if __name__ == "__main__":
    opened = open_board(sys.argv[1], database_url=os.environ.get("CUSTOMS_KIT_DATABASE_URL"))
    teams = list_teams(opened)
    with ThreadPoolExecutor(len(teams)) as pool:
        for i, team in enumerate(teams):
            seed = int(sys.argv[2]) + i * 10_000_000
            pool.submit(submit_for_ever, opened, team.number, seed).add_done_callback(
                lambda done: os._exit(3) if done.exception() else None
            )
