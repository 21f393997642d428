r"""Load test of a competition of seasons: teams play a season each, while the server is killed.

`customs-kit leaderboard serve` runs in its own process and is killed with SIGKILL at random steps,
then started again. Each team plays one world over one connection: it gets a week's declarations as
CSV and opens some; what has no answer is sent again. Afterwards the answers are compared with the
database and the log, and worlds are simulated again: no step is lost, and none applied twice.

A step is one decision, from the request to the answer; those that a kill interrupted are counted
apart. CPU seconds are those of all server processes together.

    python benchmarks/season_load.py [--database-url URL] [--teams 50] [--rows 54000] [--json]
    python benchmarks/season_load.py --teams 3 --rows 2000 --weeks 4 --kills 1

Linux only: CPU seconds come from wait4.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from kit_process import customs_kit
from load_generator import Connection
from sqlalchemy import select

from customs_baselines.experiments.markdown_tables import markdown_row, put_table
from customs_leaderboard.season.board import SeasonBoard, make_season_board
from customs_leaderboard.season.reports import hash_reports
from customs_leaderboard.season.rules import SeasonRules
from customs_leaderboard.season.verify import verify_season
from customs_leaderboard.store.audit_log import read_entries
from customs_leaderboard.store.schema import SeasonStep
from customs_leaderboard.teams.teams import add_team

ROUTE = "/api/v1/season"
N_CORES = 2
PAUSE_S = 0.2


@dataclass
class Log:
    """Answers to the teams, and times in seconds."""

    answers: dict[tuple[int, int], tuple[list[int], str]] = field(default_factory=dict)
    n_answers: int = 0
    steps: list[float] = field(default_factory=list)
    interrupted: list[float] = field(default_factory=list)
    weeks: list[float] = field(default_factory=list)


class Server:
    """The server, killed and started again on the same port."""

    def __init__(self, folder: Path, database_url: str | None, log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        serve = ("leaderboard", "serve", str(folder), "--port", str(self.port))
        more = ("--database-url", database_url) if database_url else ()
        self._command = customs_kit(*serve, "--requests-per-second", "10000", *more)
        self._log = log
        self.cpu_seconds = 0.0

    async def start(self) -> None:
        with self._log.open("a") as errors:
            self._process = subprocess.Popen(
                self._command, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert self._process.stdout is not None
        line = await asyncio.to_thread(self._process.stdout.readline)
        assert "http://" in line, self._log.read_text()

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        _, _, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = -signal.SIGKILL
        assert self._process.stdout is not None
        self._process.stdout.close()
        self.cpu_seconds += usage.ru_utime + usage.ru_stime


class Player:
    """A team that opens declarations at random."""

    def __init__(self, port: int, number: int, token: str, log: Log) -> None:
        self._port, self._number, self._log = port, number, log
        self._token = f"Authorization: Bearer {token}\r\n"
        self._connection: Connection | None = None

    async def play(self, n_weeks: int) -> None:
        rng = np.random.default_rng(self._number)
        await self._ask("PUT", f"{ROUTE}/1")
        first = json.loads((await self._ask("GET", f"{ROUTE}/1/1/1"))[0])
        n_rows, k = len(first["declarations"]), first["n_inspections"]
        for week in range(1, n_weeks + 1):
            path = f"{ROUTE}/1/1/{week}"
            _, _, seconds = await self._ask("GET", path, "Accept: text/csv\r\n")
            self._log.weeks.append(seconds)
            rows = rng.choice(n_rows, k, replace=False).tolist()
            body = json.dumps({"rows": rows}).encode()
            content, n_tries, seconds = await self._ask("POST", path, body=body)
            (self._log.steps if n_tries == 1 else self._log.interrupted).append(seconds)
            answer = json.loads(content)
            self._log.n_answers += 1
            assert (self._number, week) not in self._log.answers
            self._log.answers[self._number, week] = rows, hash_reports(answer["reports"])
            if answer["next"] is not None:
                n_rows, k = answer["next"]["n_arrivals"], answer["next"]["n_inspections"]

    async def _ask(
        self, method: str, path: str, headers: str = "", body: bytes = b""
    ) -> tuple[bytes, int, float]:
        """Ask until there is an answer; return it, the number of tries, and seconds in all."""
        started, n_tries = time.perf_counter(), 0
        while True:
            n_tries += 1
            try:
                if self._connection is None:
                    connection = Connection("127.0.0.1", self._port)
                    await connection.open()
                    self._connection = connection
                status, content = await self._connection.ask(
                    method, path, self._token + headers, body
                )
            except (OSError, asyncio.IncompleteReadError):
                self._connection = None
                await asyncio.sleep(PAUSE_S)
                continue
            assert status in (200, 201), (status, content)
            return content, n_tries, time.perf_counter() - started


async def play_all(
    server: Server, teams: list[tuple[int, str]], n_weeks: int, moments: list[int]
) -> Log:
    """Let all teams play, and kill the server after so many answers."""
    log = Log()
    await server.start()
    players = [
        asyncio.create_task(Player(server.port, number, token, log).play(n_weeks))
        for number, token in teams
    ]
    for moment in moments:
        while log.n_answers < moment:
            await asyncio.sleep(0.001)
            for player in players:
                if player.done():
                    player.result()
        server.kill()
        await server.start()
    await asyncio.gather(*players)
    server.kill()
    return log


def check(board: SeasonBoard, log: Log) -> tuple[int, int]:
    """Return how many steps were lost, and how many were applied twice."""
    with board.database.reading() as session:
        rows = session.scalars(select(SeasonStep)).all()
        entries = [one for one in read_entries(session) if one.action == "week decided"]
    stored = {(row.team_number, row.week): json.loads(row.selection)["rows"] for row in rows}
    reported = {
        (int(one.actor.split()[1]), one.details["week"]): one.details["reports_sha256"]
        for one in entries
    }
    counts = Counter((one.actor, one.details["week"]) for one in entries)
    lost = sum(
        stored.get(key) != opened or reported.get(key) != reports
        for key, (opened, reports) in log.answers.items()
    )
    twice = sum(n - 1 for n in counts.values()) + len(rows) - len(stored)
    report = verify_season(board)
    assert report.passed, report.findings[:3]
    return lost, twice


def measure(arguments: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    now = datetime.now(UTC)
    rules = SeasonRules(
        title="Load",
        opens=now - timedelta(days=1),
        closes=now + timedelta(days=1),
        rows=arguments.rows,
        weeks=arguments.weeks,
        worlds=1,
    )
    url = arguments.database_url
    board = make_season_board(scratch / "season", rules, database_url=url)
    teams = [add_team(board, f"Team {i}") for i in range(arguments.teams)]
    tokens = [(team.number, token) for team, token in teams]
    n_steps = arguments.teams * arguments.weeks
    draw = random.Random(arguments.seed)
    moments = sorted(draw.sample(range(n_steps), arguments.kills))
    server = Server(board.folder.root, url, scratch / "server.log")
    own, started = time.process_time(), time.perf_counter()
    log = asyncio.run(play_all(server, tokens, arguments.weeks, moments))
    seconds, own = time.perf_counter() - started, time.process_time() - own
    lost, twice = check(board, log)
    board.close_connections()
    return {
        "database": "PostgreSQL" if url else "SQLite",
        "teams": arguments.teams,
        "rows": arguments.rows,
        "weeks": arguments.weeks,
        "steps": log.n_answers,
        "lost": lost,
        "applied_twice": twice,
        "kills": len(moments),
        "step_p50_ms": percentile(log.steps, 50),
        "step_p99_ms": percentile(log.steps, 99),
        "interrupted_steps": len(log.interrupted),
        "week_p50_ms": percentile(log.weeks, 50),
        "week_p99_ms": percentile(log.weeks, 99),
        "server_cpu_s": round(server.cpu_seconds, 1),
        "server_cpu_ms_per_step": round(1000 * server.cpu_seconds / n_steps, 1),
        "generator_cpu_s": round(own, 1),
        "seconds": round(seconds, 1),
        "cores": len(os.sched_getaffinity(0)),
    }


def table_of(row: dict[str, Any]) -> str:
    """Return the Markdown table of the measurements."""
    header = ["steps", "kills", "lost", "applied twice", "step, median", "step, 99 %"]
    header += ["CPU a step, with all starts"]
    cells = [f"{row['steps']:,}", str(row["kills"]), str(row["lost"]), str(row["applied_twice"])]
    cells += [f"{row[name] / 1000:.1f} s" for name in ("step_p50_ms", "step_p99_ms")]
    cells += [f"{row['server_cpu_ms_per_step']:.0f} ms"]
    lines = [markdown_row(header), markdown_row(["---:"] * len(header)), markdown_row(cells)]
    lines += [
        "",
        f"{row['teams']} teams at once, {row['weeks']} weeks, a world of {row['rows']:,} "
        f"declarations each, {row['database']}, {row['cores']} shared cores: a closed loop, in "
        "which every team sends its next decision at once. Steps that a kill interrupted are not "
        "among the times; CPU includes all starts of the server.",
    ]
    return "\n".join(lines)


def percentile(seconds: list[float], share: float) -> float:
    return round(float(np.percentile(seconds, share)) * 1000, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", help="An empty PostgreSQL database.")
    parser.add_argument("--teams", type=int, default=50)
    parser.add_argument("--rows", type=int, default=54_000, help="Declarations of a world.")
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="Seed of the moments of the kills.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--save", type=Path, help="Write the measurements to this file.")
    parser.add_argument("--write", type=Path, help="With --save: rewrite the table in a document.")
    arguments = parser.parse_args()
    # As many cores as the goal names; children inherit them.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:N_CORES])
    with tempfile.TemporaryDirectory() as scratch:
        row = measure(arguments, Path(scratch))
    if arguments.save:
        arguments.save.write_text(json.dumps(row, indent=1) + "\n")
        if arguments.write:
            put_table(arguments.write, arguments.save.stem, table_of(row), check=False)
    if arguments.json:
        print(json.dumps(row, indent=1))
    else:
        for name, value in row.items():
            print(f"{name.replace('_', ' '):32} {value}")
    if row["lost"] or row["applied_twice"]:
        raise SystemExit("steps were lost or applied twice")


if __name__ == "__main__":
    main()
