"""`customs-kit baseline table`: results of many runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from customs_kit.commands.options import (
    CommaSeparated,
    cluster_option,
    device_option,
    json_option,
)

if TYPE_CHECKING:
    from customs_baselines.experiments.grid import Cell
    from customs_baselines.experiments.result_rows import Results

_GRID = ".toml"


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    help="JSON file of a grid's results.  [default: beside the grid, .json]",
)
@click.option("--fresh", is_flag=True, help="Discard earlier results; run everything.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Models trained in parallel.  [default: number of processors]",
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads of each model.")
@cluster_option
@device_option
@click.option(
    "--write",
    "document",
    type=click.Path(path_type=Path),
    help="Markdown file to write the table into.",
)
@click.option(
    "--check",
    "checked",
    type=click.Path(path_type=Path),
    help="Markdown file to compare the table with; exits 1 if it differs.",
)
@click.option(
    "--label-rate",
    "--label-rates",
    "label_rates",
    type=CommaSeparated(float),
    default=(),
    help="Label rates to show in the table: 1 or 1,0.1.  [default: all]",
)
@click.option(
    "--against",
    metavar="NAME",
    help="Show differences to this model instead, paired over editions.",
)
@click.option(
    "--models",
    type=CommaSeparated(str),
    default=(),
    help="Models to show in table and curves: xgboost,graphfc.  [default: all]",
)
@click.option(
    "--recipe",
    "recipes",
    type=CommaSeparated(str),
    default=(),
    help="Recipes to show; models without a recipe are always shown.  [default: all]",
)
@click.option(
    "--curves",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Chart of precision against label rate, .png or .svg; may be given twice.",
)
@json_option
def table(
    sources: tuple[Path, ...],
    results: Path | None,
    fresh: bool,
    workers: int | None,
    threads: int | None,
    cluster: str | None,
    device: str,
    document: Path | None,
    checked: Path | None,
    label_rates: tuple[float, ...],
    against: str | None,
    models: tuple[str, ...],
    recipes: tuple[str, ...],
    curves: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Run a grid of models, and make tables and curves of results.

    SOURCES are grids (GRID.toml: models, recipes, label rates, erasures, seeds, on editions or
    simulated worlds) or results: those of a grid, or outputs of `customs-kit baseline run --json`.
    A grid runs what its results lack, several models in parallel; it resumes where it stopped. A
    model that fails becomes a row with the reason and is retried the next time.

    The table is printed as Markdown, or written between the lines `<!-- results:NAME -->` and
    `<!-- /results -->` of a document. NAME is the name of the first of SOURCES without its suffix,
    or 'NAME against MODEL' with --against MODEL. Scores are on Private. On the public release,
    models of the paper's Table 3 under recipe paper have the paper's scores beside theirs. Means
    over several editions have a 95 % interval from five editions on.

    \b
    A grid:
      [[editions]]
      seeds = [1, 2, 3]          # simulated worlds; or path = "my-edition"
      [[runs]]
      models = ["xgboost", "lightgbm"]
      recipes = ["paper", "kit"]
      label_rates = [1.0, 0.1]   # erasures = ["random"], seeds = [0]

    \b
    Examples:
      customs-kit baseline table grid.toml --curves curves.png
      customs-kit baseline table grid.toml --write README.md
      customs-kit baseline table grid.toml --against xgboost
      customs-kit baseline table results.json
    """
    if cluster is not None and workers is not None:
        raise click.UsageError("Give either --workers or --cluster.")
    if document is not None and checked is not None:
        raise click.UsageError("Give --write or --check, not both.")
    if against is not None and as_json:
        raise click.UsageError("--json gives means, not differences; leave out --against.")
    if results is not None and sum(source.suffix == _GRID for source in sources) != 1:
        raise click.UsageError("--results names the results of one grid; give one GRID.toml.")

    from customs_baselines.experiments.curves import draw_curves
    from customs_baselines.experiments.differences import differences_table
    from customs_baselines.experiments.markdown_tables import put_table, table_of
    from customs_baselines.experiments.result_rows import read_results
    from customs_baselines.experiments.summaries import summaries
    from customs_kit.terminal.output import print_json

    files = [
        _run(
            source,
            results or source.with_suffix(".json"),
            fresh,
            workers,
            threads,
            cluster,
            device,
        )
        if source.suffix == _GRID
        else source
        for source in sources
    ]

    def selected() -> Results:
        return read_results(files).only(models, recipes)

    for picture in curves:
        draw_curves(selected(), picture)
    target = document or checked
    name = sources[0].stem
    if against is None:
        markdown = table_of(files, label_rates, models, recipes)
    else:
        name = f"{name} against {against}"
        markdown = differences_table(selected().at(label_rates), against)
    if target is not None:
        put_table(target, name, markdown, check=checked is not None)
    if as_json:
        print_json(summaries(selected().at(label_rates)))
    elif target is None:
        click.echo(markdown)


def _run(
    source: Path,
    results: Path,
    fresh: bool,
    workers: int | None,
    n_jobs: int | None,
    cluster: str | None,
    device: str,
) -> Path:
    """Run the missing runs of a grid with a progress bar; return its results file."""
    from customs_baselines.experiments.grid import read_grid
    from customs_baselines.experiments.run_grid import run_grid
    from customs_kit.commands.executors import open_threads
    from customs_kit.terminal.output import runs_bar, say

    if cluster is not None:  # workers may be in other folders
        source, results = source.resolve(), results.resolve()
        n_jobs = n_jobs or 1
    with runs_bar() as progress, open_threads(workers, cluster, results) as executor:
        task = progress.add_task(source.name)

        def on_plan(done: int, total: int, notes: list[str]) -> None:
            progress.update(task, completed=done, total=total)
            for note in notes:
                say(note, err=True)
            if done:
                say(f"{done} of {total} runs are already in {results}.", err=True)

        def on_done(cell: Cell, run: dict[str, Any]) -> None:
            progress.update(task, advance=1, description=cell.key)
            if "error" in run:
                say(f"{cell.key} failed: {run['error']}", err=True)

        run_grid(
            read_grid(source),
            results,
            executor=executor,
            n_jobs=n_jobs,
            device=device,
            fresh=fresh,
            shared=None if cluster is None else results.parent,
            on_plan=on_plan,
            on_done=on_done,
        )
    return results
