"""Tables and a figure of the results of ladder_attacks.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from customs_baselines.experiments.markdown_tables import markdown_row
from customs_data.reports.pictures import new_figure, save_figure

#: Attacks in the figure, and their line styles.
CURVES = {"blind boosting, best rule": "-", "climbing from a model": "--"}


def summarize(row: dict[str, Any]) -> str:
    """Return one attack against one defence as a line of text."""
    public, private = row["public"], row["private"]
    return (
        f"{public['start']:.3f} -> {public['curve'][-1]:.3f} "
        f"gain {public['gain']:+.3f} ± {public['standard_error']:.3f} "
        f"private {private['gain']:+.3f} ± {private['standard_error']:.3f}"
    )


def tables_of(results: dict[str, Any]) -> dict[str, str]:
    """Return Markdown tables by name."""
    tables = {"gains": gains_table(results), "curves": attacks_table(results)}
    for name, table in (("honest", honest_table), ("ground", ground_table)):
        if name in results:
            tables[name] = table(results)
    return tables


def gains_table(results: dict[str, Any]) -> str:
    """Return public gains: one row per attack, one column per defence."""
    rows = results["attacks"]
    boards = list(dict.fromkeys(row["defence"] for row in rows))
    lines = [
        markdown_row(["public gain", *boards]),
        markdown_row(["---"] + ["---:"] * len(boards)),
    ]
    gains = {(row["attack"], row["defence"]): row["public"] for row in rows}
    for attack in dict.fromkeys(row["attack"] for row in rows):
        row = [gains[attack, board] for board in boards]
        cells = [f"{one['gain']:+.3f} ± {one['standard_error']:.3f}" for one in row]
        lines.append(markdown_row([attack, *cells]))
    return "\n".join(lines)


def attacks_table(results: dict[str, Any]) -> str:
    """Return precision@5 %: one row per attack and defence."""
    queries = results["queries"]
    at = [results["checkpoints"].index(queries * share // 20) for share in (4, 10, 20)]
    header = ["attack", "defence", "start"]
    header += [f"after {results['checkpoints'][i]}" for i in at]
    header += ["gain", "of undefended", "private gain"]
    lines = [markdown_row(header), markdown_row(["---"] * 2 + ["---:"] * (len(header) - 2))]
    undefended = {
        row["attack"]: row["public"]["gain"]
        for row in results["attacks"]
        if row["defence"] == "none"
    }
    for row in results["attacks"]:
        public, private = row["public"], row["private"]
        cells = [row["attack"], row["defence"], f"{public['start']:.3f}"]
        cells += [f"{public['curve'][i]:.3f}" for i in at]
        cells += [f"{public['gain']:+.3f} ± {public['standard_error']:.3f}"]
        whole = undefended[row["attack"]]
        cells += [f"{100 * public['gain'] / whole:.0f} %" if whole > 0 else "-"]
        cells += [f"{private['gain']:+.3f} ± {private['standard_error']:.3f}"]
        lines.append(markdown_row(cells))
    return "\n".join(lines)


def honest_table(results: dict[str, Any]) -> str:
    """Return what the same defences show to an honest team."""
    header = ["defence", "first", "best", "shown at the end", "behind, on average", "changes"]
    lines = [markdown_row(header), markdown_row(["---"] + ["---:"] * (len(header) - 1))]
    for row in results["honest"]:
        cells = [f"{row[name]:.3f}" for name in ("first", "best", "shown", "behind")]
        lines.append(markdown_row([row["defence"], *cells, f"{row['changes']:.1f}"]))
    return "\n".join(lines)


def ground_table(results: dict[str, Any]) -> str:
    """Return what it takes to leave the ground, and how often luck does."""
    queries = results["queries"]
    header = ["public declarations", "inspected", "chance scores", "leaves the ground"]
    header += ["more than chance", "a random file does", f"one of {queries} does"]
    lines = [markdown_row(header), markdown_row(["---:"] * len(header))]
    for row in results["ground"]:
        cells = [f"{row['public']:,}", f"{row['inspected']:,}"]
        cells += [f"{row[name]:.3f}" for name in ("chance", "leaves")]
        cells += [f"{row['leaves'] - row['chance']:+.3f}"]
        cells += [f"once in {1 / row['one_file']:,.0f}", f"{100 * row['any_file']:.1f} %"]
        lines.append(markdown_row(cells))
    return "\n".join(lines)


def draw(results: dict[str, Any], path: Path) -> None:
    """Plot public gain by number of submissions: a colour per defence, a line style per attack."""
    figure, axes = new_figure(width=9.0, height=5.0)
    boards = list(dict.fromkeys(row["defence"] for row in results["attacks"]))
    for row in results["attacks"]:
        if row["attack"] not in CURVES:
            continue
        public = row["public"]
        axes.plot(
            [0, *results["checkpoints"]],
            [0, *(precision - public["start"] for precision in public["curve"])],
            color=f"C{boards.index(row['defence'])}",
            linestyle=CURVES[row["attack"]],
            label=f"{row['attack']}: {row['defence']}",
        )
    axes.set_xlabel("submissions")
    axes.set_ylabel("public precision@5 % gained")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize="small")
    save_figure(figure, path)
