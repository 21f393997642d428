r"""Load test of the leaderboard: 200 teams send 16,615-row files at once.

`customs-kit leaderboard serve` runs in its own process after 10,000 submissions were stored. Each
team sends its files one after the other over one connection, then the first one again; all teams
run at the same time, and a reader requests the standings page ten times a second. Afterwards the
answers are compared with the database, the disk and a direct scoring of the files: nothing is lost
or counted twice, every score is right, and the audit log is complete.

The load generator shares the cores with the server, so three throughputs are printed:

* wall clock: submissions / seconds; the generator's CPU counts as the server's;
* generator excluded: submissions x 2 / (seconds x cores - CPU seconds of all processes except the
  server's), an estimate for two cores without other processes; idle cores count against the server;
* by CPU: submissions x 2 / CPU seconds of server and PostgreSQL, as if nothing ever waited.

    python benchmarks/leaderboard_load.py [--database-url URL] [--teams 200] [--files 3] [--json]
    python benchmarks/leaderboard_load.py --save leaderboard/results/load.json \
        --write leaderboard/README.md

Linux only: CPU seconds and memory are read from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from load_generator import File, Traffic, send_all
from load_report import save, table_of
from sqlalchemy import func, select

from customs_baselines.experiments.markdown_tables import put_table
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_leaderboard.board import Board, make_board
from customs_leaderboard.rules.competition import Competition
from customs_leaderboard.store.actions import team_actor
from customs_leaderboard.store.audit_log import append_entry, verify_chain
from customs_leaderboard.store.schema import Submission, Team
from customs_leaderboard.store.scores import read_scores, save_scores
from customs_leaderboard.submissions.judge import Judge
from customs_leaderboard.submissions.receipts import day_of
from customs_leaderboard.teams.teams import add_team

GOAL = 60  # scored submissions a second on two cores, load generator excluded
PAGE_GOAL_MS = 100
N_CORES = 2
ROWS = 54_000  # test periods of 16,615


def make_files(judge: Judge, n_files: int) -> list[File]:
    """Return distinct files with scores of 17 digits, like those of models."""
    ids = judge.expected_ids.tolist()
    rng = np.random.default_rng(0)
    files = []
    for _ in range(n_files):
        fraud_score: npt.NDArray[np.float64] = rng.random(len(ids))
        lines = map(",".join, zip(ids, map(repr, fraud_score.tolist()), strict=True))
        content = "Declaration ID,Fraud Score\n" + "\n".join(lines) + "\n"
        files.append(File(content.encode(), judge.score(fraud_score)))
    return files


def store_earlier(board: Board, numbers: list[int], n_submissions: int) -> None:
    """Store submissions of earlier days like `submit`, but without files."""
    rng = np.random.default_rng(1)
    at = board.competition.opens
    with board.database.writing() as session:
        teams = {team.number: team for team in session.scalars(select(Team))}
        for i in range(n_submissions):
            team = teams[numbers[i % len(numbers)]]
            at += timedelta(seconds=60)
            score = round(float(rng.random()) * 0.1 + i / n_submissions / 2, 2)
            improved = team.best_shown is None or score > team.best_shown
            submission = Submission(
                team_number=team.number, sha256=f"{i:064x}", suffix=".csv", n_bytes=1,
                received_at=at, day=day_of(at), late=False, improved=improved,
                shown=score if improved else team.best_shown, answer_sha256=f"{i:064x}",
            )  # fmt: skip
            session.add(submission)
            session.flush()
            exact = {
                period: {metric.name: float(rng.random()) for metric in board.metrics.ranked}
                for period in ("public", "private")
            }
            save_scores(session, {submission.number: exact})
            team.n_submissions += 1
            if improved:
                team.best_shown, team.improved_at = score, at
                team.best_submission = submission.number
            append_entry(board.database, session, at, team_actor(team.number), "made up", {})


def check(board: Board, traffic: Traffic, n_before: int, n_sent: int) -> None:
    """Compare the stored submissions with the sent files and their answers."""
    assert not traffic.refused, traffic.refused[:3]
    first = {(team, file.digest): r for team, file, r in traffic.receipts if not r["duplicate"]}
    again = [(team, file, r) for team, file, r in traffic.receipts if r["duplicate"]]
    assert len(first) == n_sent, f"{len(first)} of {n_sent} accepted"
    assert all(first[team, file.digest]["number"] == r["number"] for team, file, r in again)
    with board.database.reading() as session:
        stored = list(session.scalars(select(Submission).where(Submission.number > n_before)))
        teams = session.execute(select(Team.number, Team.n_submissions))
        rows = select(Submission.team_number, func.count()).group_by(Submission.team_number)
        assert dict(map(tuple, teams)) == dict(map(tuple, session.execute(rows))), "counts"
        verify_chain(session)
        exact = read_scores(session, board.metrics, Submission.number > n_before)
    assert len(stored) == n_sent, f"{len(stored)} of {n_sent} stored"
    files = {(team, file.digest): file for team, file, _ in traffic.receipts}
    for submission in stored:
        file = files[submission.team_number, submission.sha256]
        assert exact[submission.number] == file.scores, submission.number
        path = board.folder.submission_path(
            submission.team_number, submission.sha256, submission.suffix
        )
        assert path.read_bytes() == file.content, path
    assert not list(board.folder.spool.iterdir()), "left in the spool"


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU seconds of processes and of their ended children."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def all_cpu_seconds() -> float:
    """Return the CPU seconds of the machine, without idle time and waiting for disks."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    busy = [int(part) for i, part in enumerate(fields[:8]) if i not in (3, 4)]
    return sum(busy) / os.sysconf("SC_CLK_TCK")


def pids_of(program: str) -> list[int]:
    pids = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text().strip() == program:
                pids.append(int(path.parent.name))
        except OSError:
            continue
    return pids


def peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM")


def start_server(
    folder: Path, database_url: str | None, log: Path
) -> tuple[subprocess.Popen[str], str, int]:
    command = [sys.executable, "-c", "from customs_kit.cli import main; main()"]
    command += ["leaderboard", "serve", str(folder), "--port", "0"]
    command += ["--requests-per-second", "10000"]
    if database_url:
        command += ["--database-url", database_url]
    with log.open("w") as errors:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert server.stdout is not None
    line = server.stdout.readline()
    assert "http://" in line, f"{line!r} {log.read_text()}"
    host, _, port = line.partition("http://")[2].split()[0].rpartition(":")
    return server, host, int(port)


def percentile(seconds: list[float], share: float) -> float:
    return float(np.percentile(seconds, share)) * 1000


def measure(arguments: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    edition = scratch / "edition"
    blueprint = read_blueprint(n_declarations=ROWS, label_rate=1.0)
    generate_edition(blueprint, bytes(32), edition, origin="secret", seed=None, name="load")
    now = datetime.now(UTC)
    competition = Competition(
        title="Load",
        edition=edition,
        opens=now - timedelta(days=20),
        closes=now + timedelta(days=1),
        ladder_step=0.01,
        daily_limit=arguments.files,
    )
    url = arguments.database_url
    board = make_board(scratch / "board", competition, database_url=url)
    teams = [add_team(board, f"Team {i}") for i in range(arguments.teams)]
    numbers = [team.number for team, _ in teams]
    files = make_files(board.judge, arguments.teams * (arguments.files + 1))
    store_earlier(board, numbers, arguments.stored)
    n_sent = arguments.teams * arguments.files
    server, host, port = start_server(board.folder.root, url, scratch / "server.log")
    try:
        postgres = pids_of("postgres") if url else []
        before = [cpu_seconds([server.pid]), cpu_seconds(postgres), all_cpu_seconds()]
        own, started = time.process_time(), time.perf_counter()
        tokens = [(team.number, token) for team, token in teams]
        traffic = asyncio.run(send_all(host, port, tokens, files))
        seconds, own = time.perf_counter() - started, time.process_time() - own
        database = cpu_seconds({*postgres, *pids_of("postgres")} if url else [])
        after = [cpu_seconds([server.pid]), database, all_cpu_seconds()]
        peak = peak_mib(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        status = server.wait(60)
    assert status == 0, status
    check(board, traffic, arguments.stored, n_sent)
    board.close_connections()
    server_s, database_s, all_s = (b - a for a, b in zip(before, after, strict=True))
    cores = os.cpu_count() or 1
    others_s = max(all_s - server_s - database_s - own, 0)
    ours_s = seconds * cores - own - others_s
    return {
        "database": "PostgreSQL" if url else "SQLite",
        "teams": arguments.teams,
        "submissions": n_sent,
        "stored_before": arguments.stored,
        "seconds": round(seconds, 2),
        "per_second_wall_clock": round(n_sent / seconds, 1),
        "per_second_generator_excluded": round(n_sent * N_CORES / ours_s, 1),
        "per_second_by_cpu": round(n_sent * N_CORES / (server_s + database_s), 1),
        "latency_p50_ms": round(percentile(traffic.seconds, 50)),
        "latency_p99_ms": round(percentile(traffic.seconds, 99)),
        "page_p50_ms": round(percentile(traffic.page_seconds, 50), 1),
        "page_p99_ms": round(percentile(traffic.page_seconds, 99), 1),
        "api_standings_p99_ms": round(percentile(traffic.answer_seconds, 99), 1),
        "pages": len(traffic.page_seconds),
        "server_cpu_s": round(server_s, 2),
        "database_cpu_s": round(database_s, 2),
        "generator_cpu_s": round(own, 2),
        "others_cpu_s": round(others_s, 2),
        "cores": cores,
        "server_peak_mib": round(peak),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", help="An empty PostgreSQL database.")
    parser.add_argument("--teams", type=int, default=200)
    parser.add_argument("--files", type=int, default=3, help="Files per team.")
    parser.add_argument("--stored", type=int, default=10_000, help="Submissions stored before.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--save", type=Path, help="Add the measurements to this results file.")
    parser.add_argument("--write", type=Path, help="With --save: rewrite the table in a document.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        row = measure(arguments, Path(scratch))
    if arguments.save:
        results = save(row, arguments.save)
        if arguments.write:
            put_table(arguments.write, arguments.save.stem, table_of(results), check=False)
    if arguments.json:
        print(json.dumps(row, indent=1))
        return
    for name, value in row.items():
        print(f"{name.replace('_', ' '):32} {value}")
    print(
        f"goal: at least {GOAL} a second with the generator excluded, page p99 < {PAGE_GOAL_MS} ms"
    )


if __name__ == "__main__":
    main()
