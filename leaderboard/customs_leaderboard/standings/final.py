"""Final standings, and how the database stores them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from customs_leaderboard.board import Board
from customs_leaderboard.contest import Contest
from customs_leaderboard.store.commitments import canonical_json
from customs_leaderboard.store.schema import FinalResult, Team
from customs_scorer.metrics import Metric


def key_beside(metric: Metric, word: str) -> str:
    """Return the key of a value beside a metric, such as the low end of its interval.

    Examples
    --------
    >>> from customs_scorer.metrics import metrics_of
    >>> key_beside(metrics_of("fraud").ranked[0], "low")
    'low_at_5'
    """
    return metric.interval_name.replace("interval", word)


@dataclass(frozen=True)
class Finalist:
    """A team's final place.

    Attributes
    ----------
    rank : int
        Rank of the best of the team's selected submissions: by the private values of the task's
        ranked metrics, then the earlier submission.
    team_number : int
    team : str
        Name at the time of the computation.
    submission : int
        Number of that best submission.
    selected : list of int
        Numbers of all selected submissions.
    selected_by_team : bool
        Whether the team selected them; otherwise they have the best exact public scores.
    scores : dict of str to dict
        Values of the task's metrics by period (``public``, ``private``), and the 95 % bootstrap
        intervals of the ranked ones. If the solution was replaced, ``previous`` has the values of
        the ranked metrics with the solution before it.
    rank_low, rank_high : int
        Range of the rank in 95 % of the bootstrap samples of the private declarations; the samples
        are the same for all teams.
    first_share : float
        Share of the samples in which the team is first.
    shown : float
        Laddered public score at the close.
    public_rank : int
        Rank by that score.
    caught : dict of str to float or None
        Gains in the first ranked metric in the private period, by scheme: the expected number of
        frauds caught. None if the edition was not simulated, or the metric is no mean of gains.
    """

    rank: int
    team_number: int
    team: str
    submission: int
    selected: list[int]
    selected_by_team: bool
    scores: dict[str, dict[str, Any]]
    rank_low: int
    rank_high: int
    first_share: float
    shown: float
    public_rank: int
    caught: dict[str, float] | None

    @property
    def shake_up(self) -> int:
        """Places gained (positive) or lost from the public rank to the final one."""
        return self.public_rank - self.rank

    @property
    def has_previous(self) -> bool:
        """Whether the solution was replaced after the submission."""
        return "previous" in self.scores["private"]

    def as_dict(self) -> dict[str, Any]:
        """Return the finalist as plain data for JSON."""
        return {**asdict(self), "shake_up": self.shake_up}


@dataclass(frozen=True)
class FinalStandings:
    """The final standings.

    Attributes
    ----------
    rows : list of Finalist
        Teams, best first.
    periods : dict of str to dict
        Numbers of declarations, frauds and so on, by period.
    frauds_by_scheme : dict of str to int or None
        Frauds of the private period by scheme; None if the edition was not simulated.
    ceiling : dict of str to dict or None
        Scores of the true fraud probabilities given the declaration, by period; None if the edition
        was not simulated.
    n_replicates : int
        Number of bootstrap replicates.
    prior : dict of str to dict or None
        Scores of the true fraud probabilities before the declaration is written; None if they are
        the ceiling (world version 1).
    """

    rows: list[Finalist]
    periods: dict[str, dict[str, int]]
    frauds_by_scheme: dict[str, int] | None
    ceiling: dict[str, dict[str, float]] | None
    n_replicates: int
    prior: dict[str, dict[str, float]] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the standings as plain data for JSON."""
        return {**vars(self), "rows": [row.as_dict() for row in self.rows]}


def save_final(session: Session, final: FinalStandings) -> None:
    """Store final standings in a writing transaction, replacing earlier ones."""
    session.merge(FinalResult(number=1, content=canonical_json(final.as_dict())))


def final_sha256(session: Session) -> str | None:
    """Return the SHA-256 of the stored final standings (canonical JSON); None before them."""
    content = session.scalar(select(FinalResult.content))
    if content is None:
        return None
    # Earlier releases stored JSON with blanks.
    return hashlib.sha256(canonical_json(json.loads(content)).encode()).hexdigest()


def withdraw_final(board: Contest, session: Session) -> None:
    """Delete the final standings in a writing transaction: they must be computed again.

    Call it after teams were locked and before the log is appended to.
    """
    board.state(session, "write")  # or standings being computed now could be saved afterwards
    session.execute(delete(FinalResult))


def final_standings(board: Board) -> FinalStandings | None:
    """Return the final standings, or None before they were computed."""
    with board.database.reading() as session:
        content = session.scalar(select(FinalResult.content))
        if content is None:
            return None
        names = {team.number: team.name for team in session.scalars(select(Team))}
    data = json.loads(content)
    rows = []
    for row in data.pop("rows"):
        del row["shake_up"]
        row["team"] = names[row["team_number"]]  # it may have been renamed since
        rows.append(Finalist(**row))
    return FinalStandings(rows, **data)
