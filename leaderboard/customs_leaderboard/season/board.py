"""The season board: rules, database, master secret and worlds of a competition of seasons."""

from __future__ import annotations

from contextlib import closing
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from customs_data.edition.secrets import make_secret_file, read_used_secret_file, used_for
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically
from customs_leaderboard.board import Board, open_board
from customs_leaderboard.contest import (
    Clock,
    Contest,
    existing_database,
    new_state,
    refuse_competition,
    refuse_state,
    utc_now,
)
from customs_leaderboard.errors import organizer_errors
from customs_leaderboard.rules.changes import compare_announced, rules_json
from customs_leaderboard.season.live import LiveWorlds, Place
from customs_leaderboard.season.rules import CHANGEABLE, SeasonRules, read_rules
from customs_leaderboard.season.secret import commitment_of, world_key
from customs_leaderboard.season.world_files import WorldFiles
from customs_leaderboard.store.actions import ORGANIZER
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.database import Database, open_database
from customs_leaderboard.store.folder import Folder
from customs_scorer.season.environment import InspectionSeason


class SeasonBoard(Contest):
    """A competition of seasons; safe to share between threads.

    Parameters
    ----------
    folder : Folder
    competition : SeasonRules
    database : Database
    clock : callable
        Returns the current time (UTC).

    Attributes
    ----------
    worlds : LiveWorlds
        The only object with labels that nobody has opened.
    files : WorldFiles
        Their cache on disk.
    """

    competition: SeasonRules

    def __init__(
        self, folder: Folder, competition: SeasonRules, database: Database, clock: Clock = utc_now
    ) -> None:
        super().__init__(folder, competition, database, clock)
        self.worlds = LiveWorlds(self.make_season)
        self.files = WorldFiles(folder.worlds)

    @property
    def rules(self) -> dict[str, Any]:
        """The rules as plain data for JSON."""
        return self.competition.as_dict()

    @cached_property
    def secret(self) -> bytes:
        """The master secret.

        Raises
        ------
        KitError
            If its file is missing, or is that of another competition.
        """
        secret = read_used_secret_file(self.folder.secret_file)
        with self.database.reading() as session:
            committed = self.state(session).commitment
        if commitment_of(secret, self.competition, generator_version()) != committed:
            raise KitError(
                f"The secret in {self.folder.secret_file}, the rules of the worlds and customs-kit "
                f"{generator_version()} do not give the commitment of this competition. Restore "
                "the file, or install the release that made the competition."
            )
        return secret

    def prepare(self) -> None:
        """Read the master secret."""
        _ = self.secret

    def make_season(self, place: Place) -> InspectionSeason:
        """Simulate a team's world, or read it; return the season on it, before week 1."""
        arrivals = self.files.load(place)
        if arrivals is None:
            arrivals = self.competition.make_world(world_key(self.secret, *place))
            self.files.save(place, arrivals)
        season = InspectionSeason(arrivals, self.competition.budget, self.competition.delay)
        season.reset()
        return season


def generator_version() -> str:
    """Return the version of customs-kit, which decides what a key's world is."""
    return version("customs-kit")


def make_season_board(
    root: Path | str,
    rules: SeasonRules,
    *,
    database_url: str | None = None,
    clock: Clock = utc_now,
) -> SeasonBoard:
    """Make folder, database and master secret of a new competition of seasons.

    The public log contains the rules and the commitment.

    Parameters
    ----------
    root : path
        New or empty folder.
    rules : SeasonRules
    database_url : str, optional
        An empty PostgreSQL or SQLite database, instead of the embedded one.
    clock : callable
        Returns the current time (UTC).

    Raises
    ------
    KitError
        If a world has too few weeks, the folder is not empty, or the database already contains a
        competition.
    """
    if (n_weeks := rules.make_world(bytes(32)).n_weeks) < rules.weeks:
        raise KitError(
            f"A world has {rules.warm_up_weeks + n_weeks} weeks, not {rules.warm_up_weeks} + "
            f"{rules.weeks}. Choose fewer weeks."
        )
    root = Path(root)
    with (
        organizer_errors(root),
        Folder.new(root) as folder,
        closing(open_database(database_url, folder.database_file)) as database,
    ):
        refuse_competition(database)
        write_atomically(folder.season_file, rules.to_toml(), mode=0o600)
        make_secret_file(folder.secret_file)
        with used_for(folder.secret_file, f"the competition {rules.title!r}") as secret:
            commitment = commitment_of(secret, rules, generator_version())
        board = SeasonBoard(folder, rules, database, clock)
        with database.upgrading() as session:
            refuse_state(session)
            session.add(new_state(rules.season, commitment, rules_json(board), rules.closes))
            details = {
                **board.rules,
                "commitment": commitment,
                "generator_version": generator_version(),
            }
            append_entry(database, session, clock(), ORGANIZER, "competition made", details)
    folder = Folder(root)
    return SeasonBoard(folder, rules, open_database(database_url, folder.database_file), clock)


def open_season_board(
    root: Path | str, *, database_url: str | None = None, clock: Clock = utc_now
) -> SeasonBoard:
    """Open a competition of seasons and upgrade its tables to this release.

    Parameters
    ----------
    root : path
        The competition's folder.
    database_url : str, optional
        If it does not use the embedded database.
    clock : callable
        Returns the current time (UTC).

    Raises
    ------
    KitError
        If there is no competition, its database is missing or damaged, or a rule was changed that
        cannot change.
    """
    folder = Folder(Path(root))
    rules = read_rules(folder.season_file)
    with existing_database(folder, database_url) as database:
        board = SeasonBoard(folder, rules, database, clock)
        compare_announced(board, folder.season_file, CHANGEABLE, {})
    return board


def open_contest(
    root: Path | str, *, database_url: str | None = None, clock: Clock = utc_now
) -> Board | SeasonBoard:
    """Open a competition of either kind; parameters and errors as `open_season_board`."""
    make = open_season_board if Folder(Path(root)).season_file.exists() else open_board
    return make(root, database_url=database_url, clock=clock)
