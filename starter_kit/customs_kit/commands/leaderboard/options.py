"""Arguments and options of the leaderboard's commands, and a check of their dependencies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from customs_data.errors import KitError

if TYPE_CHECKING:
    from customs_leaderboard.board import Board
    from customs_leaderboard.contest import Contest
    from customs_leaderboard.season.board import SeasonBoard

F = TypeVar("F", bound=Callable[..., Any])

#: Copies of `customs_leaderboard.ladder.ladder.Kind` and its default, so that --help loads nothing.
LADDERS: Final = ("step", "parameter_free", "paired")
GROUND_ERRORS: Final = 4.0
_DATABASE_VARIABLE: Final = "CUSTOMS_KIT_DATABASE_URL"
_URL_VARIABLE: Final = "CUSTOMS_KIT_URL"
_EXTRA: Final = (
    "alembic", "fastapi", "httptools", "httpx2", "markdown_it", "psycopg", "python_multipart",
    "sqlalchemy", "uvicorn",
)  # fmt: skip

competition_argument = click.argument(
    "competition", metavar="COMPETITION", type=click.Path(path_type=Path)
)
database_option = click.option(
    "--database-url",
    envvar=_DATABASE_VARIABLE,
    help=f"PostgreSQL database; by default SQLite in the competition's folder. Better set "
    f"{_DATABASE_VARIABLE}, because other users can read the options of running commands.",
)
reason_option = click.option("--reason", required=True, help="Reason; the public log shows it.")

url_option = click.option(
    "--url",
    envvar=_URL_VARIABLE,
    required=True,
    help=f"Address of the leaderboard (also as {_URL_VARIABLE}).",
)


def require_extra() -> None:
    """Check that the leaderboard's packages are installed.

    Raises
    ------
    KitError
        If any is missing.
    """
    if missing := [name for name in _EXTRA if find_spec(name) is None]:
        raise KitError(
            f"The leaderboard's packages are not installed: {', '.join(missing)}. Install them: "
            "pip install 'customs-kit[leaderboard]'"
        )


@contextmanager
def opened(folder: Path, database_url: str | None) -> Iterator[Board]:
    """Open a competition; close its connections at the end.

    Raises
    ------
    KitError
        From `require_extra` and `customs_leaderboard.board.open_board`.
    """
    require_extra()
    from customs_leaderboard.board import open_board
    from customs_leaderboard.errors import organizer_errors

    with organizer_errors(folder):
        board = open_board(folder, database_url=database_url)
        try:
            yield board
        finally:
            board.close_connections()


@contextmanager
def opened_any(folder: Path, database_url: str | None) -> Iterator[Board | SeasonBoard]:
    """Open a competition on an edition or one of seasons; close its connections at the end.

    Raises
    ------
    KitError
        From `require_extra` and `customs_leaderboard.season.board.open_contest`.
    """
    require_extra()
    from customs_leaderboard.errors import organizer_errors
    from customs_leaderboard.season.board import open_contest

    with organizer_errors(folder):
        board = open_contest(folder, database_url=database_url)
        try:
            yield board
        finally:
            board.close_connections()


def show_correction(board: Contest, content: dict[str, Any], sentence: str, as_json: bool) -> None:
    """Print the result of a correction, and that the final standings were computed again."""
    from customs_kit.terminal.output import print_json
    from customs_leaderboard.board import Board
    from customs_leaderboard.standings.final import final_standings

    if as_json:
        print_json(content)
        return
    click.echo(sentence)
    if isinstance(board, Board) and (finals := final_standings(board)) is not None:
        click.echo(f"The final standings were computed again: {len(finals.rows)} teams.")
