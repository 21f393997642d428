"""CPU time of the worst files that a team can send, over that of a sound one (goal: at most 3).

Each file is received, checked and accepted or refused by a board with its own edition in one
process, and never twice, because duplicates cost nothing. Prints shape, bytes sent, CPU
milliseconds, ratio and answer; the exit status is 1 if a ratio is above the goal.

    python benchmarks/worst_files.py [--rows 54000] [--repeats 5]
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

import numpy as np

from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed
from customs_leaderboard.board import Board, make_board
from customs_leaderboard.contest import utc_now
from customs_leaderboard.rules.competition import Competition
from customs_leaderboard.submissions.spool import Spool
from customs_leaderboard.submissions.submit import submit
from customs_leaderboard.teams.teams import add_team
from customs_scorer.submissions import max_content_bytes

GOAL = 3.0
HEADER = b"Declaration ID,Fraud Score\n"
_PART = 1 << 16


def rows_of(ids: list[str], seed: int) -> list[bytes]:
    scores = np.random.default_rng(seed).random(len(ids))
    return [f"{name},{score}\n".encode() for name, score in zip(ids, scores, strict=True)]


def files(ids: list[str], n_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Yield shapes and files; `n_bytes` is the most that a file may contain, unpacked."""
    n = len(ids)
    rows = rows_of(ids, 1)
    sound = HEADER + b"".join(rows)
    spare = n_bytes - len(sound)

    def filled(line: bytes, size: int = n_bytes) -> bytes:
        return HEADER + line * ((size - len(HEADER)) // len(line))

    def twice(line: bytes) -> bytes:
        return HEADER + line * (2 * n)

    def bits(size: int) -> bytes:
        return np.random.default_rng(2).integers(0, 256, size, dtype=np.uint8).tobytes()

    long = b"9" * 60
    # The files of BOARD.md, F1.
    yield "sound, gzip", gzip.compress(sound)
    yield "one cell a line, gzip", gzip.compress(HEADER + b"9\n" * 2_600_000)
    yield '"","" lines, gzip', gzip.compress(HEADER + b'"",""\n' * 900_000)
    yield '"9","9" lines, gzip', gzip.compress(HEADER + b'"9","9"\n' * 660_000)
    # Lines of other widths.
    yield "three cells a line", filled(b"1,2,3\n")
    yield "empty cells", filled(b",\n")
    yield "99 bad lines, 1 good", HEADER + (b"9\n" * 99 + rows[0]) * (n // 50)
    yield "99 bad quoted lines, 1 good", HEADER + (b'"9"\n' * 99 + rows[0]) * (n // 50)
    yield "99 lines of 100 cells, 1 good", HEADER + (b"," * 99 + b"\n") * 99 + b"".join(rows)
    yield "0 and 2 commas in turn", HEADER + b"9\n9,9,9\n" * n
    # Twice the rows, and more.
    yield "twice the rows", HEADER + b"".join(2 * rows)
    yield "ten times the rows", HEADER + b"".join(rows) * 4
    yield "twice unknown IDs", twice(b"x,0.5\n")
    yield "twice the same ID", twice(rows[0])
    yield "twice wrong scores", twice(rows[0].partition(b",")[0] + b",nan\n")
    yield "twice Arabic digits", twice("\u0660\u0661,\u0660.\u0665\n".encode())
    yield "twice long numbers", twice(rows[0][:9] + b"0." + long[:40] + b"\n")
    yield "twice blank cells", twice(b" , \n")
    yield "twice 1e400", twice(rows[0].partition(b",")[0] + b",1e400\n")
    # Quotation marks.
    yield (
        "all cells quoted",
        HEADER
        + b"".join(
            b'"' + row.rstrip(b"\n").replace(b",", b'","') + b'"\n' for row in rows_of(ids, 3)
        ),
    )
    yield "twice quoted cells", twice(b'"00000001","0.5"\n')
    yield "twice doubled quotes", twice(b'"""1""","""2"""\n')
    yield "marks inside cells", twice(b'1"2,3\n')
    yield "marks inside single cells, in turn", HEADER + (b'1"2\n' * 99 + rows[0]) * (n // 50)
    yield "marks around and inside cells", twice(b'"1",2"3\n')
    yield "a quote never closed", sound + b'"' + b"9" * spare
    yield "line ends inside quotes", HEADER + b'"\n\n\n\n\n","1"\n' * (n_bytes // 14)
    # Blank lines and returns.
    yield "blank lines at the end", sound + b"\n" * spare
    yield "blank lines in the middle", HEADER + rows[0] + b"\n" * spare + b"".join(rows[1:])
    yield "blank lines, returns", HEADER + rows[0] + b"\r\n" * (spare // 2) + b"".join(rows[1:])
    yield "blank lines and a mark inside", HEADER + b'1"2,3\n' + b"\n" * spare
    yield "Windows line ends", HEADER + b"".join(rows_of(ids, 4)).replace(b"\n", b"\r\n")
    yield "returns only", sound.replace(b"\n", b"\r")
    yield "returns below the header", HEADER + b"9\r" * (n_bytes // 2 - 20)
    yield "sound rows ended by returns", HEADER + b"".join(rows_of(ids, 5)).replace(b"\n", b"\r")
    # Huge cells and lines.
    yield "one line", HEADER + b"9" * (n_bytes - 40)
    yield "one line of 30 MB, gzip", gzip.compress(HEADER + b"9" * 30_000_000)
    yield "no line end", b"9" * n_bytes
    yield "cells of 100 KB", filled(b"9" * 100_000 + b",0.5\n")
    yield "numbers of 100 KB", filled(rows[0].partition(b",")[0] + b"," + b"9" * 100_000 + b"\n")
    yield "longest lines", HEADER + (b"x" * (n_bytes // (2 * n) - 6) + b",0.5\n") * (2 * n - 9)
    yield "longest numbers", twice(b"1," + b"0" * (n_bytes // (2 * n) - 8) + b"\n")
    yield "header of 30,000 columns", b",".join(b"a%d" % i for i in range(30_000)) + b"\n"
    yield "header of commas", b"," * (n_bytes - 1) + b"\n"
    # Other bytes.
    yield "NUL bytes", HEADER + b"\0" * (n_bytes - 40)
    yield "NUL in each line", twice(b"1\0,0.5\n")
    yield "not UTF-8 at the end", sound[:-2] + b"\xff\n"
    yield "EUC-KR", HEADER + "신고번호,점수\n".encode("euc_kr") * (n_bytes // 20)
    yield "Latin-1 letters", HEADER + b"\xe9" * (n_bytes - 40)
    yield "emoji", twice("😀😀😀😀,😀\n".encode())
    yield "random bytes", bits(n_bytes)
    yield "random bytes below the header", HEADER + bits(n_bytes - 40)
    # Compression.
    yield "zeros of 100 MB, gzip", gzip.compress(b"\0" * 100_000_000)
    yield "blank lines, gzip", gzip.compress(HEADER + b"\n" * 60_000_000)
    yield "400,000 empty pieces", gzip.compress(b"", mtime=0) * 150_000
    yield "a piece for each row", b"".join(gzip.compress(r, 1, mtime=0) for r in [HEADER, *rows])
    yield (
        "name of 1 MB in gzip",
        (b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"n" * 1_000_000 + b"\0" + gzip.compress(sound)[10:]),
    )
    yield "gzip, broken off", gzip.compress(HEADER + b"".join(rows_of(ids, 6)))[:-9]
    yield "gzip in gzip", gzip.compress(gzip.compress(sound))
    yield "zip", b"PK\x03\x04" + bits(n_bytes - 40)


def cost_ms(board: Board, team: int, content: bytes) -> tuple[float, str]:
    """Return the CPU milliseconds of a file from its first byte to its answer, and the answer."""
    start = time.process_time()
    with Spool(board) as spool:
        try:
            for i in range(0, len(content), _PART):
                spool.write(content[i : i + _PART])
            receipt = submit(board, spool.received(team, board.now()), spool)
            answer = "duplicate" if receipt.duplicate else "accepted"
        except KitError as error:
            answer = str(error).splitlines()[-1].strip(" -")
    return 1000 * (time.process_time() - start), answer


def measure(folder: Path, rows: int, repeats: int) -> int:
    """Print the table; return the number of ratios above the goal."""
    edition = folder / "edition"
    blueprint = read_blueprint(n_declarations=rows, label_rate=0.1)
    generate_edition(blueprint, secret_of_seed(0), edition, origin="published-seed", seed=0)
    now = utc_now()
    rules = Competition(
        title="Worst files", edition=edition, opens=now - timedelta(days=1), practice=True,
        closes=now + timedelta(days=1), ladder_step=0.01, daily_limit=1000, refused_limit=1000,
    )  # fmt: skip
    board = make_board(folder / "board", rules)
    # A new team for each shape: none reaches a limit, and the same scores are no duplicates.
    ids = board.judge.expected_ids.tolist()
    team, _ = add_team(board, "Sound")
    sounds = [HEADER + b"".join(rows_of(ids, 100 + i)) for i in range(20)]
    sound = median(cost_ms(board, team.number, content)[0] for content in sounds)
    print(f"{'shape':36} {'sent':>10} {'CPU ms':>8} {'ratio':>6}  answer")
    print(f"{'sound':36} {len(sounds[0]):>10,} {sound:>8.1f} {1:>6.2f}  accepted", flush=True)
    n_above = 0
    for number, (shape, content) in enumerate(files(ids, max_content_bytes(len(ids)))):
        costs = []
        for repeat in range(repeats):
            team, _ = add_team(board, f"Team {number} {repeat}")
            cost, answer = cost_ms(board, team.number, content)
            costs.append(cost)
        ratio = min(costs) / sound
        n_above += ratio > GOAL
        mark = "  ABOVE THE GOAL" if ratio > GOAL else ""
        print(
            f"{shape:36} {len(content):>10,} {min(costs):>8.1f} {ratio:>6.2f}  {answer[:90]}{mark}",
            flush=True,
        )
    board.close_connections()
    return n_above


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=54_000)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        n_above = measure(Path(folder), given.rows, given.repeats)
    print(f"{n_above} above {GOAL:g}")
    sys.exit(n_above > 0)


if __name__ == "__main__":
    main()
