"""`customs-kit data generate | secret | reveal`: commands of organizers."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from customs_kit.commands.options import (
    cluster_options,
    edition_format_option,
    erasure_option,
    json_option,
    name_option,
    task_option,
)

if TYPE_CHECKING:
    from customs_data.edition.writing.tables import EditionFormat


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@name_option
@task_option
@click.option("--rows", type=int, help="Number of declarations.  [default: as configured]")
@click.option("--seed", type=click.IntRange(min=0), help="Published seed, for practice.")
@click.option(
    "--secret-file",
    type=click.Path(path_type=Path),
    help="File of `customs-kit data secret`, for a competition.",
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
    help="TOML file, or the name of a shipped configuration (practice, national, shifting, "
    "networks, decade).  [default: that of the task]",
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    help="Calibration made by `customs-kit data profile`.  [default: the public release's]",
)
@edition_format_option
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes that simulate and write months; the result does not depend on it.",
)
@cluster_options
@click.option(
    "--without-links",
    is_flag=True,
    help="Ablation: rings use declarants and sellers like honest traders.",
)
@click.option(
    "--without-decoys", is_flag=True, help="Ablation: no honest clusters that resemble rings."
)
@json_option
def generate(
    out: Path,
    name: str | None,
    task: str,
    rows: int | None,
    seed: int | None,
    secret_file: Path | None,
    label_rate: float,
    erasure: str,
    config: Path | None,
    profile: Path | None,
    file_format: EditionFormat,
    workers: int,
    cluster: str | None,
    insecure: bool,
    without_links: bool,
    without_decoys: bool,
    as_json: bool,
) -> None:
    """Simulate an edition from a published seed (practice) or a secret (competition).

    The same seed or secret and the same configuration give the same bytes. A secret file serves one
    edition.

    \b
    Examples:
      customs-kit data generate --seed 1 --out my-practice
      customs-kit data secret --out my-secret.json
      customs-kit data generate --secret-file my-secret.json --label-rate 0.1 \\
          --erasure inspection --out my-competition
      customs-kit data generate --seed 1 --config national --rows 24700000 --format parts \\
          --workers 4 --out my-nation
    """
    if cluster is not None and workers != 1:
        raise click.UsageError("Give either --workers or --cluster.")
    if (seed is None) == (secret_file is None):
        raise click.UsageError("Give either --seed or --secret-file.")

    from customs_data.edition.generating import generate_edition, read_blueprint
    from customs_data.edition.secrets import used_for
    from customs_data.keyed_random import secret_of_seed
    from customs_kit.commands.data.edition_report import report_edition
    from customs_kit.commands.executors import open_executor
    from customs_kit.terminal.output import progress_bar

    blueprint = read_blueprint(
        config=config,
        profile=profile,
        n_declarations=rows,
        task=task,
        label_rate=label_rate,
        erasure=erasure,
        with_links=not without_links,
        with_decoys=not without_decoys,
    )
    executors = open_executor(workers, cluster, out, secret=seed is None, insecure=insecure)
    source: AbstractContextManager[bytes]
    if secret_file is not None:
        source = used_for(secret_file, name or out.name)
    else:
        assert seed is not None
        source = nullcontext(secret_of_seed(seed))
    with (
        executors as executor,  # first, for a secret is marked only if the cluster can be used
        source as secret,
        progress_bar("Simulating", blueprint.n_declarations) as advance,
    ):
        manifest = generate_edition(
            blueprint,
            secret,
            out,
            origin="secret" if seed is None else "published-seed",
            seed=seed,
            name=name,
            file_format=file_format,
            executor=executor,
            on_rows=advance,
        )
    report_edition(out, manifest, as_json=as_json)


def _report_file(as_json: bool, out: Path, sentence: str) -> None:
    from customs_kit.terminal.output import print_json

    if as_json:
        print_json({"file": str(out)})
    else:
        click.echo(sentence)


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
@json_option
def secret(out: Path, as_json: bool) -> None:
    """Draw the secret of a competition: 256 random bits, readable by you only.

    Keep the file safe until the close, because anyone who has it can make the hidden labels. It is
    marked when an edition is made from it. Make no copy: a copy would not be marked.

    Example: customs-kit data secret --out my-secret.json
    """
    from customs_data.edition.secrets import make_secret_file

    make_secret_file(out)
    _report_file(
        as_json, out, f"Wrote {out}. It serves one edition; keep it as safe as the labels."
    )


@click.command()
@click.argument("edition", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
@json_option
def reveal(edition: Path, out: Path, as_json: bool) -> None:
    """Write secret, nonce and hidden labels to one file, to publish after the close.

    Example: customs-kit data reveal my-competition --out reveal.json.gz
    """
    from customs_data.edition.reveal import write_reveal

    write_reveal(edition, out)
    _report_file(
        as_json,
        out,
        f"Wrote {out}. It contains every hidden label: publish it only after the close.",
    )
