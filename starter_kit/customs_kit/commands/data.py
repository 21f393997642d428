"""`customs-kit data`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from customs_kit.commands.options import erasure_option, json_option


@click.group()
def data() -> None:
    """Make, check and look at editions.

    Example: customs-kit data describe my-edition
    """


@data.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option("--name", help="Name of the edition.  [default: that of the folder]")
@click.option(
    "--public-from",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day of the public test period (with one file).",
)
@click.option(
    "--private-from",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day of the private test period (with one file).",
)
@click.option(
    "--label-rate",
    type=float,
    help="Share of the training declarations that keep a label, in (0, 1].  [default: as in the "
    "source]",
)
@erasure_option
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the erasure.")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="How the tables are stored.",
)
@json_option
def import_(
    files: tuple[Path, ...],
    out: Path,
    name: str | None,
    public_from: datetime | None,
    private_from: datetime | None,
    label_rate: float | None,
    erasure: str,
    seed: int,
    file_format: str,
    as_json: bool,
) -> None:
    """Make an edition from existing declarations.

    FILES are TRAIN PUBLIC PRIVATE (CSV, CSV.gz or Parquet with the 22 columns), or one file that
    is cut at --public-from and --private-from.

    \b
    Examples:
      customs-kit data import train.csv public.csv private.csv --out my-edition
      customs-kit data import all.csv --public-from 2021-01-01 --private-from 2021-04-01 \\
          --label-rate 0.1 --erasure inspection --out my-edition
    """
    if len(files) not in (1, 3):
        raise click.UsageError("Give three files (TRAIN PUBLIC PRIVATE) or one.")
    if (public_from is None) != (private_from is None):
        raise click.UsageError("Give both --public-from and --private-from, or neither.")
    if (len(files) == 1) != (public_from is not None):
        raise click.UsageError("One file needs --public-from and --private-from; three do not.")

    from customs_data.edition.importing import import_edition, read_periods
    from customs_kit.terminal import print_json, progress_console

    with progress_console().status("Reading declarations ..."):
        split = (public_from.date(), private_from.date()) if public_from and private_from else None
        periods = read_periods(list(files), split)
    with progress_console().status("Writing the edition ..."):
        manifest = import_edition(
            periods,
            out,
            name=name,
            label_rate=label_rate,
            erasure=erasure,
            seed=seed,
            file_format="parquet" if file_format == "parquet" else "csv",
        )
    fraud_rates = {
        period: float((known == 1).mean()) if len(known) else None
        for period, frame in periods.items()
        for known in [frame.loc[frame["Fraud"] >= 0, "Fraud"]]
    }
    if as_json:
        print_json(
            {
                "edition": str(out),
                "name": manifest.name,
                "rows": manifest.rows,
                "fraud_rates": fraud_rates,
                "label_rate": manifest.label_rate,
                "erasure": manifest.erasure,
                "commitment": manifest.commitment,
            }
        )
        return
    for period, n_rows in manifest.rows.items():
        first, last = manifest.dates[period]
        rate = fraud_rates[period]
        fraud = "no labels" if rate is None else f"fraud rate {rate:.4f}"
        click.echo(f"{period:>8}: {n_rows:>10,} declarations  {first} .. {last}  {fraud}")
    click.echo(
        f"  labels: rate {manifest.label_rate:g}, erasure {manifest.erasure}\n"
        f"Made {out}: give public/ to the teams, keep hidden/ to yourself."
    )


@data.command()
@click.argument("edition", type=click.Path(path_type=Path))
@json_option
def verify(edition: Path, as_json: bool) -> None:
    """Check that an edition is whole, unchanged, and leaks no label.

    Checksums, row counts, periods, and that public/ holds no label of a test row and no hidden
    column; on an organizer's copy also hidden/ and the commitment. Exits 1 if a check fails.

    Example: customs-kit data verify my-edition
    """
    from customs_data.edition.verification import verify_edition
    from customs_kit.terminal import print_json

    checks = verify_edition(edition)
    passed = all(check.passed for check in checks)
    if as_json:
        print_json(
            {
                "passed": passed,
                "checks": [
                    {"name": c.name, "passed": c.passed, "explanation": c.explanation}
                    for c in checks
                ],
            }
        )
    else:
        for check in checks:
            click.echo(
                f"{'ok    ' if check.passed else 'FAILED'}  {check.name}: {check.explanation}"
            )
        click.echo("The edition is sound." if passed else "The edition is NOT sound.")
    if not passed:
        raise SystemExit(1)


@data.command()
@click.argument("edition", type=click.Path(path_type=Path))
@json_option
def describe(edition: Path, as_json: bool) -> None:
    """Show what an edition holds: volumes, labels, codes, numbers and traders.

    Example: customs-kit data describe my-edition
    """
    from customs_data import load_edition
    from customs_data.edition.description import draw_summary, summarize_edition
    from customs_kit.terminal import print_json, show

    summary = summarize_edition(load_edition(edition))
    if as_json:
        print_json(summary)
    else:
        show(draw_summary(summary))
