"""The final table: means over worlds of each team's last finished attempt."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from statistics import mean, stdev
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from customs_leaderboard.season.board import SeasonBoard
from customs_leaderboard.standings.close import COMPUTED
from customs_leaderboard.standings.public import share_ranks
from customs_leaderboard.store.actions import ORGANIZER
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.commitments import canonical_json
from customs_leaderboard.store.schema import FinalResult, SeasonAttempt, SeasonResult, Team


@dataclass(frozen=True)
class SeasonFinalist:
    """A team's final place.

    Attributes
    ----------
    rank : int
        By the mean precision; equal ones share it.
    team_number : int
    team : str
    attempt : int
        The attempt that counted: the last finished one.
    n_begun, n_finished : int
        Attempts of the team.
    precision : float
        Mean over worlds of frauds found / declarations opened.
    error : float or None
        Standard error of the mean over worlds; None for one world.
    worlds : list of dict
        Scores on each world, as of `customs_scorer.season.measures.Totals.scores`.
    """

    rank: int
    team_number: int
    team: str
    attempt: int
    n_begun: int
    n_finished: int
    precision: float
    error: float | None
    worlds: list[dict[str, Any]]

    def mean_of(self, name: str) -> float | None:
        """Return the mean of a score over the worlds; None if some world does not have it."""
        values = [world[name] for world in self.worlds]
        return None if None in values else mean(values)

    def as_dict(self) -> dict[str, Any]:
        """Return the place as plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class SeasonTable:
    """The final table.

    Attributes
    ----------
    rows : list of SeasonFinalist
        Best first; teams without a finished attempt, and disabled ones, are not in it.
    """

    rows: list[SeasonFinalist]

    def as_dict(self) -> dict[str, Any]:
        """Return the table as plain data for JSON."""
        return {"rows": [row.as_dict() for row in self.rows]}


def rank_teams(
    teams: Iterable[Team],
    attempts: Iterable[SeasonAttempt],
    results: Mapping[tuple[int, int], Sequence[dict[str, Any]]],
) -> SeasonTable:
    """Return the final table.

    Parameters
    ----------
    teams : iterable of Team
    attempts : iterable of SeasonAttempt
    results : mapping
        Scores on the worlds of finished attempts, by team number and attempt, world by world.
    """
    by_team: dict[int, list[SeasonAttempt]] = defaultdict(list)
    for attempt in attempts:
        by_team[attempt.team_number].append(attempt)
    places = []
    for team in teams:
        begun = sorted(by_team[team.number], key=lambda one: one.number)
        finished = [one for one in begun if one.finished_at is not None]
        if finished and team.disabled_at is None:
            worlds = list(results[team.number, finished[-1].number])
            shares = [Fraction(world["fraud_found"], world["opened"]) for world in worlds]
            score = sum(shares, Fraction()) / len(shares)
            places.append((score, team, finished[-1].number, len(begun), len(finished), worlds))
    places.sort(key=lambda place: (-place[0], place[1].number))
    ranks = share_ranks([place[0] for place in places])
    rows = [
        SeasonFinalist(
            rank,
            team.number,
            team.name,
            attempt,
            n_begun,
            n_finished,
            float(score),
            _error([world["precision"] for world in worlds]),
            worlds,
        )
        for rank, (score, team, attempt, n_begun, n_finished, worlds) in zip(
            ranks, places, strict=True
        )
    ]
    return SeasonTable(rows)


def _error(values: Sequence[float]) -> float | None:
    return stdev(values) / len(values) ** 0.5 if len(values) > 1 else None


def compute_table(session: Session) -> SeasonTable:
    """Return the table that follows from the rows of the database."""
    results: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    query = select(SeasonResult).order_by(
        SeasonResult.team_number, SeasonResult.attempt, SeasonResult.world
    )
    for row in session.scalars(query):
        results[row.team_number, row.attempt].append(json.loads(row.scores))
    teams = session.scalars(select(Team)).all()
    return rank_teams(teams, session.scalars(select(SeasonAttempt)).all(), results)


def save_table(board: SeasonBoard, session: Session) -> SeasonTable:
    """Compute and store the table in a writing transaction, with its hash in the public log."""
    table = compute_table(session)
    content = canonical_json(table.as_dict())
    session.merge(FinalResult(number=1, content=content))
    details = {"n_teams": len(table.rows), "sha256": hash_table(content)}
    append_entry(board.database, session, board.now(), ORGANIZER, COMPUTED, details)
    return table


def hash_table(content: str) -> str:
    """Return the SHA-256 of a stored table."""
    return hashlib.sha256(content.encode()).hexdigest()


def final_table(board: SeasonBoard) -> SeasonTable | None:
    """Return the final table; None before the close.

    A correction deletes it, such as a disabled team; then it is computed again here.
    """
    with board.database.reading() as session:
        is_closed = board.state(session).closed_at is not None
        content = session.scalar(select(FinalResult.content))
        names = {team.number: team.name for team in session.scalars(select(Team))}
    if content is None and is_closed:
        with board.database.writing() as session:
            board.state(session, "write")
            content = session.scalar(select(FinalResult.content))
            if content is None:
                return save_table(board, session)
    return None if content is None else table_of(content, names)


def table_of(content: str, names: Mapping[int, str]) -> SeasonTable:
    """Return a stored table, with the names that teams have now."""
    rows = json.loads(content)["rows"]
    return SeasonTable(
        [SeasonFinalist(**{**row, "team": names[row["team_number"]]}) for row in rows]
    )
