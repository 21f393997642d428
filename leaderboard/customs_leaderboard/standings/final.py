"""Final standings: what they hold, and how they are kept."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from customs_leaderboard.board import Board
from customs_leaderboard.store.schema import FinalResult, Team


@dataclass(frozen=True)
class Finalist:
    """A team's final place.

    Attributes
    ----------
    rank : int
        By private precision@5 %, then precision@10 %, then the earlier submission, of the best of
        the team's selected submissions.
    team_number : int
    team : str
        Name when the standings were computed.
    submission : int
        Number of that best submission.
    selected : list of int
        All that were selected.
    selected_by_team : bool
        Whether the team chose; else they are those with the best exact public scores.
    scores : dict of str to dict
        By period (``public``, ``private``): precision, recall, lift and critical precision at 5 %
        and 10 %, and the 95 % bootstrap intervals ``interval_at_5`` and ``interval_at_10``.
    rank_low, rank_high : int
        Within these the rank lies in 95 % of the bootstrap samples of the private declarations, the
        same samples for all teams.
    first_share : float
        Share of the samples in which the team is first.
    shown : float
        Its laddered public score at the close.
    public_rank : int
        Its rank at the close, by that score.
    caught : dict of str to float or None
        Frauds of each scheme that the 5 % inspection of the private period catches (expected
        number); None if the edition was not simulated.
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

    def as_dict(self) -> dict[str, Any]:
        """Return the finalist as plain data for JSON."""
        return {**asdict(self), "shake_up": self.shake_up}


@dataclass(frozen=True)
class FinalStandings:
    """The final standings.

    Attributes
    ----------
    rows : list of Finalist
        Best first.
    periods : dict of str to dict
        By period: n_declarations, n_fraud, n_critical.
    frauds_by_scheme : dict of str to int or None
        Frauds of the private period; None if the edition was not simulated.
    ceiling : dict of str to dict or None
        By period: precision_at_5 and precision_at_10 of the true fraud probabilities.
    n_replicates : int
        Of the bootstrap.
    """

    rows: list[Finalist]
    periods: dict[str, dict[str, int]]
    frauds_by_scheme: dict[str, int] | None
    ceiling: dict[str, dict[str, float]] | None
    n_replicates: int

    def as_dict(self) -> dict[str, Any]:
        """Return the standings as plain data for JSON."""
        return {**vars(self), "rows": [row.as_dict() for row in self.rows]}


def save_final(session: Session, finals: FinalStandings) -> None:
    """Keep final standings in a writing transaction, in place of earlier ones."""
    content = json.dumps(finals.as_dict(), allow_nan=False)
    session.merge(FinalResult(number=1, content=content))


def final_standings(board: Board) -> FinalStandings | None:
    """Return the final standings, or None while there are none (before or just after the close)."""
    with board.database.reading() as session:
        content = session.scalar(select(FinalResult.content))
        if content is None:
            return None
        names = {team.number: team.name for team in session.scalars(select(Team))}
    data = json.loads(content)
    rows = []
    for row in data.pop("rows"):
        del row["shake_up"]
        row["team"] = names[row["team_number"]]  # renamed since, perhaps
        rows.append(Finalist(**row))
    return FinalStandings(rows, **data)
