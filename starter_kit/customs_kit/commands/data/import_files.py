"""`customs-kit data import`: an edition from an office's own declarations."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from customs_kit.commands.options import (
    edition_format_option,
    erasure_option,
    json_option,
    name_option,
    period_options,
    period_starts,
    task_option,
)

if TYPE_CHECKING:
    from customs_data.edition.writing.tables import EditionFormat


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder to make.")
@name_option
@task_option
@period_options(" (with one file)")
@click.option(
    "--label-rate",
    type=float,
    help="Share of the training declarations that keep a label, in (0, 1].  [default: all labels "
    "of the source]",
)
@erasure_option
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the erasure.")
@click.option(
    "--missing",
    default="",
    metavar="WORDS",
    help="Words that are read as an empty cell, separated by commas: NULL,N/A.",
)
@click.option(
    "--columns",
    "column_map",
    metavar="MAP.toml",
    type=click.Path(path_type=Path),
    help="Column map: what the columns and cells of your own export mean.",
)
@click.option(
    "--suggest",
    is_flag=True,
    help="Print a draft of a column map for the first file, for you to correct.",
)
@click.option(
    "--rejected",
    type=click.Path(path_type=Path),
    help="Write rows that do not fit to this CSV file, with their reasons.",
)
@click.option(
    "--reject-up-to",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Go on without the rejected rows if they are at most this share of all.",
)
@click.option(
    "--inspected-only",
    is_flag=True,
    help="Leave declarations without a label out of the test periods, where nothing can be scored "
    "against them. Training keeps them.",
)
@click.option(
    "--keep-ids",
    type=click.Path(path_type=Path),
    help="Write the Declaration ID of each number and line to this CSV file.",
)
@edition_format_option
@json_option
def import_(
    files: tuple[Path, ...],
    out: Path | None,
    name: str | None,
    task: str,
    public_from: datetime | None,
    private_from: datetime | None,
    label_rate: float | None,
    erasure: str,
    seed: int,
    missing: str,
    column_map: Path | None,
    suggest: bool,
    rejected: Path | None,
    reject_up_to: float,
    inspected_only: bool,
    keep_ids: Path | None,
    file_format: EditionFormat,
    as_json: bool,
) -> None:
    """Make an edition from existing declarations.

    FILES are TRAIN PUBLIC PRIVATE (CSV, CSV.gz or Parquet with the 22 columns), or one file to be
    split at --public-from and --private-from. A folder of files counts as one. Warnings name IDs
    that look damaged. An ID that spells "missing" is refused, unless --missing names it.

    Your own export may have other columns, also in a workbook (.xlsx): --suggest drafts a map of
    them, you correct it, and --columns reads the files with it. The map also says which columns you
    lack, and which others models get as features.

    \b
    Examples:
      customs-kit data import train.csv public.csv private.csv --out my-edition
      customs-kit data import all.csv --public-from 2021-01-01 --private-from 2021-04-01 \\
          --label-rate 0.1 --erasure inspection --out my-edition
      customs-kit data import export.csv --suggest > map.toml
      customs-kit data import export.csv --columns map.toml --rejected rejected.csv \\
          --reject-up-to 0.01 --public-from 2021-01-01 --private-from 2021-04-01 --out my-edition
      customs-kit data import export.csv --columns map.toml --inspected-only \\
          --public-from 2021-01-01 --private-from 2021-04-01 --out my-edition
    """
    if suggest:
        from customs_data.column_maps.suggesting import suggest_map
        from customs_data.tasks import find_task

        click.echo(suggest_map(files[0], find_task(task)), nl=False)
        return
    if out is None:
        raise click.UsageError("Missing option '--out'.")
    if reject_up_to and rejected is None:
        raise click.UsageError("--reject-up-to needs --rejected, the file for these rows.")
    if len(files) not in (1, 3):
        raise click.UsageError("Give three files (TRAIN PUBLIC PRIVATE) or one.")
    starts = period_starts(public_from, private_from)
    if (len(files) == 1) != (starts is not None):
        raise click.UsageError("One file needs --public-from and --private-from; three do not.")

    from customs_data.column_maps.column_map import read_column_map
    from customs_data.column_maps.reading import Export
    from customs_data.column_maps.rejections import Rejections
    from customs_data.columns.damaged_ids import Damage
    from customs_data.edition.importing import (
        find_warnings,
        import_edition,
        leave_out_unlabelled,
        read_sources,
        to_periods,
    )
    from customs_data.tasks import find_task
    from customs_kit.commands.data.edition_report import report_edition
    from customs_kit.terminal.output import progress_console

    asked = find_task(task)
    export = Export(
        rules=read_column_map(column_map) if column_map else None,
        missing=tuple(word.strip() for word in missing.split(",") if word.strip()),
        rejections=Rejections(rejected, reject_up_to) if rejected else None,
        ids=keep_ids,
    )
    with progress_console().status("Reading declarations ..."):
        read = read_sources(files, asked, export)
        periods = to_periods(read.frames, starts)
        notes = list(read.notes)
        if inspected_only:
            periods, unlabelled = leave_out_unlabelled(periods, asked)
            notes += unlabelled
        warnings = find_warnings(files, periods)
    warnings += [Damage("rows and columns", note) for note in notes]
    with progress_console().status("Writing the edition ..."):
        manifest = import_edition(
            periods,
            out,
            name=name,
            label_rate=label_rate,
            erasure=erasure,
            seed=seed,
            file_format=file_format,
            task=asked,
            columns=export.column_set,
        )
    fraud_rates = {
        period: float((known == 1).mean()) if len(known) else None
        for period, frame in periods.items()
        for known in [frame.loc[frame[asked.label] >= 0, asked.label]]
    }
    report_edition(out, manifest, fraud_rates, warnings, as_json=as_json)
