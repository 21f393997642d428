"""`customs-kit submission send | status | leaderboard`: on Kaggle or a customs-kit leaderboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from customs_kit.commands.options import edition_option, edition_or_workspace, json_option

F = TypeVar("F", bound=Callable[..., Any])

_KAGGLE = "kaggle"


def where_options(command: F) -> F:
    """Add --to and --competition."""
    to = click.option(
        "--to",
        required=True,
        metavar="kaggle|URL",
        help="kaggle, or the address of a customs-kit leaderboard.",
    )
    competition = click.option(
        "--competition",
        metavar="NAME",
        help="Name of the competition on Kaggle; required with --to kaggle.",
    )
    return to(competition(command))


def _on_kaggle(to: str, competition: str | None) -> str | None:
    """Return the name of the competition on Kaggle, or None for a customs-kit leaderboard."""
    if to != _KAGGLE:
        if competition is not None:
            raise click.UsageError("--competition goes with --to kaggle.")
        return None
    if competition is None:
        raise click.UsageError("--to kaggle needs --competition.")
    return competition


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@where_options
@edition_option(required=False)
@click.option("--message", default="", help="Description of the submission (Kaggle).")
@click.option("--confirm", is_flag=True, help="Send it. By default the file is only checked.")
@json_option
def send(
    file: Path,
    to: str,
    competition: str | None,
    edition: Path | None,
    message: str,
    confirm: bool,
    as_json: bool,
) -> None:
    """Check FILE and, with --confirm, send it for your team.

    The file is checked against --edition, by default that of your workspace; a file that cannot be
    scored is never sent. A customs-kit leaderboard receives it as from `customs-kit leaderboard
    submit`.

    \b
    Examples:
      customs-kit submission send submission.csv --to kaggle --competition customs-2030 --confirm
      customs-kit submission send submission.csv --to https://board.example --confirm
    """
    from customs_data.edition.loading import load_test_ids
    from customs_kit.terminal.output import print_json
    from customs_scorer.submissions import read_submission

    name = _on_kaggle(to, competition)
    ids, task = load_test_ids(edition_or_workspace(edition))
    n = len(read_submission(file, ids, task=task))
    if not confirm:
        if as_json:
            print_json({"file": str(file), "to": to, "sent": False, "n_declarations": n})
        else:
            click.echo(f"{file} can be scored ({n:,} declarations).")
            click.echo("Not sent. Add --confirm to send it.")
        return
    if name is None:
        from customs_kit.commands.leaderboard.serve import send_to_board

        send_to_board(file, to, as_json=as_json)
        return
    from customs_kit.terminal.output import progress_console
    from customs_leaderboard.publishing.kaggle.client import connect
    from customs_leaderboard.publishing.kaggle.team import send_submission

    with progress_console().status("Sending to Kaggle ..."):
        answer = send_submission(connect(), file, name, message)
    if as_json:
        print_json({"file": str(file), "to": to, "sent": True, "answer": answer})
    else:
        click.echo(answer)


@click.command()
@where_options
@json_option
def status(to: str, competition: str | None, as_json: bool) -> None:
    """Show your team's submissions and their scores.

    \b
    Examples:
      customs-kit submission status --to kaggle --competition customs-2030
      customs-kit submission status --to https://board.example
    """
    from customs_kit.terminal.output import print_json

    if (name := _on_kaggle(to, competition)) is None:
        from customs_kit.commands.leaderboard.serve import team_client

        with team_client(to) as client:
            rows: list[dict[str, Any]] = client.team()["submissions"]
    else:
        from customs_leaderboard.publishing.kaggle.client import connect
        from customs_leaderboard.publishing.kaggle.team import list_submissions

        rows = list_submissions(connect(), name)
    if as_json:
        print_json(rows)
    else:
        _show(rows, "Submissions")


@click.command()
@where_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File for the whole leaderboard: CSV from Kaggle, JSON from a customs-kit leaderboard.",
)
@json_option
def leaderboard(to: str, competition: str | None, out: Path | None, as_json: bool) -> None:
    """Show or download the leaderboard.

    \b
    Examples:
      customs-kit submission leaderboard --to kaggle --competition customs-2030
      customs-kit submission leaderboard --to kaggle --competition customs-2030 --out board.csv
      customs-kit submission leaderboard --to https://board.example
    """
    import json

    from customs_data.files.atomic import write_atomically
    from customs_kit.terminal.output import print_json

    content: bytes | None = None
    if (name := _on_kaggle(to, competition)) is None:
        from customs_kit.commands.leaderboard.serve import team_client

        with team_client(to) as client:
            standings = client.standings()
        rows: list[dict[str, Any]] = standings["rows"]
        content = (json.dumps(standings, indent=2) + "\n").encode()
    else:
        from customs_leaderboard.publishing.kaggle.client import connect
        from customs_leaderboard.publishing.kaggle.team import (
            download_leaderboard,
            view_leaderboard,
        )

        service = connect()
        rows = view_leaderboard(service, name)
        if out is not None:
            content = download_leaderboard(service, name)
    if out is not None and content is not None:
        write_atomically(out, content)
    if as_json:
        print_json(rows)
    else:
        _show(rows, "Leaderboard")


def _show(rows: list[dict[str, Any]], title: str) -> None:
    """Show a table with one column per field of the rows."""
    from rich.table import Table
    from rich.text import Text

    from customs_kit.terminal.output import show

    table = Table(title=title, title_justify="left")
    names = [name for name in (rows[0] if rows else {}) if not isinstance(rows[0][name], dict)]
    for name in names:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text("-" if row[name] is None else str(row[name])) for name in names))
    show(table)
