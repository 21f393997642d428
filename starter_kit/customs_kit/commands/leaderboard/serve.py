"""`customs-kit leaderboard serve | submit`: server and client."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from customs_kit.commands.leaderboard.options import (
    competition_argument,
    database_option,
    opened_any,
    require_extra,
    url_option,
)
from customs_kit.commands.options import FiniteRange, json_option

if TYPE_CHECKING:
    from rich.table import Table

    from customs_leaderboard.client import LeaderboardClient

# Copies of the names in `customs_leaderboard`, so that --help loads nothing.
_TOKEN_VARIABLE = "CUSTOMS_KIT_TOKEN"  # noqa: S105


@click.command()
@competition_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 for a free one.",
)
@database_option
@click.option(
    "--forwarded-allow-ips",
    default="",
    metavar="LIST",
    help=(
        "IP addresses or networks of your reverse proxies, comma-separated; their "
        "X-Forwarded-For is trusted."
    ),
)
@click.option(
    "--public-url",
    metavar="URL",
    help="Address of the site, for the commands that its pages show.",
)
@click.option(
    "--requests-per-second",
    type=FiniteRange(min=0, min_open=True),
    default=50,
    show_default=True,
    help="Average requests of a team, or of a client address without a valid token.",
)
@click.option(
    "--connections-per-client",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Simultaneous connections of a client address or team; proxies have no limit.",
)
def serve(
    competition: Path,
    host: str,
    port: int,
    database_url: str | None,
    forwarded_allow_ips: str,
    public_url: str | None,
    requests_per_second: float,
    connections_per_client: int,
) -> None:
    """Serve the COMPETITION: its pages, API and the public files of its edition.

    Logs each request as a line of JSON on standard error, without tokens. On SIGTERM, SIGHUP or
    Ctrl+C it answers the current requests and ends.

    \b
    Examples:
      customs-kit leaderboard serve my-board
      customs-kit leaderboard serve my-board --public-url https://board.example \\
          --forwarded-allow-ips 127.0.0.1
    """
    with opened_any(competition, database_url) as board:
        from customs_leaderboard.service.serving import Address, serve
        from customs_leaderboard.service.settings import ServiceSettings

        serve(
            board,
            Address(host, port, forwarded_allow_ips),
            ServiceSettings(
                requests_per_second=requests_per_second,
                n_connections_each=connections_per_client,
                public_url=public_url,
            ),
            lambda url: click.echo(f"{board.competition.title}: {url} (Ctrl+C ends it)"),
        )


@click.command()
@click.argument("submission", metavar="FILE|RUN")
@url_option
@click.option("--note", default="", help="What this file is; only your team sees it.")
@json_option
def submit(submission: str, url: str, note: str, as_json: bool) -> None:
    """Send a submission for your team and print the receipt.

    FILE is CSV or CSV.gz; RUN is a run that `customs-kit baseline runs` lists.
    The team's token is read from the environment variable CUSTOMS_KIT_TOKEN or asked for. It is not
    an option, because other users of a computer can read the options of running commands. The same
    scores sent twice count once.

    \b
    Examples:
      customs-kit leaderboard submit submission.csv --url https://board.example
      customs-kit leaderboard submit submission.csv --url https://board.example --note deeper
    """
    require_extra()
    from customs_kit.kept_runs import find_submission

    send_to_board(find_submission(submission), url, note=note, as_json=as_json)


def send_to_board(file: Path, url: str, *, note: str = "", as_json: bool) -> None:
    """Send a file to a customs-kit leaderboard and print the receipt."""
    from customs_kit.terminal.output import print_json, show

    with team_client(url) as client:
        receipt = _send(client, file, note)
    if as_json:
        print_json(receipt)
    else:
        show(_receipt_table(receipt))


def team_client(url: str) -> LeaderboardClient:
    """Return a client with the team's token, from the environment or asked for."""
    require_extra()
    from customs_leaderboard.client import LeaderboardClient

    return LeaderboardClient(url, team_token(url))


def team_token(url: str) -> str:
    """Return the team's token, from the environment or asked for."""
    from customs_leaderboard.client import check_url, is_readable_on_the_way

    if is_readable_on_the_way(check_url(url)):
        click.echo("Warning: without https, others on the network can read your token.", err=True)
    token = os.environ.get(_TOKEN_VARIABLE) or click.prompt(
        "Token of your team", hide_input=True, err=True
    )
    return str(token).strip()


def _send(client: LeaderboardClient, file: Path, note: str) -> dict[str, Any]:
    """Send a file with a progress bar on terminals."""
    from rich.progress import BarColumn, DownloadColumn, TextColumn

    from customs_kit.terminal.output import progress_bars

    with progress_bars(TextColumn("Sending"), BarColumn(), DownloadColumn()) as progress:
        task = progress.add_task("Sending", total=None)
        receipt: dict[str, Any] = client.submit(
            file, lambda sent, total: progress.update(task, completed=sent, total=total), note=note
        )
    return receipt


def _receipt_table(receipt: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title=f"Submission {receipt['number']}", show_header=False, title_justify="left")
    if receipt["duplicate"]:
        result = "sent before: not counted again"
    elif receipt["late"]:
        result = "accepted after the deadline: not ranked"
    else:
        result = "accepted, with a better public score" if receipt["improved"] else "accepted"
    table.add_row("result", result)
    table.add_row("received", receipt["received_at"])
    table.add_row("SHA-256", receipt["sha256"])
    if receipt["shown"] is not None:
        table.add_row("public score on the board", f"{receipt['shown']:g}")
    until = f"until {receipt['resets_at']}" if receipt["resets_at"] else "in this competition"
    table.add_row("submissions left", f"{receipt['n_left_today']} {until}")
    if receipt["remark"]:
        table.add_row("remark", receipt["remark"])
    return table
