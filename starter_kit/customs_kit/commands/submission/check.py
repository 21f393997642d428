"""`customs-kit submission check`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.options import edition_option, edition_or_workspace, json_option


@click.command()
@click.argument("submission", metavar="FILE|RUN")
@edition_option(required=False)
@json_option
def check(submission: str, edition: Path | None, as_json: bool) -> None:
    """Check a submission without hidden labels; one report lists every problem.

    FILE is CSV or gzipped CSV with the columns of sample_submission.csv and one row for each row of
    test.csv, in any order. RUN is a run that `customs-kit baseline runs` lists. --edition defaults
    to that of your workspace. Exits 1 if the submission cannot be scored. A warning names ties at
    the cut, which are valid: from a quarter of the opened declarations on, a lot decides too much.

    \b
    Examples:
      customs-kit submission check submission.csv --edition my-edition
      customs-kit submission check MyModel-seed0
    """
    from customs_data.edition.asked_rows import load_asked_rows
    from customs_kit.kept_runs import find_submission
    from customs_kit.terminal.output import print_json, say, warn
    from customs_scorer import check_submission
    from customs_scorer.ties import ties_of

    asked = load_asked_rows(edition_or_workspace(edition))
    file = find_submission(submission)
    checked = check_submission(file, asked.ids, task=asked.task)
    ties = ties_of(checked.answer, asked.period, asked.task) if checked.passed else None
    if as_json:
        problems = [problem.as_dict() for problem in checked.report.problems]
        print_json(
            {
                "file": str(file),
                "passed": checked.passed,
                "problems": problems,
                "ties": None if ties is None else ties.as_dict(),
            }
        )
    elif checked.passed:
        say(f"{file} can be scored: {len(checked.answer):,} declarations.")
        if ties is not None and ties.warning:
            warn(ties.warning)
    else:
        say(str(checked.report), err=True)
    if not checked.passed:
        raise SystemExit(1)
