"""Cost of generating an edition by its rows, alone, with workers, and beside world version 1.

Each edition, with all its files and checksums, is made by a process of its own and its workers.
CPU seconds and peak memory are those of all of them together, imports included; memory that they
share counts once. *To one* is the CPU of one process divided by that of all workers; *to world 1*
divides the CPU by that of world version 1, which is checked out from git and makes an edition of
as many rows in the same run. At the end it is checked that workers change no byte.

    python benchmarks/generate_speed.py [--rows 54000,1000000] [--workers 1,2] [--cluster local:2]
        [--without-world-1] [--skip-alone] [--results FILE --write docs/SCALE.md]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kit_process import GroupCost, measure_group

from customs_baselines.experiments.markdown_tables import markdown_row, put_table

#: The last commit of world version 1 (tag world-1).
WORLD_1 = "b70d7e2"
ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("data", "scorer", "baselines", "leaderboard", "starter_kit")
# Runs in the tree of either version, so it uses only what both have.
MAKE = """
import json, sys
from pathlib import Path
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.keyed_random import secret_of_seed

out, rows, file_format, workers, cluster = sys.argv[1:]

def main(executor):
    manifest = generate_edition(
        read_blueprint(config="national", n_declarations=int(rows)),
        secret_of_seed(0),
        Path(out),
        origin="published-seed",
        seed=0,
        name="measured",
        file_format=file_format,
        executor=executor,
    )
    print(json.dumps([*(record.sha256 for record in manifest.files.values()), manifest.commitment]))

if __name__ == "__main__":
    if cluster:
        from customs_data.cluster import cluster_executor, open_cluster
        with open_cluster(cluster, shared=Path(out).parent) as client:
            main(cluster_executor(client))
    elif workers == "1":
        main(None)
    else:
        from customs_data.parallel import processes
        with processes(int(workers)) as executor:
            main(executor)
"""


@contextmanager
def tree_of(revision: str) -> Iterator[Path]:
    """Check a commit out to a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        add = ["git", "-C", str(ROOT), "worktree", "add", "--detach", str(tree), revision]
        subprocess.run(add, check=True, capture_output=True)
        try:
            yield tree
        finally:
            remove = ["git", "-C", str(ROOT), "worktree", "remove", "--force", str(tree)]
            subprocess.run(remove, check=True, capture_output=True)


def make(
    tree: Path, rows: int, file_format: str, workers: int = 1, cluster: str = ""
) -> tuple[GroupCost, list[str]]:
    """Return the costs of an edition and its checksums."""
    places = [str(tree / package) for package in PACKAGES]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(places)}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "make.py"
        script.write_text(MAKE, encoding="utf-8")
        out = str(Path(folder) / "edition")
        command = [sys.executable, str(script), out, str(rows), file_format, str(workers), cluster]
        cost = measure_group(command, environment)
    return cost, json.loads(cost.output)


def measure(
    rows: int, workers: list[int], cluster: str, world_1: Path | None, skip_alone: bool
) -> list[dict[str, Any]]:
    """Measure one size, one line for each way of making it."""
    lines: list[dict[str, Any]] = []

    def add(name: str, cost: GroupCost, **ratios: float) -> None:
        lines.append(
            {
                "rows": rows,
                "how": name,
                "seconds": cost.seconds,
                "cpu_seconds": cost.cpu_seconds,
                "peak_mib": cost.peak_mib,
                **ratios,
            }
        )
        print(f"{rows:,} {name}: {cost.cpu_seconds:.1f} CPU s, {cost.peak_mib:,} MiB", flush=True)

    beside = {}
    if world_1 is not None:
        before, _ = make(world_1, rows, "parquet")
        whole, _ = make(ROOT, rows, "parquet")
        beside = {"to_world_1": whole.cpu_seconds / before.cpu_seconds}
        add("world version 1, one file per table", before)
        add("one file per table", whole, **beside)
    alone, sums = (None, None) if skip_alone else make(ROOT, rows, "parts")
    if alone is not None:
        add("in parts", alone)
    runs = [(f"in parts, {n} workers", {"workers": n}) for n in workers if n > 1]
    runs += [(f"in parts, --cluster {cluster}", {"cluster": cluster})] if cluster else []
    for name, how in runs:
        cost, other = make(ROOT, rows, "parts", **how)  # type: ignore[arg-type]
        sums = sums or other
        if other != sums:
            raise SystemExit(f"{name}: other bytes than before.")
        ratio = {} if alone is None else {"to_one": alone.cpu_seconds / cost.cpu_seconds}
        add(name, cost, **ratio)
    return lines


def table_of(results: dict[str, list[dict[str, Any]]]) -> str:
    """Return the Markdown table of what has been measured."""
    lines = [line for rows in sorted(results, key=int) for line in results[rows]]
    header = ["declarations", "how", "seconds", "CPU s", "CPU s per million", "peak MiB"]
    header += ["CPU to world 1", "efficiency"]
    text = [markdown_row(header), markdown_row(["---:", ":---", *["---:"] * 6])]
    for line in lines:
        cells = [f"{line['rows']:,}", line["how"], f"{line['seconds']:,.0f}"]
        cells += [f"{line['cpu_seconds']:,.1f}"]
        cells += [f"{line['cpu_seconds'] / line['rows'] * 1e6:.1f}", f"{line['peak_mib']:,}"]
        cells += [f"{line[name]:.2f}" if name in line else "" for name in ("to_world_1", "to_one")]
        text.append(markdown_row(cells))
    note = (
        "Each edition in Parquet, with hidden tables and checksums; CPU and peak memory of all "
        "processes together, imports included. *Efficiency*: CPU of one process divided by that of "
        "all workers."
    )
    return "\n".join([*text, "", note])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", default="54000,1000000")
    parser.add_argument("--workers", default="1,2", help="numbers of processes")
    parser.add_argument("--cluster", default="", help="address of a cluster, such as local:2")
    parser.add_argument("--without-world-1", action="store_true")
    parser.add_argument("--skip-alone", action="store_true", help="measure only workers")
    parser.add_argument("--results", type=Path, help="file that results are added to")
    parser.add_argument("--write", type=Path, help="document with the markers of the table")
    given = parser.parse_args()
    lines: dict[str, list[dict[str, Any]]] = {}
    if given.results and given.results.exists():
        lines = json.loads(given.results.read_text(encoding="utf-8"))
    workers = [int(text) for text in given.workers.split(",")]

    def measure_all(world_1: Path | None) -> None:
        for rows in (int(text) for text in given.rows.split(",")):
            lines[str(rows)] = measure(rows, workers, given.cluster, world_1, given.skip_alone)
            if given.results:
                given.results.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")

    if given.without_world_1:
        measure_all(None)
    else:
        with tree_of(WORLD_1) as tree:
            measure_all(tree)
    table = table_of(lines)
    print(table)
    if given.write:
        put_table(given.write, "generate", table, check=False)


if __name__ == "__main__":
    main()
