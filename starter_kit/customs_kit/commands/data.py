"""`customs-kit data`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from customs_kit.commands.options import erasure_option, format_option, json_option

if TYPE_CHECKING:
    from customs_data.writing import FileFormat


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
@format_option
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
    file_format: FileFormat,
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
            file_format=file_format,
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
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option("--name", help="Name of the edition.  [default: that of the folder]")
@click.option("--rows", type=int, help="Declarations in all.  [default: the configuration's]")
@click.option("--seed", type=click.IntRange(min=0), help="Published seed: for practice.")
@click.option(
    "--secret-file",
    type=click.Path(path_type=Path),
    help="File of `customs-kit data secret`: for a competition.",
)
@click.option(
    "--label-rate",
    type=float,
    default=1.0,
    show_default=True,
    help="Share of the training declarations that keep a label, in (0, 1].",
)
@erasure_option
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("practice"),
    show_default=True,
    help="TOML file, or the name of a shipped configuration (practice, large).",
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    help="Calibration made by `customs-kit data profile`.  [default: of the public release]",
)
@format_option
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Pieces the rows are made in; the result does not depend on it.",
)
@click.option(
    "--without-links",
    is_flag=True,
    help="Ablation: rings use brokers and sellers like anybody else.",
)
@click.option(
    "--without-decoys", is_flag=True, help="Ablation: no honest clusters that look like rings."
)
@json_option
def generate(
    out: Path,
    name: str | None,
    rows: int | None,
    seed: int | None,
    secret_file: Path | None,
    label_rate: float,
    erasure: str,
    config: Path,
    profile: Path | None,
    file_format: FileFormat,
    workers: int,
    without_links: bool,
    without_decoys: bool,
    as_json: bool,
) -> None:
    """Simulate an edition from a published seed (practice) or a secret (competition).

    The same seed or secret, and the same configuration, give the same bytes. A secret file serves
    one edition.

    \b
    Examples:
      customs-kit data generate --seed 1 --out my-practice
      customs-kit data secret --out my-secret.json
      customs-kit data generate --secret-file my-secret.json --label-rate 0.1 \\
          --erasure inspection --out my-competition
    """
    if (seed is None) == (secret_file is None):
        raise click.UsageError("Give either --seed or --secret-file.")

    from customs_data.edition.generating import generate_edition, read_blueprint
    from customs_data.edition.secrets import mark_used, read_secret_file
    from customs_data.streams import secret_of_seed
    from customs_kit.terminal import print_json, progress_console

    blueprint = read_blueprint(
        config=config,
        profile=profile,
        n_declarations=rows,
        label_rate=label_rate,
        erasure=erasure,
        with_links=not without_links,
        with_decoys=not without_decoys,
    )
    secret = secret_of_seed(seed) if seed is not None else read_secret_file(_given(secret_file))
    with progress_console().status(f"Simulating {blueprint.n_declarations:,} declarations ..."):
        manifest = generate_edition(
            blueprint,
            secret,
            out,
            origin="secret" if seed is None else "published-seed",
            name=name,
            file_format=file_format,
            n_partitions=workers,
        )
    if secret_file is not None:
        mark_used(secret_file, manifest.name)
    summary = {
        "edition": str(out),
        "name": manifest.name,
        "origin": manifest.origin,
        "rows": manifest.rows,
        "label_rate": manifest.label_rate,
        "erasure": manifest.erasure,
        "commitment": manifest.commitment,
    }
    if as_json:
        print_json(summary)
        return
    for period, n_rows in manifest.rows.items():
        first, last = manifest.dates[period]
        click.echo(f"{period:>8}: {n_rows:>10,} declarations  {first} .. {last}")
    click.echo(
        f"  labels: rate {manifest.label_rate:g}, erasure {manifest.erasure}\n"
        f"  commitment: {manifest.commitment}\n"
        f"Made {out}: give public/ to the teams, keep hidden/ to yourself."
    )


def _given(path: Path | None) -> Path:
    assert path is not None
    return path


@data.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
def secret(out: Path) -> None:
    """Draw the secret of a competition: 256 random bits, readable by you only.

    Keep the file safe until the close: whoever has it can make the hidden labels.

    Example: customs-kit data secret --out my-secret.json
    """
    from customs_data.edition.secrets import make_secret_file

    make_secret_file(out)
    click.echo(f"Wrote {out}. It serves one edition; keep it as safe as the labels.")


@data.command()
@click.argument("edition", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
def reveal(edition: Path, out: Path) -> None:
    """Write secret, nonce and hidden labels to one file, to be published after the close.

    Example: customs-kit data reveal my-competition --out reveal.json.gz
    """
    from customs_data.edition.reveal import write_reveal

    write_reveal(edition, out)
    click.echo(f"Wrote {out}. Publish it after the close only: it holds every hidden label.")


@data.command()
@click.argument("source", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Cells with fewer declarations are left out.",
)
@click.option("--note", default="", help="Where the declarations are from, kept in the profile.")
def profile(source: tuple[Path, ...], out: Path, min_count: int, note: str) -> None:
    """Make a calibration profile: aggregated tables, never a row.

    SOURCE is one or more files of declarations.

    Example: customs-kit data profile declarations.csv --out my-profile.json.gz
    """
    import pandas as pd

    from customs_data.declarations import read_declarations
    from customs_data.errors import KitError
    from customs_data.profile import make_profile
    from customs_kit.terminal import progress_console

    with progress_console().status("Counting ..."):
        frame = pd.concat([read_declarations(path) for path in source], ignore_index=True)
        try:
            made = make_profile(frame, min_count, {"name": note} if note else {})
            made.save(out)
        except ValueError as error:
            raise KitError(f"A profile cannot be made of {source[0]}: {error}") from None
        except OSError as error:
            raise KitError(f"{out} cannot be written: {error.strerror}.") from None
    click.echo(f"Wrote {out}: {len(made.goods.hs6):,} kinds of goods and routes.")


@data.command()
@click.argument("edition", type=click.Path(path_type=Path))
@click.option(
    "--html", "page", type=click.Path(path_type=Path), help="Also write the report as a page."
)
@click.option(
    "--transfer/--no-transfer",
    default=True,
    show_default=True,
    help="For simulated editions: learn from ten other worlds (about two minutes).",
)
@json_option
def audit(edition: Path, page: Path | None, transfer: bool, as_json: bool) -> None:
    """Measure whether an edition can be looked up or leaks labels; exits 1 if a test fails.

    On an organizer's copy the private period is attacked, on a team's copy the last quarter of the
    training period. Simulated editions are also attacked with what other worlds of the same
    configuration teach.

    Example: customs-kit data audit my-edition
    """
    from customs_data import load_edition
    from customs_data.errors import KitError
    from customs_kit.tables import audit_table
    from customs_kit.terminal import print_json, progress_console, show
    from customs_scorer.audit.report import audit_edition

    loaded = load_edition(edition)
    more = []
    if transfer and loaded.manifest.origin != "import":
        from customs_baselines.transfer_audit import audit_transfer

        more.append(audit_transfer)
    with progress_console().status("Measuring ...") as status:
        report = audit_edition(
            loaded, more=more, on_test=lambda test: status.update(f"{test.name} done ...")
        )
    if page is not None:
        try:
            page.write_text(report.to_html(), encoding="utf-8")
        except OSError as error:
            raise KitError(f"{page} cannot be written: {error.strerror}.") from None
    if as_json:
        print_json(report.as_dict())
    else:
        show(audit_table(report))
        click.echo("The edition passes." if report.passed else "The edition FAILS the audit.")
    if not report.passed:
        raise SystemExit(1)


@data.command()
@click.argument("edition", type=click.Path(path_type=Path))
@click.option(
    "--revealed",
    type=click.Path(path_type=Path),
    help="File of `customs-kit data reveal`: check the commitment, and make the edition again.",
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    help="Calibration of the edition, if not the shipped one (with --revealed).",
)
@json_option
def verify(edition: Path, revealed: Path | None, profile: Path | None, as_json: bool) -> None:
    """Check that an edition is whole, unchanged, and leaks no label.

    Checksums, row counts, periods, and that public/ holds no label of a test row and no hidden
    column; on an organizer's copy also hidden/ and the commitment. After the close, --revealed
    checks what the organizer published against the commitment. Exits 1 if a check fails.

    \b
    Examples:
      customs-kit data verify my-edition
      customs-kit data verify my-edition --revealed reveal.json.gz
    """
    from customs_data.edition.verification import verify_edition
    from customs_kit.terminal import print_json

    checks = verify_edition(edition)
    if revealed is not None:
        from customs_data.edition.reveal import verify_reveal

        checks += verify_reveal(edition, revealed, profile)
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

    On an organizer's copy of a simulated edition also the ceiling (what the true fraud
    probabilities would score) and how many declarations of each scheme are labelled fraud.

    Example: customs-kit data describe my-edition
    """
    from customs_data import load_edition
    from customs_data.edition.description import draw_summary, summarize_edition
    from customs_kit.tables import ceiling_table
    from customs_kit.terminal import print_json, show
    from customs_scorer.ceiling import oracle_ceiling

    loaded = load_edition(edition)
    summary = summarize_edition(loaded)
    if loaded.layout.has_oracle:
        summary["hidden"] |= oracle_ceiling(loaded)
    if as_json:
        print_json(summary)
        return
    show(draw_summary(summary))
    if loaded.layout.has_oracle:
        show(ceiling_table(summary["hidden"]))
