"""`customs-kit data fidelity`: how closely a synthetic table resembles its source."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.options import json_option


@click.command()
@click.argument("source")
@click.argument("synthetic")
@click.option(
    "--rows", type=click.IntRange(min=2), help="Declarations to compare per side, at most."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True,
              help="Seed of sampling, folds and half-splits.")  # fmt: skip
@click.option(
    "--held-out",
    help="Declarations like SOURCE that the generator was not fitted to, for membership inference.",
)
@click.option(
    "--html", "page", type=click.Path(path_type=Path), help="Also write the report as a page."
)
@json_option
def fidelity(
    source: str,
    synthetic: str,
    rows: int | None,
    seed: int,
    held_out: str | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Compare synthetic declarations with their source.

    SOURCE and SYNTHETIC are each a file of declarations (CSV, CSV.gz, Parquet; labels may be
    missing), several files separated by commas, a folder of files, or an edition.

    Prints the eight metrics of the paper's Table 2 at equal n, beside a half-split reference: what
    a table as good as the source itself scores, from ten random pairs of samples of the source. A
    score within its spread is as good as can be told; a table fitted to the very rows that judge it
    can score more. Then what Table 2 cannot measure: whether boosted trees can tell the two apart
    and by which columns, valid and copied combinations, histories of traders, information about
    labels, look-ups, training on synthetic declarations, and privacy.

    \b
    Examples:
      customs-kit data fidelity train.csv synthetic.csv
      customs-kit data fidelity train.csv my-edition --html fidelity.html
      customs-kit data fidelity jan.csv,feb.csv my-edition --rows 10000 --json
    """
    from customs_data.fidelity.measure import measure_fidelity
    from customs_data.fidelity.sides import read_side
    from customs_kit.terminal.fidelity_tables import judges_table, quality_table, sentences_of
    from customs_kit.terminal.output import print_json, progress_console, show
    from customs_scorer.fidelity_judges import JUDGES

    with progress_console().status("Reading declarations ...") as status:
        sides = [read_side(text) for text in (source, synthetic)]
        unseen = None if held_out is None else read_side(held_out)
        report = measure_fidelity(
            sides[0],
            sides[1],
            rows=rows,
            seed=seed,
            held_out=unseen,
            more=JUDGES,
            on_step=lambda step: status.update(f"Measuring: {step} ..."),
        )
        if page is not None:
            from customs_data.fidelity.page.page import fidelity_page
            from customs_data.files.atomic import write_atomically

            status.update("Drawing ...")
            write_atomically(page, fidelity_page(report))
    if as_json:
        print_json(report.as_dict())
        return
    show(quality_table(report), judges_table(report), *sentences_of(report))
