"""Send generated requests to the real server for some minutes, without and with tokens.

schemathesis makes valid and invalid requests from the OpenAPI document. Ends with status 1 if an
answer was 5xx.

    python benchmarks/leaderboard_fuzz.py [--seconds 600]
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leaderboard_load import start_server

from customs_data.edition.generating import generate_edition, read_blueprint
from customs_leaderboard.board import make_board
from customs_leaderboard.rules.competition import Competition
from customs_leaderboard.teams.codes import renew_code
from customs_leaderboard.teams.teams import add_team


def fuzz(url: str, seconds: int, secret: str | None, whose: str, folder: Path) -> None:
    """Run schemathesis, which prints what it found and keeps its cache in a folder."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/v1/openapi.json"]
    command += ["--max-time", str(seconds), "--checks", "not_a_server_error", "--no-color"]
    command += ["--suppress-health-check", "all", "--continue-on-failure"]
    if secret is not None:
        command += ["--header", f"Authorization: Bearer {secret}"]
    print(f"{whose}, {seconds} s", flush=True)
    subprocess.run(command, check=False, timeout=seconds + 300, cwd=folder)


def answers_in(log: Path) -> Counter[int]:
    """Return how often each status was answered."""
    lines = map(json.loads, log.read_text().splitlines())
    return Counter(line["status"] for line in lines if line["message"] == "request")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="For each of the three runs.")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as scratch:
        edition, log = Path(scratch) / "edition", Path(scratch) / "log"
        blueprint = read_blueprint(n_declarations=2000, label_rate=0.5)
        generate_edition(blueprint, bytes(32), edition, origin="secret", seed=None, name="fuzz")
        now = datetime.now(UTC)
        competition = Competition(
            title="Fuzz", edition=edition, opens=now, closes=now + timedelta(days=1),
            ladder_step=0.02, daily_limit=1000, refused_limit=1000,
        )  # fmt: skip
        board = make_board(Path(scratch) / "board", competition)
        _, token = add_team(board, "Busan")
        organizer = renew_code(board, "organizer", "organizer token made")
        board.close_connections()
        server, host, port = start_server(board.folder.root, None, log)
        try:
            for secret, whose in (
                (None, "without a token"),
                (token, "a team's token"),
                (organizer, "the organizer's token"),
            ):
                fuzz(f"http://{host}:{port}", seconds, secret, whose, Path(scratch))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
        answers = answers_in(log)
    print(f"answers by status: {dict(sorted(answers.items(), key=str))}")
    sys.exit(any(status is not None and status >= 500 for status in answers))


if __name__ == "__main__":
    main()
