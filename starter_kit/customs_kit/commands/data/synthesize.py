"""`customs-kit data synthesize`: draw declarations that resemble a source."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from customs_kit.commands.options import (
    erasure_option,
    format_option,
    json_option,
    name_option,
    period_options,
    period_starts,
)

if TYPE_CHECKING:
    import pandas as pd

    from customs_data.files.writing import FileFormat
    from customs_data.synthesis.settings import Settings

_MODELS = ("trees", "arf", "copula", "ctgan", "tvae", "diffusion", "bootstrap")


@click.command()
@click.option(
    "--source",
    "files",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="File of labelled declarations (CSV, CSV.gz or Parquet); may be given several times.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder to make (train, public, private), or one file named .csv or .parquet.",
)
@click.option(
    "--model",
    type=click.Choice(_MODELS),
    default="trees",
    show_default=True,
    help="Model to fit. ctgan and tvae need pip install 'customs-kit[ctgan]'.",
)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    help="Declarations to draw.  [default: as many as the source]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of all random draws.",
)
@click.option("--fraud-rate", type=float, help="Share of fraud to draw.  [default: the source's]")
@click.option(
    "--price-noise",
    type=float,
    default=0.02,
    show_default=True,
    help="Noise on each product's average unit price, as a share of it.",
)
@click.option(
    "--rewired",
    type=float,
    default=0.2,
    show_default=True,
    help="Share of links between traders to swap.",
)
@click.option(
    "--splits",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Chronological parts, each with its own model.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Parts drawn in parallel; the result does not depend on it.",
)
@click.option(
    "--epochs", type=click.IntRange(min=1), help="Training epochs of ctgan, tvae or diffusion."
)
@click.option(
    "--paper-exact",
    is_flag=True,
    help="With --model ctgan: the authors' own recipe, including its faults.",
)
@click.option("--edition", "as_edition", is_flag=True, help="Make an edition, like data import.")
@name_option
@period_options()
@click.option(
    "--label-rate",
    type=float,
    help="With --edition: share of training declarations that keep a label.",
)
@erasure_option
@format_option
@json_option
def synthesize(
    files: tuple[Path, ...],
    out: Path,
    name: str | None,
    public_from: datetime | None,
    private_from: datetime | None,
    label_rate: float | None,
    erasure: str,
    as_edition: bool,
    workers: int,
    file_format: FileFormat,
    as_json: bool,
    **choices: object,
) -> None:
    """Fit a model to declarations and draw similar ones (the paper's method, corrected).

    The drawn declarations have new IDs; columns outside the schema are dropped. An edition made of
    them has origin 'import', because anyone with source and seed can draw its labels again.

    \b
    Examples:
      customs-kit data synthesize --source declarations.csv --out synthetic
      customs-kit data synthesize --source train.csv --source public.csv --source private.csv \\
          --model copula --rows 20000 --edition --out my-synthetic-edition
    """
    from customs_data.schema import LABEL_COLUMNS
    from customs_data.synthesis.output import cut_periods, is_one_file
    from customs_data.synthesis.read_source import read_source
    from customs_data.synthesis.settings import Settings
    from customs_kit.terminal.output import print_json, progress_console

    starts = period_starts(public_from, private_from)
    if is_one_file(out) and (as_edition or starts):
        raise click.UsageError(
            "With --edition or --public-from, --out must be a folder, not a file."
        )
    if not as_edition and (label_rate is not None or name is not None):
        raise click.UsageError("--name and --label-rate go with --edition.")
    settings = Settings(**choices)  # type: ignore[arg-type]
    with progress_console().status("Reading declarations ..."):
        source = read_source(files)
    notes = [*source.notes, *_warnings(settings)]
    for note in notes:
        click.echo(note, err=True)
    drawn = _draw(source.declarations, settings, workers)
    rows = {"all": len(drawn)}
    if is_one_file(out):
        from customs_data.synthesis.output import write_file

        write_file(drawn, out)
    else:
        from customs_data.synthesis.output import write_edition, write_periods

        periods = cut_periods(drawn, starts)
        rows = {period: len(frame) for period, frame in periods.items()}
        if as_edition:
            write_edition(
                periods,
                out,
                settings,
                name=name,
                label_rate=label_rate,
                erasure=erasure,
                file_format=file_format,
            )
        else:
            write_periods(periods, out, file_format)
    fraud_rate = float((drawn[LABEL_COLUMNS[0]] == 1).mean())
    if as_json:
        print_json(
            {
                "out": str(out),
                "model": settings.model,
                "seed": settings.seed,
                "source_rows": len(source.declarations),
                "rows": rows,
                "fraud_rate": fraud_rate,
                "notes": notes,
            }
        )
        return
    for period, n_rows in rows.items():
        click.echo(f"{period:>8}: {n_rows:>10,} declarations")
    click.echo(
        f"Made {out} with {settings.model}, fraud rate {fraud_rate:.4f}. "
        "Compare it with the source: customs-kit data fidelity."
    )


def _warnings(settings: Settings) -> list[str]:
    """Return warnings about the model's licence, privacy and faults."""
    from customs_data.synthesis.models import BUSL_NOTICE, MODELS

    notes = []
    if "Business" in MODELS[settings.model].licence:
        notes.append(f"Licence: {BUSL_NOTICE}")
    if settings.model == "bootstrap":
        notes.append("bootstrap repeats declarations of the source: it gives no privacy.")
    if settings.paper_exact:
        from customs_data.synthesis.paper_recipe import WARNING

        notes.append(WARNING)
    return notes


def _draw(source: pd.DataFrame, settings: Settings, workers: int) -> pd.DataFrame:
    """Synthesize with one progress bar per part."""
    from customs_data.parallel import processes
    from customs_data.synthesis.pipeline import synthesize as draw
    from customs_kit.terminal.output import progress_bars

    with (
        progress_bars() as bars,
        processes(min(workers, settings.splits)) as executor,
    ):
        tasks = [
            bars.add_task(f"{settings.model}, part {i + 1} of {settings.splits}", total=1.0)
            for i in range(settings.splits)
        ]
        return draw(
            source,
            settings,
            executor=executor,
            on_progress=lambda part, done: bars.update(tasks[part], completed=done),
        )
