"""`customs-kit leaderboard export | backup | restore`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.leaderboard.options import (
    competition_argument,
    database_option,
    opened,
    opened_any,
    require_extra,
)
from customs_kit.commands.options import json_option


@click.command()
@competition_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="New file: .csv or .json for the standings, .zip with --team.",
)
@click.option("--team", help="Pack this team's selected submissions, for comparing a re-run.")
@click.option(
    "--compare",
    type=click.Path(path_type=Path),
    help="With --team: compare this file, the output of a re-run of the team's model.",
)
@click.option(
    "--submission",
    type=int,
    help="With --compare: number of the submission.  [default: the one the team is ranked on]",
)
@database_option
@json_option
def export(
    competition: Path,
    out: Path | None,
    team: str | None,
    compare: Path | None,
    submission: int | None,
    database_url: str | None,
    as_json: bool,
) -> None:
    """Write the standings to a file, or check a team by re-running its model.

    \b
    Examples:
      customs-kit leaderboard export my-board --out standings.csv
      customs-kit leaderboard export my-board --team "Team A" --out team-a.zip
      customs-kit leaderboard export my-board --team "Team A" --compare again.csv
    """
    if (out is None) == (compare is None) or (compare is not None and team is None):
        raise click.UsageError("Give --out, or --team and --compare.")
    if submission is not None and compare is None:
        raise click.UsageError("--submission goes with --compare.")
    with opened(competition, database_url) as board:
        from customs_kit.terminal.leaderboard_tables import agreement_table
        from customs_kit.terminal.output import print_json, show
        from customs_leaderboard.standings.export import export_standings, export_team
        from customs_leaderboard.standings.rerun import compare_rerun, ranked_submission

        if compare is not None and team is not None:
            number = ranked_submission(board, team, submission)
            agreement = compare_rerun(board, number, compare)
            if as_json:
                print_json(agreement.as_dict())
            else:
                show(agreement_table(agreement, board.metrics))
            return
        assert out is not None
        numbers: list[int] = []
        if team is None:
            export_standings(board, out)
        else:
            numbers = export_team(board, team, out)
    if as_json:
        print_json({"file": str(out)} | ({} if team is None else {"submissions": numbers}))
    else:
        what = "the standings" if team is None else f"submissions {', '.join(map(str, numbers))}"
        click.echo(f"Wrote {what} to {out}.")


@click.command()
@competition_argument
@click.argument("file", type=click.Path(path_type=Path))
@database_option
@json_option
def backup(competition: Path, file: Path, database_url: str | None, as_json: bool) -> None:
    """Write the competition to FILE (.tar or .tar.gz); the service may be running.

    The file contains exact scores, and the master secret of a competition of seasons: keep it as
    safe as the labels. It does not contain the edition.

    Example: customs-kit leaderboard backup my-board backup.tar.gz
    """
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.output import print_json, progress_console
        from customs_leaderboard.store.backup import write_backup

        with progress_console().status("Writing the backup ..."):
            counts = write_backup(board, file)
    if as_json:
        print_json({"file": str(file), **counts})
    else:
        click.echo(
            f"Wrote {_counted(counts['team'], 'team')}, "
            f"{_counted(counts['submission'], 'submission')} and "
            f"{_counted(counts['audit_entry'], 'audit log entry', 'audit log entries')} to {file}."
        )


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option(
    "--edition",
    type=click.Path(path_type=Path),
    help="Folder of the organizer's copy of the edition, if it was moved.",
)
@database_option
@json_option
def restore(
    file: Path, out: Path, edition: Path | None, database_url: str | None, as_json: bool
) -> None:
    """Restore a competition from FILE into a new folder and an empty database.

    Verifies checksums and the audit log; overwrites nothing.

    Example: customs-kit leaderboard restore backup.tar.gz --out restored-board
    """
    require_extra()
    from customs_kit.terminal.output import print_json, progress_console
    from customs_leaderboard.store.restore import restore_backup
    from customs_leaderboard.teams.teams import list_teams

    with progress_console().status("Restoring ..."):
        board = restore_backup(file, out, edition=edition, database_url=database_url)
    try:
        teams = list_teams(board)
    finally:
        board.close_connections()
    n_submissions = sum(team.n_submissions for team in teams)
    if as_json:
        print_json({"folder": str(out), "teams": len(teams), "submissions": n_submissions})
    else:
        click.echo(
            f"Restored {board.competition.title} to {out}: {_counted(len(teams), 'team')} with "
            f"{_counted(n_submissions, 'ranked submission')}."
        )


def _counted(n: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: 1 team, 2 teams."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"
