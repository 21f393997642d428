"""What each model costs: CPU seconds and memory, from the runs of a grid on one edition."""

from __future__ import annotations

from pathlib import Path
from statistics import mean
from typing import Any, Final

import click

from customs_baselines.catalogue import marks_of
from customs_baselines.experiments.markdown_tables import markdown_row, put_table
from customs_baselines.experiments.result_rows import Results, read_results
from studies.script import Study

#: Shares of the labels that costs are shown for, and the recipe of models that have several.
LABEL_RATES: Final = (1.0, 0.1)
_RECIPE: Final = "kit"


def costs_table(results: Results) -> str:
    """Return the Markdown table of costs: one row per model, the cheapest with all labels first.

    Raises
    ------
    KitError
        If no run has these label rates.
    """
    chosen = results.only((), (_RECIPE,)).at(LABEL_RATES)
    costs: dict[str, dict[float, list[dict[str, Any]]]] = {}
    for group, runs in chosen.groups().items():
        name = f"`{group.baseline}`" + marks_of(
            group.baseline, any(run["transductive"] for run in runs)
        )
        costs.setdefault(name, {})[group.label_rate] = runs
    header = ["baseline"]
    header += [f"{what}, {rate:.0%}" for what in ("CPU s", "MiB") for rate in LABEL_RATES]
    lines = [markdown_row(header), markdown_row(["---"] + ["---:"] * (len(header) - 1))]
    first = LABEL_RATES[0]
    for name in sorted(costs, key=lambda name: _mean(costs[name].get(first), "cpu_seconds")):
        of_rates = [costs[name].get(rate) for rate in LABEL_RATES]
        cells = [_cell(runs, "cpu_seconds", 1) for runs in of_rates]
        cells += [_cell(runs, "peak_memory_mib", 0) for runs in of_rates]
        lines.append(markdown_row([name, *cells]))
    editions = ", ".join(f"`{edition['name']}`" for edition in chosen.editions.values())
    lines += [
        "",
        f"Training and scoring on {editions}, by share of the labels, with recipe `{_RECIPE}`: CPU "
        "seconds of all threads, and most memory of the process (libraries included), means over "
        "seeds.",
    ]
    return "\n".join(lines)


def _mean(runs: list[dict[str, Any]] | None, cost: str) -> float:
    return mean(run[cost] for run in runs) if runs else float("inf")


def _cell(runs: list[dict[str, Any]] | None, cost: str, digits: int) -> str:
    return f"{_mean(runs, cost):,.{digits}f}" if runs else "-"


@click.command(cls=Study)
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "--write", "document", type=click.Path(path_type=Path), help="Document to put the table in."
)
def main(results: Path, document: Path | None) -> None:
    """Print the table of costs of RESULTS, those of a grid on one edition.

    Costs are compared only if the machine did nothing else.

    \b
    Example:
      python -m studies.costs_table practice.json --write MODELS.md
    """
    table = costs_table(read_results([results]))
    if document is None:
        click.echo(table)
    else:
        put_table(document, "costs", table, check=False)


if __name__ == "__main__":
    main()
