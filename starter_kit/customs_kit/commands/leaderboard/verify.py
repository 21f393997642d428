"""`customs-kit leaderboard verify`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from customs_kit.commands.leaderboard.options import database_option, opened, require_extra
from customs_kit.commands.options import json_option

if TYPE_CHECKING:
    from customs_leaderboard.verification.report import Report
    from customs_leaderboard.verification.verify import Progress, Scope


@click.command()
@click.argument("competition", required=False, type=click.Path(path_type=Path))
@click.option("--kept", help="Hash noted earlier; check that the log still contains it.")
@click.option("--quick", is_flag=True, help="Do not score the files again.")
@click.option(
    "--evidence",
    type=click.Path(path_type=Path),
    help="The published evidence.zip, instead of COMPETITION.",
)
@click.option(
    "--edition",
    type=click.Path(path_type=Path),
    help="With --evidence: your copy of the edition.",
)
@click.option(
    "--revealed",
    type=click.Path(path_type=Path),
    help="With --evidence: the published reveal.json.gz.",
)
@database_option
@json_option
def verify(
    competition: Path | None,
    kept: str | None,
    quick: bool,
    evidence: Path | None,
    edition: Path | None,
    revealed: Path | None,
    database_url: str | None,
    as_json: bool,
) -> None:
    """Compare files, scores, Ladder, selections and standings with the log and the labels.

    Each line of the result names one thing that is wrong; then the exit status is 1. The
    COMPETITION may be running. After the reveal anyone can check the published evidence instead.

    \b
    Examples:
      customs-kit leaderboard verify my-board --kept HASH
      customs-kit leaderboard verify --evidence evidence.zip --edition my-edition \\
        --revealed reveal.json.gz
    """
    require_extra()
    published = (evidence, edition, revealed)
    if (competition is None) == (evidence is None):
        raise click.UsageError("Give COMPETITION or --evidence.")
    if any(path is None for path in published) != all(path is None for path in published):
        raise click.UsageError("--evidence, --edition and --revealed go together.")
    from customs_kit.terminal.output import progress_bar
    from customs_leaderboard.verification.verify import Scope, verify_board

    with ExitStack() as stack:

        def progress(total: int) -> Callable[[int], None]:
            return stack.enter_context(progress_bar("Scoring again", total, "files"))

        scope = Scope(kept, quick)
        if competition is not None:
            with opened(competition, database_url) as board:
                report = verify_board(board, scope, progress)
        else:
            report = _verify_published(published, scope, progress)
    end_with(report, as_json=as_json)


def _verify_published(
    published: tuple[Path | None, ...], scope: Scope, progress: Progress
) -> Report:
    from customs_leaderboard.verification.published import verify_evidence

    evidence, edition, revealed = published
    assert evidence is not None
    assert edition is not None
    assert revealed is not None
    return verify_evidence(evidence, edition, revealed, scope, progress)


def end_with(report: Report, *, as_json: bool) -> None:
    """Print a report, and exit with 1 if a check failed."""
    from customs_kit.terminal.output import print_json

    if as_json:
        print_json(report.as_dict())
    else:
        _show(report)
    if not report.passed:
        raise SystemExit(1)


def _show(report: Report) -> None:
    """Print a line per check, with what is wrong below it."""
    for check in report.checks:
        click.echo(f"{'ok    ' if check.passed else 'FAILED'}  {check.name}: {check.explanation}")
        for finding in check.findings:
            click.echo(f"        {finding}")
    for sentence in report.unproved:
        click.echo(f"not proved: {sentence}")
    n = len(report.findings)
    click.echo("All checks passed." if report.passed else f"{n:,} finding{'' if n == 1 else 's'}.")
