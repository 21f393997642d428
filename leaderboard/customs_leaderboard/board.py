"""The board: a competition on an edition, with its judge; passed around as one."""

from __future__ import annotations

from contextlib import closing
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import select

from customs_data.edition.layout import Layout
from customs_data.edition.manifest import Manifest, read_manifest
from customs_data.errors import KitError
from customs_data.files.atomic import sync_folder, write_atomically
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
from customs_leaderboard.ladder.ladder import Ladder
from customs_leaderboard.rules.changes import compare_rules, rules_json
from customs_leaderboard.rules.competition import Competition, read_competition
from customs_leaderboard.rules.edition_origin import check_origin
from customs_leaderboard.rules.explanations import name_ranking
from customs_leaderboard.standings.reference_scores import (
    NO_REFERENCE_SCORES,
    ReferenceScores,
    load_reference_scores,
    save_reference_scores,
)
from customs_leaderboard.store.actions import ORGANIZER
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.database import Database, open_database
from customs_leaderboard.store.folder import Folder, disk_errors
from customs_leaderboard.store.schema import State
from customs_leaderboard.store.solutions import read_replacements
from customs_leaderboard.submissions.judge import Judge, load_judge
from customs_scorer.metrics import Metric, TaskMetrics, metrics_of


class Board(Contest):
    """A competition on an edition; safe to share between threads.

    Parameters
    ----------
    folder : Folder
        Its folder.
    competition : Competition
        Its rules.
    database : Database
        Its database, opened and upgraded.
    clock : callable
        Returns the current time (UTC).
    judge : Judge, optional
        If it is already loaded.
    """

    competition: Competition

    def __init__(
        self,
        folder: Folder,
        competition: Competition,
        database: Database,
        clock: Clock = utc_now,
        judge: Judge | None = None,
    ) -> None:
        super().__init__(folder, competition, database, clock)
        # One file at a time is checked and scored, or thousands of thread switches would be added.
        self.scoring = Lock()
        self._judge = judge
        self._loading = Lock()

    @cached_property
    def manifest(self) -> Manifest:
        """Public manifest of the edition."""
        return read_manifest(self.layout.public)

    @cached_property
    def layout(self) -> Layout:
        """Paths of the edition's files."""
        return Layout.find(self.competition.edition)

    @cached_property
    def metrics(self) -> TaskMetrics:
        """The metrics of the edition's task."""
        return metrics_of(self.manifest.task)

    @property
    def rules(self) -> dict[str, Any]:
        """The rules and what teams are ranked by, as plain data for JSON."""
        return {**self.competition.as_dict(), "ranking": name_ranking(self.metrics.ranked)}

    @cached_property
    def ladder(self) -> Ladder:
        """The Ladder of the rules, for the first ranked metric."""
        return _ladder_of(self.competition, self.metrics.ranked[0])

    @cached_property
    def reference_scores(self) -> ReferenceScores:
        """Scores of baselines and the ceiling, shown beside the teams."""
        return load_reference_scores(self.folder)

    @property
    def judge(self) -> Judge:
        """The judge with the hidden labels; the first call loads it."""
        with self._loading:
            if self._judge is None:
                self._judge = self._load_judge()
            return self._judge

    def prepare(self) -> None:
        """Load the hidden labels."""
        _ = self.judge

    def newest_judge(self, commitment: str | None = None) -> Judge:
        """Return the judge with the newest labels, which another process may have replaced.

        Parameters
        ----------
        commitment : str, optional
            Commitment of the competition's state, if it was just read: the database is then asked
            only if the judge has another one.
        """
        judge = self.judge
        if commitment == judge.commitment:
            return judge
        with self.database.glancing() as connection:
            newest = connection.scalar(select(State.commitment))
        with self._loading:
            if self._judge is None or self._judge.commitment != newest:
                self._judge = self._load_judge()
            return self._judge

    def _load_judge(self) -> Judge:
        replacements = read_replacements(self)
        if not replacements:
            return load_judge(self.competition.edition)
        return load_judge(self.competition.edition, replacements[-1])


def make_board(
    root: Path | str,
    competition: Competition,
    *,
    database_url: str | None = None,
    reference_scores: ReferenceScores = NO_REFERENCE_SCORES,
    clock: Clock = utc_now,
) -> Board:
    """Make the folder and database of a new competition.

    Parameters
    ----------
    root : path
        New or empty folder.
    competition : Competition
        The rules.
    database_url : str, optional
        An empty PostgreSQL or SQLite database, instead of the embedded one.
    reference_scores : ReferenceScores
        Shown beside the teams.
    clock : callable
        Returns the current time (UTC).

    Raises
    ------
    KitError
        If the edition lacks hidden labels, or has a published seed without ``practice``; if the
        Ladder does not fit the metric, the folder is not empty, or the database already contains a
        competition.
    """
    judge = load_judge(competition.edition)
    check_origin(judge.manifest, practice=competition.practice)
    _ladder_of(competition, judge.metrics.ranked[0])
    root = Path(root)
    with (
        organizer_errors(root),
        Folder.new(root) as folder,
        closing(open_database(database_url, folder.database_file)) as database,
    ):
        board = Board(folder, competition, database, clock, judge)
        refuse_competition(database)
        write_atomically(folder.competition_file, competition.to_toml(), mode=0o600)
        save_reference_scores(folder, reference_scores)
        edition = {"edition": judge.manifest.name, "commitment": judge.manifest.commitment}
        with database.upgrading() as session:
            refuse_state(session)
            session.add(new_state(rules=rules_json(board), closes=competition.closes, **edition))
            details = {**board.rules, **edition}
            append_entry(database, session, clock(), ORGANIZER, "competition made", details)
    return board_in(root, competition, database_url, clock, judge)


def board_in(
    root: Path,
    competition: Competition,
    database_url: str | None,
    clock: Clock,
    judge: Judge | None = None,
) -> Board:
    """Return the board of a folder that has just been made, without connecting to its database."""
    folder = Folder(root)
    database = open_database(database_url, folder.database_file)
    return Board(folder, competition, database, clock, judge)


def open_board(
    root: Path | str, *, database_url: str | None = None, clock: Clock = utc_now
) -> Board:
    """Open a competition and upgrade its tables to this release.

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
        If there is no competition, its database is missing or belongs to another one, the edition
        was exchanged, or a rule was changed that cannot change.
    """
    folder = Folder(Path(root))
    if folder.season_file.exists():
        raise KitError(
            f"{root} is a competition of seasons. Its commands are those of `customs-kit "
            "leaderboard season`."
        )
    competition = read_competition(folder.competition_file)
    with disk_errors():
        sync_folder(folder.submissions)  # in case a process ended before it could
    with existing_database(folder, database_url) as database:
        board = Board(folder, competition, database, clock)
        compare_rules(board)
    return board


def _ladder_of(rules: Competition, metric: Metric) -> Ladder:
    ladder = Ladder(
        rules.ladder,
        rules.ladder_step,
        rules.ladder_standard_errors,
        rules.ladder_ground_errors,
        metric.higher_is_better,
    )
    if ladder.needs_gains and not metric.has_gains:
        raise KitError(
            f"{metric.title} is no mean of gains, so there is no paired test and no ground for it. "
            "Choose --ladder step --ladder-ground 0."
        )
    return ladder
