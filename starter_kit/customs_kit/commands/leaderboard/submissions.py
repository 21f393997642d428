"""`customs-kit leaderboard submissions`: a team's own submissions, their notes and files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from customs_kit.commands.leaderboard.options import url_option
from customs_kit.commands.options import json_option

if TYPE_CHECKING:
    from rich.table import Table


@click.command()
@url_option
@click.option("--note", type=(int, str), metavar="NUMBER TEXT", help="Replace a note first.")
@click.option("--download", type=int, metavar="NUMBER", help="Write the file of a submission.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Name of the downloaded file; by default submission-NUMBER.csv or .csv.gz.",
)
@json_option
def submissions(
    url: str, note: tuple[int, str] | None, download: int | None, out: Path | None, as_json: bool
) -> None:
    """List your team's submissions with their notes, or download one as it was sent.

    Only your team sees notes and files. The token is read as by `leaderboard submit`.

    \b
    Examples:
      customs-kit leaderboard submissions --url https://board.example
      customs-kit leaderboard submissions --url https://board.example --note 7 "deeper trees"
      customs-kit leaderboard submissions --url https://board.example --download 7 --out best.csv
    """
    from customs_data.files.atomic import write_atomically
    from customs_kit.commands.leaderboard.serve import team_client
    from customs_kit.terminal.output import print_json, show

    with team_client(url) as client:
        if note is not None:
            client.write_note(*note)
        if download is not None:
            name, content = client.download(download)
            path = Path(name) if out is None else out
            write_atomically(path, content)
            result: Any = {"submission": download, "file": str(path), "n_bytes": len(content)}
        else:
            result = client.submissions()
    if as_json:
        print_json(result)
    elif download is not None:
        click.echo(f"Wrote {result['file']}: submission {download}, {len(content):,} bytes.")
    else:
        show(_table(result))


def _table(rows: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table(title="Submissions of your team", title_justify="left")
    for title in ("number", "received", "on the board", "", "note"):
        table.add_column(title, justify="right" if title in ("number", "on the board") else "left")
    for row in rows:
        tags = [tag for tag in ("late", "selected", "improved") if row[tag]]
        tags += ["struck"] if row["struck_at"] else []
        on_board = "" if row["shown"] is None else f"{row['shown']:g}"
        number, received_at = str(row["number"]), row["received_at"]
        table.add_row(number, received_at, on_board, ", ".join(tags), row["note"])
    return table
