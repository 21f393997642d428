"""`customs-kit score`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.options import edition_option, json_option


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@edition_option(required=True)
@click.option(
    "--replicates",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    help="Bootstrap replicates of the 95 % intervals; 0 leaves them out.",
)
@click.option(
    "--errors",
    type=click.Path(path_type=Path),
    help="Folder for errors.html and errors.json: the submissions' errors by chapter, origin, "
    "office, month and scheme.",
)
@click.option(
    "--revenue",
    is_flag=True,
    help="Also show the share of the evaded duty that is recovered (simulated editions).",
)
@json_option
def score(
    files: tuple[Path, ...],
    edition: Path,
    replicates: int,
    errors: Path | None,
    revenue: bool,
    as_json: bool,
) -> None:
    """Score submissions against hidden labels (organizers).

    Best first: by the ranking metrics on Private (fraud: precision@5 %, then precision@10 %), then
    in the order of FILES, so name earlier submissions first.

    \b
    Examples:
      customs-kit score submission.csv --edition my-edition
      customs-kit score team-*.csv --edition my-edition --json
      customs-kit score team-*.csv --edition my-edition --revenue
      customs-kit score team-*.csv --edition my-edition --errors errors
    """
    from customs_data import load_edition
    from customs_data.errors import KitError
    from customs_kit.terminal.error_files import ERROR_RATE, write_errors
    from customs_kit.terminal.output import (
        output_width,
        print_json,
        progress_console,
        say,
        show,
        warn,
    )
    from customs_kit.terminal.revenue_table import revenue_table
    from customs_kit.terminal.run_tables import standings_table
    from customs_kit.terminal.scorecard_table import scorecard_table
    from customs_scorer.mistakes.of_files import errors_of_files, name_files
    from customs_scorer.ranking import score_files
    from customs_scorer.yardsticks import make_reference

    with progress_console().status("Scoring ..."):
        loaded = load_edition(edition)
        if errors is not None:
            loaded.task.require_one_label("The error analysis (--errors)")
        if not loaded.layout.has_hidden:
            raise KitError(
                f"{edition} has no hidden labels; they are the organizer's. Validate on training "
                "labels: customs-kit baseline run my_model.py:MyModel --validate"
            )
        standings = score_files(list(files), loaded, n_replicates=replicates, with_revenue=revenue)
        reference = make_reference(loaded)
    if as_json:
        print_json([{**standing.as_dict(), **reference.as_dict()} for standing in standings])
    else:
        if len(standings) == 1:
            show(*scorecard_table(standings[0], reference))
        else:
            show(*standings_table(standings, reference, output_width()))
        if revenue:
            show(*revenue_table(standings))
        for standing in standings:
            if standing.ties is not None and standing.ties.warning:
                warn(f"{standing.file} has {standing.ties.warning}")
    if errors is not None:  # last, so that a failure here cannot hide the scores
        with progress_console().status("Analysing errors ..."):
            analysis, source = errors_of_files(name_files(files), loaded, ERROR_RATE)
            page = write_errors(analysis, errors, title="Where submissions err", source=source)
        if not as_json:
            say(f"Error analysis: {page}")
