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
@json_option
def score(
    files: tuple[Path, ...], edition: Path, replicates: int, errors: Path | None, as_json: bool
) -> None:
    """Score submissions against hidden labels (organizers).

    Best first: by the ranking metrics on Private (fraud: precision@5 %, then precision@10 %), then
    in the order of FILES, so name earlier submissions first.

    \b
    Examples:
      customs-kit score submission.csv --edition my-edition
      customs-kit score team-*.csv --edition my-edition --json
      customs-kit score team-*.csv --edition my-edition --errors errors
    """
    from customs_data import load_edition
    from customs_kit.terminal.error_files import ERROR_RATE, write_errors
    from customs_kit.terminal.output import print_json, progress_console, show
    from customs_kit.terminal.score_tables import reference_line, scorecard_table, standings_table
    from customs_scorer.mistakes.of_files import errors_of_files
    from customs_scorer.ranking import score_files
    from customs_scorer.yardsticks import make_reference

    with progress_console().status("Scoring ..."):
        loaded = load_edition(edition)
        standings = score_files(list(files), loaded, n_replicates=replicates)
        reference = make_reference(loaded)
    if as_json:
        print_json([{**standing.as_dict(), **reference.as_dict()} for standing in standings])
    else:
        one = len(standings) == 1
        table = scorecard_table(standings[0]) if one else standings_table(standings)
        show(table, reference_line(reference))
    if errors is not None:  # last, so that a failure here cannot hide the scores
        with progress_console().status("Analysing errors ..."):
            analysis, source = errors_of_files({str(f): f for f in files}, loaded, ERROR_RATE)
            page = write_errors(analysis, errors, title="Where submissions err", source=source)
        if not as_json:
            click.echo(f"Error analysis: {page}")
