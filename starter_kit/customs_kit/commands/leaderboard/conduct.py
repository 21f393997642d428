"""`customs-kit leaderboard standings | log | extend | close | reveal`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.leaderboard.options import (
    competition_argument,
    database_option,
    opened,
    opened_any,
)
from customs_kit.commands.options import json_option


@click.command()
@competition_argument
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV and nothing else.")
@database_option
@json_option
def standings(competition: Path, as_csv: bool, database_url: str | None, as_json: bool) -> None:
    """Show the standings: Ladder scores on Public, after the close the final scores.

    \b
    Examples:
      customs-kit leaderboard standings my-board
      customs-kit leaderboard standings my-board --csv
    """
    if as_csv and as_json:
        raise click.UsageError("Give --csv or --json, not both.")
    with opened(competition, database_url) as board:
        from customs_kit.terminal.leaderboard_tables import final_table, public_table
        from customs_kit.terminal.output import print_json, show
        from customs_leaderboard.standings.export import standings_table, to_csv
        from customs_leaderboard.standings.final import final_sha256, final_standings
        from customs_leaderboard.standings.public import public_standings

        finals, public = final_standings(board), public_standings(board)
        with board.database.reading() as session:
            sha256 = final_sha256(session)
        if as_csv:
            click.echo(to_csv(standings_table(board)), nl=False)
        elif as_json:
            print_json(
                public.as_dict()
                if finals is None
                else {**finals.as_dict(), "phase": public.phase, "sha256": sha256}
            )
        elif finals is None:
            metrics = board.judge.metrics
            show(public_table(board.competition.title, public, board.reference_scores, metrics))
        else:
            show(final_table(board.competition.title, finals, board.judge.metrics))
            click.echo(f"SHA-256 of these standings, also in the public log: {sha256}")


@click.command()
@competition_argument
@click.option("--kept", help="Hash noted earlier; check that the log still contains it.")
@click.option(
    "--tail", type=click.IntRange(min=1), help="Show only this many of the newest entries."
)
@click.option("--action", "actions", multiple=True, help="Show this action only; repeatable.")
@click.option(
    "--accept-clock",
    metavar="REASON",
    help="Accept a clock that was ahead and is right now; the public log shows the reason.",
)
@database_option
@json_option
def log(
    competition: Path,
    kept: str | None,
    tail: int | None,
    actions: tuple[str, ...],
    accept_clock: str | None,
    database_url: str | None,
    as_json: bool,
) -> None:
    """Verify the audit log from its beginning and show it; exits 1 if it was changed.

    The oldest entry is first, the newest last.

    \b
    Examples:
      customs-kit leaderboard log my-board --tail 20
      customs-kit leaderboard log my-board --action "deadline extended"
      customs-kit leaderboard log my-board --kept HASH --json
    """
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.leaderboard_tables import log_table
        from customs_kit.terminal.output import print_json, show
        from customs_leaderboard.store import audit_log

        if accept_clock is not None:
            with board.database.writing() as session:
                audit_log.accept_clock(board.database, session, accept_clock)
        with board.database.reading() as session:
            n_entries = audit_log.verify_chain(session, kept)
            head = audit_log.head_hash(session)
            entries = audit_log.read_entries(session, actions=actions or None, limit=tail)[::-1]
    if as_json:
        print_json([entry.as_dict() for entry in entries])
        return
    show(log_table(entries))
    click.echo(f"The log is intact: {n_entries:,} entries. Hash of the last: {head}")


@click.command()
@competition_argument
@click.option(
    "--closes",
    required=True,
    help="The new deadline, UTC: 2030-06-08 or with a time; or +2h, +3d after the current one.",
)
@click.option("--reason", default="", help="Reason, published with the new deadline.")
@database_option
@json_option
def extend(
    competition: Path, closes: str, reason: str, database_url: str | None, as_json: bool
) -> None:
    """Extend the deadline, and with it the last phase; the public log shows it.

    \b
    Examples:
      customs-kit leaderboard extend my-board --closes 2031-01-07 --reason "Server was down"
      customs-kit leaderboard extend my-board --closes +2h
    """
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.output import print_json
        from customs_leaderboard.rules.schedule import show_time
        from customs_leaderboard.standings.close import extend_deadline, parse_deadline

        moment = parse_deadline(board, closes)
        extend_deadline(board, moment, reason)
    if as_json:
        print_json({"closes": show_time(moment), "reason": reason})
    else:
        click.echo(f"The competition closes {show_time(moment)}.")


@click.command()
@competition_argument
@click.option("--early", is_flag=True, help="Close before the deadline; the public log shows it.")
@click.option(
    "--replicates",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Bootstrap replicates of intervals and rank ranges.",
)
@database_option
@json_option
def close(
    competition: Path, early: bool, replicates: int, database_url: str | None, as_json: bool
) -> None:
    """Close the competition, compute the final standings and publish them.

    Example: customs-kit leaderboard close my-board
    """
    with opened(competition, database_url) as board:
        from customs_kit.terminal.leaderboard_tables import final_table
        from customs_kit.terminal.output import print_json, progress_console, show
        from customs_leaderboard.standings.close import close_competition

        with progress_console().status("Computing the final standings ..."):
            finals = close_competition(board, early=early, n_replicates=replicates)
    if as_json:
        print_json(finals.as_dict())
    else:
        show(final_table(board.competition.title, finals, board.judge.metrics))
        click.echo(f"Next: customs-kit leaderboard reveal {competition}")


@click.command()
@competition_argument
@database_option
@json_option
def reveal(competition: Path, database_url: str | None, as_json: bool) -> None:
    """Publish secret, nonce and labels, so that anyone can check the commitment.

    The service offers the file from now on, and the evidence with which anyone can verify the
    standings: `customs-kit leaderboard verify --evidence`. Teams check the labels with `customs-kit
    data verify EDITION --revealed FILE`.

    Example: customs-kit leaderboard reveal my-board
    """
    with opened(competition, database_url) as board:
        from customs_kit.terminal.output import print_json
        from customs_leaderboard.standings.close import reveal_labels

        path, evidence = reveal_labels(board), board.folder.evidence_file
    if as_json:
        print_json({"file": str(path), "evidence": str(evidence)})
    else:
        edition = board.competition.edition
        click.echo(f"Revealed: {path}")
        click.echo(f"Evidence: {evidence}")
        click.echo(f"Check: customs-kit data verify {edition} --revealed {path}")
        click.echo(
            f"       customs-kit leaderboard verify --evidence {evidence} --edition {edition} "
            f"--revealed {path}"
        )
