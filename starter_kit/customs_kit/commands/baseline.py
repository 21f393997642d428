"""`customs-kit baseline`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from customs_kit.commands.options import (
    CommaSeparated,
    edition_option,
    erasure_option,
    json_option,
)

if TYPE_CHECKING:
    from customs_baselines.plan import Run
    from customs_baselines.records import RunRecord


@click.group()
def baseline() -> None:
    """List and run baselines and your own model.

    Example: customs-kit baseline run
    """


@baseline.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the baselines.

    Example: customs-kit baseline list
    """
    from dataclasses import asdict

    from customs_baselines.catalogue import list_baselines
    from customs_kit.terminal import print_json

    found = list_baselines()
    if as_json:
        print_json([asdict(entry) for entry in found])
        return
    width = max(len(entry.name) for entry in found)
    for entry in found:
        click.echo(f"{entry.name:<{width}}  {entry.recipe or '-':<5}  {entry.summary}")


@baseline.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--write",
    "document",
    type=click.Path(path_type=Path),
    help="Markdown file to put the table in.",
)
@click.option(
    "--check",
    "checked",
    type=click.Path(path_type=Path),
    help="Markdown file that must hold the table already; exits 1 if it does not.",
)
def table(results: tuple[Path, ...], document: Path | None, checked: Path | None) -> None:
    """Make a Markdown table of results.

    RESULTS are outputs of `customs-kit baseline run --json`, saved to files, or one file of
    `customs-kit baseline worlds`. The table is
    printed, or put between the lines `<!-- results:NAME -->` and `<!-- /results -->` of a document,
    where NAME is the name of the first of RESULTS without its suffix.

    \b
    Examples:
      customs-kit baseline table results.json
      customs-kit baseline table baselines/results/released.json --write README.md
    """
    if document is not None and checked is not None:
        raise click.UsageError("Give --write or --check, not both.")

    from customs_baselines.results import put_table, table_of

    made = table_of(list(results))
    target = document or checked
    if target is None:
        click.echo(made)
    else:
        put_table(target, results[0].stem, made, check=checked is not None)


@baseline.command()
@click.argument("names", nargs=-1, metavar="[NAME ... | FILE.py:CLASS]")
@edition_option(required=False)
@click.option(
    "--recipe",
    "recipes",
    type=CommaSeparated(str),
    default=(),
    help="Feature recipe: paper or kit, or both with a comma.  [default: the model's own]",
)
@click.option(
    "--label-rate",
    "--label-rates",
    "label_rates",
    type=CommaSeparated(float),
    default=(),
    help="Share of all training declarations that keep a label, or several: 1,0.1,0.05.  "
    "[default: all labels there are]",
)
@erasure_option
@click.option(
    "--seed",
    "--seeds",
    "seeds",
    type=CommaSeparated(int),
    default=(0,),
    help="Seed of model and erasure, or several: 0,1,2.  [default: 0]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for submissions and records.  [default: runs/NAME-OF-EDITION]",
)
@click.option(
    "--validate/--no-validate",
    default=None,
    help="Also validate on the last quarter of the training period.  [default: only where there "
    "are no hidden labels]",
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads.  [default: processors]")
@click.option(
    "--picture",
    type=click.Path(path_type=Path),
    help="Also save the table as a picture (SVG).",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="For models that can use a GPU.",
)
@json_option
def run(
    names: tuple[str, ...],
    edition: Path | None,
    recipes: tuple[str, ...],
    label_rates: tuple[float, ...],
    erasure: str,
    seeds: tuple[int, ...],
    out: Path | None,
    validate: bool | None,
    threads: int | None,
    picture: Path | None,
    device: str,
    as_json: bool,
) -> None:
    """Train models, write their submissions, and score them where hidden labels are at hand.

    NAME is a baseline (`customs-kit baseline list`); FILE.py:CLASS is your own model: a class with
    fit(X, y) and predict_proba(X), where X is a DataFrame of the 20 declared columns, y holds 0, 1
    and -1 (unlabelled), and predict_proba returns columns [honest, fraud]. Without a name, a
    sensible set is run; without --edition, on the practice edition, which is made in your cache.

    Exits 1 if a model failed; the others are run and shown all the same.

    \b
    Examples:
      customs-kit baseline run
      customs-kit baseline run xgboost --edition my-edition --recipe paper,kit
      customs-kit baseline run xgboost lightgbm --edition my-edition --label-rates 1,0.1,0.05
      customs-kit baseline run my_model.py:MyModel --edition my-edition
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from customs_baselines.plan import Plan
    from customs_baselines.runner import run_baselines
    from customs_data import load_edition
    from customs_kit.practice import practice_edition
    from customs_kit.tables import reference_line, runs_table
    from customs_kit.terminal import (
        is_narrow,
        print_json,
        progress_console,
        save_picture,
        show,
    )

    plan = Plan(names, recipes, label_rates, erasure, seeds)
    loaded = load_edition(practice_edition() if edition is None else edition)
    out = out or Path("runs") / loaded.manifest.name.replace(" ", "-")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = progress_console()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=sum(1 for _ in plan.runs()))

        def started(current: Run) -> None:
            progress.update(task, description=f"{current.name} {current.recipe or ''}")

        def done(record: RunRecord) -> None:
            progress.advance(task)

        records, reference = run_baselines(
            plan,
            loaded,
            out,
            validate=validate,
            device=device,
            n_jobs=threads,
            on_start=started,
            on_done=done,
        )
    labels = int((loaded.y >= 0).sum())
    title = f"{loaded.manifest.name}: {labels:,} of {len(loaded.y):,} labels"
    if picture is not None:
        parts = (runs_table(records, title), reference_line(reference))
        save_picture(picture, "customs-kit baseline run", *parts)
    if as_json:
        print_json([record.as_dict() for record in records])
    else:
        show(runs_table(records, title, compact=is_narrow()), reference_line(reference))
        if any(record.validation for record in records):
            click.echo(
                "Validation scores the labelled declarations of the last quarter of training; "
                "where labels were not erased at random, these are not like the test declarations."
            )
        click.echo(f"Submissions, records and logs are in {out}.")
    failed = [record for record in records if record.failed]
    for record in failed:
        click.echo(f"Error: {record.run.name} failed: {record.result.error}", err=True)
    if failed:
        raise SystemExit(1)


@baseline.command()
@click.option(
    "--config",
    default="practice",
    show_default=True,
    help="Configuration: a shipped name or a TOML file.",
)
@click.option(
    "--worlds", type=click.IntRange(min=2), default=10, show_default=True, help="Worlds to measure."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=2026,
    show_default=True,
    help="Chooses their secrets; nothing may have been tuned on it.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Results, as JSON.")
def worlds(config: str, worlds: int, seed: int, workers: int, out: Path) -> None:
    """Measure what worlds of a configuration are like: the ten-world table.

    The ladder of classic models, look-ups, what the graph and its links are worth, and what the
    simulator's own code gives away; mean and standard error over worlds, as a Markdown table. Takes
    about ten minutes on two cores.

    Example: customs-kit baseline worlds --out worlds.json
    """
    import json

    from customs_baselines.worlds import measure_worlds
    from customs_baselines.worlds_table import worlds_table
    from customs_data.errors import KitError
    from customs_kit.terminal import progress_console

    done: list[int] = []
    with progress_console().status("Learning from other worlds ...") as status:

        def on_world(index: int) -> None:
            done.append(index)
            status.update(f"{len(done)} of {worlds} worlds measured ...")

        measured = measure_worlds(
            config, n_worlds=worlds, seed=seed, n_workers=workers, on_world=on_world
        )
    try:
        out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise KitError(f"{out} cannot be written: {error.strerror}.") from None
    click.echo(worlds_table(measured))
