"""What the commands of a competition share: its folder, its database, the extra they need."""

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

F = TypeVar("F", bound=Callable[..., Any])

#: As `customs_leaderboard.ladder.ladder.Kind`; said here so that --help loads nothing.
LADDERS: Final = ("step", "parameter_free", "paired")
#: As there.
GROUND_ERRORS: Final = 4.0
_DATABASE_VARIABLE: Final = "CUSTOMS_KIT_DATABASE_URL"
_EXTRA: Final = (
    "alembic", "fastapi", "httptools", "httpx2", "jinja2", "psycopg", "python_multipart",
    "sqlalchemy", "uvicorn",
)  # fmt: skip

competition_argument = click.argument(
    "competition", metavar="COMPETITION", type=click.Path(path_type=Path)
)
database_option = click.option(
    "--database-url",
    envvar=_DATABASE_VARIABLE,
    help=f"PostgreSQL database, if the competition does not use its folder's own SQLite (better "
    f"given as {_DATABASE_VARIABLE}: others can read the options of running commands).",
)


def require_extra() -> None:
    """Say in one sentence how to install what the leaderboard needs.

    Raises
    ------
    KitError
        If any of it is missing.
    """
    if missing := [name for name in _EXTRA if find_spec(name) is None]:
        raise KitError(
            f"The leaderboard needs more packages, however: {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not installed. Install them with "
            "`pip install 'customs-kit[leaderboard]'`."
        )


@contextmanager
def opened(folder: Path, database_url: str | None) -> Iterator[Board]:
    """Open a competition, and close its connections at the end.

    Raises
    ------
    KitError
        As `require_extra` and `customs_leaderboard.board.open_board`.
    """
    require_extra()
    from customs_leaderboard.board import open_board

    board = open_board(folder, database_url=database_url)
    try:
        yield board
    finally:
        board.close_connections()
