"""`customs-kit submission send | status | leaderboard`: on Kaggle or a customs-kit leaderboard."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

import click

from customs_kit.commands.options import edition_option, edition_or_workspace, json_option

F = TypeVar("F", bound=Callable[..., Any])

_KAGGLE = "kaggle"
#: Fields that a narrow table leaves out; with --json they are always there.
_DETAILS = ("sha256", "n_bytes", "team_number", "selected", "late")
# Width of a time stamp, which is not broken.
_LEAST = 27


def where_options(command: F) -> F:
    """Add --to and --competition."""
    to = click.option(
        "--to",
        metavar="kaggle|URL",
        help="kaggle, or the address of a customs-kit leaderboard.  [default: `to` in your "
        "workspace's pyproject.toml]",
    )
    competition = click.option(
        "--competition",
        metavar="NAME",
        help="Name of the competition on Kaggle; needed with --to kaggle.  [default: `competition` "
        "in your workspace's pyproject.toml]",
    )
    return to(competition(command))


def _place(to: str | None, competition: str | None) -> tuple[str, str | None]:
    """Return --to and the name of the competition on Kaggle (None for other leaderboards).

    Both default to the workspace's pyproject.toml.
    """
    from customs_kit.workspace import find_workspace

    workspace = find_workspace() if to is None or to == _KAGGLE else None
    if to is None and (workspace is None or workspace.to is None):
        raise click.UsageError(
            "Give --to, or write it once into your workspace's pyproject.toml: "
            'to = "https://board.example" in [tool.customs-kit].'
        )
    if workspace is not None:
        to = to or workspace.to
        competition = competition or (workspace.competition if to == _KAGGLE else None)
    assert to is not None
    if to != _KAGGLE and competition is not None:
        raise click.UsageError("--competition goes with --to kaggle.")
    if to == _KAGGLE and competition is None:
        raise click.UsageError("--to kaggle needs --competition.")
    return to, competition


@click.command()
@click.argument("submission", metavar="FILE|RUN")
@where_options
@edition_option(required=False)
@click.option("--message", default="", help="Description of the submission (Kaggle).")
@click.option("--confirm", is_flag=True, help="Send it. By default the file is only checked.")
@json_option
def send(
    submission: str,
    to: str | None,
    competition: str | None,
    edition: Path | None,
    message: str,
    confirm: bool,
    as_json: bool,
) -> None:
    """Check a submission and, with --confirm, send it for your team.

    RUN is a run that `customs-kit baseline runs` lists. The submission is checked against
    --edition, by default that of your workspace; one that cannot be scored is never sent. A
    customs-kit leaderboard receives it as from `customs-kit leaderboard submit`.

    \b
    Examples:
      customs-kit submission send MyModel-seed0 --to https://board.example --confirm
      customs-kit submission send submission.csv --to kaggle --competition customs-2030 --confirm
    """
    from customs_data.edition.asked_rows import load_asked_rows
    from customs_kit.kept_runs import find_submission
    from customs_kit.terminal.output import print_json, say, warn
    from customs_scorer.submissions import read_submission
    from customs_scorer.ties import ties_of

    to, name = _place(to, competition)
    asked = load_asked_rows(edition_or_workspace(edition))
    file = find_submission(submission)
    answer = read_submission(file, asked.ids, task=asked.task)
    ties = ties_of(answer, asked.period, asked.task)
    if ties is not None and ties.warning and not as_json:
        warn(ties.warning)
    checked = {
        "file": str(file),
        "to": to,
        "sent": confirm,
        "n_declarations": len(answer),
        "ties": None if ties is None else ties.as_dict(),
    }
    if not confirm:
        if as_json:
            print_json(checked)
        else:
            say(f"{file} can be scored ({len(answer):,} declarations).")
            say("Not sent. Add --confirm to send it.")
        return
    if name is None:
        from customs_kit.commands.leaderboard.serve import send_to_board

        send_to_board(file, to, as_json=as_json)
        return
    from customs_kit.terminal.output import progress_console
    from customs_leaderboard.publishing.kaggle.client import connect
    from customs_leaderboard.publishing.kaggle.team import send_submission

    with progress_console().status("Sending to Kaggle ..."):
        receipt = send_submission(connect(), file, name, message)
    if as_json:
        print_json(checked | {"answer": receipt})
    else:
        say(receipt)


@click.command()
@where_options
@json_option
def status(to: str | None, competition: str | None, as_json: bool) -> None:
    """Show your team's submissions and their scores.

    \b
    Examples:
      customs-kit submission status
      customs-kit submission status --to kaggle --competition customs-2030
      customs-kit submission status --to https://board.example
    """
    from customs_kit.terminal.output import print_json

    to, name = _place(to, competition)
    if name is None:
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
def leaderboard(to: str | None, competition: str | None, out: Path | None, as_json: bool) -> None:
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
    to, name = _place(to, competition)
    if name is None:
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
    """Show a table with one column per field of the rows; details only where there is room."""
    from customs_kit.terminal.fitting import Column, fit_table
    from customs_kit.terminal.output import output_width, say, show

    if not rows:
        say(f"{title}: none yet.")
        return
    names = [name for name in rows[0] if not isinstance(rows[0][name], dict)]
    cells = {name: ["-" if row[name] is None else str(row[name]) for row in rows] for name in names}

    def columns(without: Collection[str]) -> list[Column]:
        return [
            Column(name.replace("_", " "), cells[name], wraps=True, least=_LEAST)
            for name in names
            if name not in without
        ]

    show(*fit_table(title, columns, _DETAILS, output_width()))
