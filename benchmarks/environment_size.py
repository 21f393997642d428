"""Disk space of an environment by package: what plain pip installs and what `make run` installs.

python benchmarks/environment_size.py PIP_ENVIRONMENT MAKE_ENVIRONMENT --write docs/VERSIONS.md
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from customs_baselines.experiments.markdown_tables import markdown_row, put_table

#: Packages with fewer megabytes are one row.
LARGE_MB = 60


def sizes(environment: Path) -> Counter[str]:
    """Return MB by top-level package; blocks on disk, each file once."""
    (packages,) = environment.glob("lib/python*/site-packages")
    total: Counter[str] = Counter()
    for file in environment.rglob("*"):
        if file.is_file() and not file.is_symlink():
            inside = file.is_relative_to(packages)
            name = file.relative_to(packages).parts[0] if inside else "Python, pip, scripts"
            total[name.removesuffix(".libs")] += file.stat().st_blocks * 512
    return Counter({name: round(size / 1e6) for name, size in total.items()})


def table(before: Counter[str], after: Counter[str]) -> str:
    """Return a Markdown table: large packages, the rest, and the ratio of the totals."""
    names = sorted(before, key=lambda name: -before[name])
    large = [name for name in names if before[name] >= LARGE_MB]
    lines = [
        markdown_row(["package", "plain pip, MB", "`make run` without a GPU, MB"]),
        markdown_row(["---", "---:", "---:"]),
    ]
    lines += [
        markdown_row([f"`{name}`", f"{before[name]:,}", f"{after[name]:,}"]) for name in large
    ]
    rest = [
        sum(size for name, size in sizes.items() if name not in large) for sizes in (before, after)
    ]
    lines.append(markdown_row(["others", *(f"{size:,}" for size in rest)]))
    totals = [before.total(), after.total()]
    lines.append(markdown_row(["**all**", *(f"**{size:,}**" for size in totals)]))
    return "\n".join(lines) + f"\n\nRatio: {totals[1] / totals[0]:.2f}."


def main() -> None:
    """Print the table, and write it into documents."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pip", type=Path, help="environment made with pip install")
    parser.add_argument("make", type=Path, help="environment made with make run")
    parser.add_argument("--write", type=Path, help="document with the markers of the table")
    arguments = parser.parse_args()
    text = table(sizes(arguments.pip), sizes(arguments.make))
    print(text)
    if arguments.write:
        put_table(arguments.write, "environment_size", text, check=False)


if __name__ == "__main__":
    main()
