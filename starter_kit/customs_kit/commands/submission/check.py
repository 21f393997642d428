"""`customs-kit submission check`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.options import edition_option, edition_or_workspace, json_option


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@edition_option(required=False)
@json_option
def check(file: Path, edition: Path | None, as_json: bool) -> None:
    """Check a submission without hidden labels; one report lists every problem.

    FILE is CSV or gzipped CSV with the columns of sample_submission.csv and one row for each row of
    test.csv, in any order. --edition defaults to that of your workspace. Exits 1 if the file cannot
    be scored.

    Example: customs-kit submission check submission.csv --edition my-edition
    """
    from customs_data.edition.loading import load_test_ids
    from customs_kit.terminal.output import print_json
    from customs_scorer import check_submission

    ids, task = load_test_ids(edition_or_workspace(edition))
    checked = check_submission(file, ids, task=task)
    if as_json:
        problems = [problem.as_dict() for problem in checked.report.problems]
        print_json({"file": str(file), "passed": checked.passed, "problems": problems})
    elif checked.passed:
        click.echo(f"{file} can be scored: {len(checked.answer):,} declarations.")
    else:
        click.echo(str(checked.report), err=True)
    if not checked.passed:
        raise SystemExit(1)
