r"""Attack on the leaderboard while its teams send their files.

Are punctual files still punctual, and how long do teams wait?

The load of leaderboard_load.py (200 teams, each sending its files one after the other) runs twice
against `customs-kit leaderboard serve`, once undisturbed and once under attack, each time before a
deadline. In the attack a second process

* sends, with one valid token over 24 connections, small files that are expensive to check: 2.6
  million lines with one cell, with two empty quoted cells, with two quoted numbers (5 to 7 KB of
  gzip), and starts again as soon as it is answered;
* keeps 999 connections open that send nothing, half a header, or half a form, from 29 addresses,
  and opens each again when the server closes it.

Printed are the files that were sent before the deadline and stamped late (the goal is none), the
99th percentile of an answer in both runs and their ratio (the goal is at most 3), that of the
standings page, and the server's peak memory. Generator and attacker share the cores with the
server.

    python benchmarks/leaderboard_attack.py [--database-url URL] [--teams 200] [--files 3] [--json]
    python benchmarks/leaderboard_attack.py --save leaderboard/results/attack.json \
        --write leaderboard/README.md

Linux only: all of 127.0.0.0/8 is this machine, and memory is read from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import tempfile
import time
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from attackers_on_network import attack
from leaderboard_load import ROWS, make_files, peak_mib, percentile, start_server, store_earlier
from load_generator import Connection, File, read_page
from load_report import attack_table_of, save

from customs_baselines.experiments.markdown_tables import put_table
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_leaderboard.board import Board, make_board
from customs_leaderboard.rules.competition import Competition
from customs_leaderboard.teams.teams import add_team

RATIO_GOAL = 3
#: Time of attack before the first team sends.
HEAD_START_S = 5.0


class Honest:
    """What the teams sent and were answered."""

    def __init__(self) -> None:
        self.n_in_time = self.n_late = self.n_after = 0
        self.refused: list[tuple[int, str]] = []
        self.seconds: list[float] = []
        self.page_seconds: list[float] = []
        self.health_seconds: list[float] = []


async def send_files(
    connection: Connection, token: str, files: list[File], closes: float, honest: Honest
) -> None:
    """Send a team's files one after the other, and note which were stamped late."""
    headers = f"Authorization: Bearer {token}\r\nContent-Type: text/csv\r\n"
    await connection.open()
    for file in files:
        started = time.perf_counter()
        await connection.send("POST", "/api/v1/submissions", headers, file.content)
        is_in_time = time.time() < closes
        status, body = await connection.receive()
        if status != 201:
            honest.refused.append((status, body.decode()))
            continue
        honest.seconds.append(time.perf_counter() - started)
        if not is_in_time:
            honest.n_after += 1
        else:
            honest.n_in_time += 1
            honest.n_late += json.loads(body)["late"]
    connection.close()


async def send_all(
    host: str, port: int, tokens: list[str], files: list[File], closes: float
) -> Honest:
    """Run the load; a reader requests the standings page ten times a second, a monitor health."""
    honest = Honest()
    each = len(files) // len(tokens)
    readers = [
        asyncio.create_task(read_page(Connection(host, port), path, seconds))
        for path, seconds in (("/", honest.page_seconds), ("/health/live", honest.health_seconds))
    ]
    await asyncio.gather(
        *(
            send_files(
                Connection(host, port), token, files[i * each : (i + 1) * each], closes, honest
            )
            for i, token in enumerate(tokens)
        )
    )
    for reader in readers:
        if reader.done():
            reader.result()  # raises what ended it
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    return honest


def measure(
    arguments: argparse.Namespace, edition: Path, folder: Path, url: str | None, *, attacked: bool
) -> dict[str, Any]:
    """Run the load on a new board, with or without the attack."""
    now = datetime.now(UTC)
    competition = Competition(
        title="Attack", edition=edition, opens=now - timedelta(days=20),
        closes=now + timedelta(days=1), ladder_step=0.01, daily_limit=arguments.files,
    )  # fmt: skip
    board = make_board(folder, competition, database_url=url)
    teams = [add_team(board, f"Team {i}") for i in range(arguments.teams)]
    _, wrong = add_team(board, "Attacker")
    files = make_files(board.judge, arguments.teams * arguments.files)
    store_earlier(board, [team.number for team, _ in teams], arguments.stored)
    server, host, port = start_server(folder, url, folder.with_suffix(".log"))
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    attacker = context.Process(
        target=attack, args=(host, port, wrong, arguments.connections, arguments.silent, sender)
    )
    answers: dict[str, Any] = {}
    try:
        if attacked:
            attacker.start()
            assert receiver.recv() == "ready"
            time.sleep(HEAD_START_S)
        closes = set_deadline(board, arguments.seconds)
        started = time.perf_counter()
        tokens = [token for _, token in teams]
        honest = asyncio.run(send_all(host, port, tokens, files, closes))
        seconds = time.perf_counter() - started
        peak = peak_mib(server.pid)
    finally:
        if attacked:
            answers = end(attacker, receiver)
        server.send_signal(signal.SIGTERM)
        status = server.wait(90)
    assert status == 0, status
    check(board, honest, arguments)
    return {
        "seconds": round(seconds, 1),
        "in_time": honest.n_in_time,
        "late": honest.n_late,
        "sent_after_deadline": honest.n_after,
        "refused": len(honest.refused),
        "answer_p50_ms": round(percentile(honest.seconds, 50)),
        "answer_p99_ms": round(percentile(honest.seconds, 99)),
        "page_p99_ms": round(percentile(honest.page_seconds, 99), 1),
        "health_p99_ms": round(percentile(honest.health_seconds, 99), 1),
        "server_peak_mib": round(peak),
        **answers,
    }


def set_deadline(board: Board, seconds: float) -> float:
    """Let the competition close soon (extensions only move the deadline back); return when."""
    closes = datetime.now(UTC) + timedelta(seconds=seconds)
    with board.database.writing() as session:
        board.state(session, "write").closes = closes
    return closes.timestamp()


def end(attacker: Any, receiver: Pipe) -> dict[str, Any]:
    """End the attack and return how it was answered."""
    attacker.terminate()  # it reports before it ends
    report: dict[str, Any] = receiver.recv() if receiver.poll(20) else {}
    attacker.join(20)
    return report


def check(board: Board, honest: Honest, arguments: argparse.Namespace) -> None:
    """Every honest file was answered, with 201 unless the server says why."""
    n_sent = arguments.teams * arguments.files
    n_answered = honest.n_in_time + honest.n_after + len(honest.refused)
    assert n_answered == n_sent, f"{n_answered} of {n_sent} answered"
    for status, body in honest.refused[:3]:
        print(f"refused: {status} {body[:200]}")
    board.close_connections()


def compare(arguments: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Run both, and return one row."""
    edition = scratch / "edition"
    blueprint = read_blueprint(n_declarations=arguments.rows, label_rate=1.0)
    generate_edition(blueprint, bytes(32), edition, origin="secret", seed=None, name="attack")
    urls = arguments.database_url or [None, None]
    calm = measure(arguments, edition, scratch / "calm", urls[0], attacked=False)
    attacked = measure(arguments, edition, scratch / "attacked", urls[1], attacked=True)
    return {
        "database": "PostgreSQL" if arguments.database_url else "SQLite",
        "teams": arguments.teams,
        "submissions": arguments.teams * arguments.files,
        "stored_before": arguments.stored,
        "attacking_connections": arguments.connections,
        "silent_connections": arguments.silent,
        "cores": os.cpu_count() or 1,
        "ratio_p99": round(attacked["answer_p99_ms"] / calm["answer_p99_ms"], 2),
        "undisturbed": calm,
        "attacked": attacked,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--database-url", nargs=2, help="Two empty PostgreSQL databases, one for each run."
    )
    parser.add_argument("--teams", type=int, default=200)
    parser.add_argument("--files", type=int, default=3, help="Files per team.")
    parser.add_argument("--stored", type=int, default=10_000, help="Submissions stored before.")
    parser.add_argument("--rows", type=int, default=ROWS, help="Declarations of the edition.")
    parser.add_argument("--connections", type=int, default=24, help="With expensive files.")
    parser.add_argument("--silent", type=int, default=999, help="Silent connections.")
    parser.add_argument("--seconds", type=int, default=45, help="From the first file to the end.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--save", type=Path, help="Add the measurements to this results file.")
    parser.add_argument("--write", type=Path, help="With --save: rewrite the table in a document.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        row = compare(arguments, Path(scratch))
    if arguments.save:
        results = save(row, arguments.save)
        if arguments.write:
            put_table(arguments.write, arguments.save.stem, attack_table_of(results), check=False)
    if arguments.json:
        print(json.dumps(row, indent=1))
        return
    for name, value in row.items():
        print(f"{name.replace('_', ' '):24} {value}")
    print(f"goal: 0 late, no file refused, ratio of p99 at most {RATIO_GOAL}")


if __name__ == "__main__":
    main()
