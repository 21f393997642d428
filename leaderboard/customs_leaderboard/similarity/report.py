"""The report of similar submissions: identical and nearly identical ones, shared addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import combinations
from typing import Any, Final, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customs_data.reports.pages import render_page
from customs_data.tasks import Scores
from customs_leaderboard.board import Board
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.similarity.pairs import Candidate, Thresholds, similar_pairs
from customs_leaderboard.similarity.sketches import SketchBook, correlation, top_of
from customs_leaderboard.store.schema import Member, Selection, Submission, Team
from customs_scorer.metrics import InspectionMetric

#: Three seeds of each of five models of the kit agree at most by .9967 (correlation) and .951
#: (overlap), those of logistic regression, on an edition of 16,000 declarations; XGBoost's by .942
#: and .777. Copies with a little noise, or put through a function, agree by more than this.
THRESHOLDS: Final = Thresholds(correlation=0.9995, overlap=0.99)
_SHARE: Final = 0.05
_MOST_CHECKED: Final = 500
#: What everybody who reads the report must know.
NOTE: Final = (
    "A hint, not proof. Teams that run the same model with the same seed, or a model without "
    "random numbers, have the same file; a class or an office shares one address; names repeat. "
    "Ask the teams for their code before you decide anything."
)

Which = Literal["leading", "all"]


@dataclass(frozen=True)
class TeamRef:
    """A team in the report."""

    number: int
    name: str


@dataclass(frozen=True)
class IdenticalGroup:
    """Submissions of several teams with equal scores for all declarations, in the same order."""

    teams: list[TeamRef]
    submissions: list[int]


@dataclass(frozen=True)
class SimilarPair:
    """The most similar submissions of two teams without identical ones.

    Attributes
    ----------
    teams : list of TeamRef
        The two teams.
    submissions : list of int
        A submission of each, in the same order.
    kind : {'same order', 'nearly identical'}
        Whether the scores have the same order of declarations.
    rank_correlation : float
        Spearman's correlation over all declarations.
    overlap : float
        Share of the highest scores (5 %, or the rate of the competition's metric) that both have.
    n_pairs : int
        Pairs of their submissions that are similar, by their sketches.
    """

    teams: list[TeamRef]
    submissions: list[int]
    kind: Literal["same order", "nearly identical"]
    rank_correlation: float
    overlap: float
    n_pairs: int


@dataclass(frozen=True)
class Shared:
    """Teams that share an address or the name of a member; `name` is empty for an address."""

    name: str
    teams: list[TeamRef]


@dataclass(frozen=True)
class SimilarityReport:
    """The report.

    Attributes
    ----------
    at : datetime
        When it was made (UTC).
    n_compared, n_submissions : int
        Submissions whose files were compared, and all.
    identical : list of IdenticalGroup
        Teams with the same answer, largest group first.
    pairs : list of SimilarPair
        Other pairs of teams, the most similar first.
    n_unchecked : int
        Pairs of teams that were only compared by sketches and are left out.
    addresses, names : list of Shared
        Teams that sent files from one address, or have a member of one name.
    """

    at: datetime
    n_compared: int
    n_submissions: int
    identical: list[IdenticalGroup]
    pairs: list[SimilarPair]
    n_unchecked: int
    addresses: list[Shared]
    names: list[Shared]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for JSON."""
        return {**asdict(self), "at": show_time(self.at), "note": NOTE}

    def to_html(self, title: str) -> str:
        """Return the report as one self-contained page."""
        return render_page(
            "customs_leaderboard.similarity",
            "similar.html",
            title=f"{title}: similar submissions",
            report=self,
            note=NOTE,
            identical=[
                (join_names(group.teams), ", ".join(map(str, group.submissions)))
                for group in self.identical
            ],
            pairs=[
                (
                    join_names(pair.teams),
                    ", ".join(map(str, pair.submissions)),
                    pair.kind,
                    f"{pair.rank_correlation:.5f}",
                    f"{pair.overlap:.3f}",
                    str(pair.n_pairs),
                )
                for pair in self.pairs
            ],
            addresses=[(join_names(shared.teams),) for shared in self.addresses],
            names=[(shared.name, join_names(shared.teams)) for shared in self.names],
        )


def join_names(teams: list[TeamRef]) -> str:
    """Return the names of teams in one line."""
    return ", ".join(team.name for team in teams)


def new_book(board: Board) -> SketchBook:
    """Return an empty book for a board's submissions; several scores per row count as rows."""
    metric, answer = board.metrics.ranked[0], board.judge.task.answer
    share = float(metric.rate) if isinstance(metric, InspectionMetric) else _SHARE
    return SketchBook(len(board.judge.expected_ids) * len(answer.columns), share)


def report_similar(
    board: Board,
    *,
    which: Which = "all",
    thresholds: Thresholds = THRESHOLDS,
    book: SketchBook | None = None,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> SimilarityReport:
    """Compare the submissions of different teams.

    Parameters
    ----------
    board : Board
        The competition.
    which : {'all', 'leading'}
        All submissions, or each team's best, selected and newest ones. Identical answers are
        always those of all.
    thresholds : Thresholds
        A pair at or above one of them is reported.
    book : SketchBook, optional
        Sketches from an earlier report: only newer files are read.
    on_step : callable
        Called with the files read and their number.

    Raises
    ------
    KitError
        If an accepted file is missing or has changed.
    """
    book = new_book(board) if book is None else book
    now = board.now()
    with board.database.reading() as session:
        teams = {team.number: team for team in session.scalars(select(Team))}
        rows = _submissions(session, which)
        n_submissions = session.scalar(select(func.count()).select_from(Submission)) or 0
        identical = _identical(session)
        addresses, names = _addresses(session), _names(session)
    if not isinstance(board.judge.task.answer, Scores):
        rows = []  # texts and groups have no order that could be nearly the same
    missing = [row for row in rows if row.number not in book]
    for done, row in enumerate(missing, start=1):
        book.add(row.number, board.judge.read(board.folder.accepted_file(row)).ravel())
        on_step(done, len(missing))
    numbers, owners = [row.number for row in rows], [row.team_number for row in rows]
    candidates = similar_pairs(book, numbers, owners, _sketched(thresholds))
    by_number = {row.number: row for row in rows}
    known = {pair for group in identical for pair in combinations(group, 2)}
    others = [pair for pair in candidates if _teams_of(pair, by_number) not in known]
    checked = [_check(board, book, pair, by_number, thresholds) for pair in others[:_MOST_CHECKED]]

    def refer(numbers: Iterable[int]) -> list[TeamRef]:
        return [TeamRef(number, teams[number].name) for number in numbers]

    pairs = [
        SimilarPair(
            refer(by_number[number].team_number for number in pair.numbers),
            [*pair.numbers],
            "same order" if pair.correlation == 1.0 else "nearly identical",
            pair.correlation,
            pair.overlap,
            pair.n_pairs,
        )
        for pair in checked
        if pair is not None
    ]
    return SimilarityReport(
        at=now,
        n_compared=len(rows),
        n_submissions=n_submissions,
        identical=[IdenticalGroup(refer(group), [*group.values()]) for group in identical],
        pairs=sorted(pairs, key=lambda pair: (pair.overlap, pair.rank_correlation), reverse=True),
        n_unchecked=max(len(others) - _MOST_CHECKED, 0),
        addresses=[Shared("", refer(numbers)) for numbers in addresses],
        names=[Shared(name, refer(numbers)) for name, numbers in names],
    )


def _sketched(thresholds: Thresholds) -> Thresholds:
    """Return the thresholds of sketches: the correlation on a sample of rows may be lower."""
    return Thresholds(1 - 2 * (1 - thresholds.correlation), thresholds.overlap)


def _submissions(session: Session, which: Which) -> list[Submission]:
    query = select(Submission).order_by(Submission.number)
    if which == "leading":
        newest = select(func.max(Submission.number)).group_by(Submission.team_number)
        best = select(Team.best_submission).where(Team.best_submission.is_not(None))
        selected = select(Selection.submission_number)
        query = query.where(Submission.number.in_(newest.union(best, selected)))
    return list(session.scalars(query))


def _identical(session: Session) -> list[dict[int, int]]:
    """Return groups of equal answers, each as numbers of submissions by team, largest first."""
    shared = (
        select(Submission.answer_sha256)
        .where(Submission.answer_sha256.is_not(None))
        .group_by(Submission.answer_sha256)
        .having(func.count() > 1)  # within a team no two are equal
    )
    query = select(Submission.answer_sha256, Submission.team_number, Submission.number)
    query = query.where(Submission.answer_sha256.in_(shared)).order_by(Submission.team_number)
    groups: dict[str | None, dict[int, int]] = defaultdict(dict)
    for answer, team, number in session.execute(query):
        groups[answer][team] = number
    return sorted(groups.values(), key=len, reverse=True)


def _check(
    board: Board,
    book: SketchBook,
    pair: Candidate,
    rows: dict[int, Submission],
    thresholds: Thresholds,
) -> Candidate | None:
    """Compare whole files; None if they are not so similar after all."""
    first, second = sorted(pair.numbers, key=lambda number: rows[number].team_number)
    one, other = (
        board.judge.read(board.folder.accepted_file(rows[number])).ravel()
        for number in (first, second)
    )
    rank_correlation = correlation(one, other)
    overlap = float((top_of(one, book.n_top) & top_of(other, book.n_top)).sum() / book.n_top)
    if rank_correlation < thresholds.correlation and overlap < thresholds.overlap:
        return None
    return Candidate((first, second), rank_correlation, overlap, pair.n_pairs)


def _teams_of(pair: Candidate, rows: dict[int, Submission]) -> tuple[int, int]:
    low, high = sorted(rows[number].team_number for number in pair.numbers)
    return low, high


def _addresses(session: Session) -> list[list[int]]:
    """Return the teams of each address that several teams sent files from."""
    query = select(Submission.sender, Submission.team_number).distinct()
    groups: dict[str | None, set[int]] = defaultdict(set)
    for sender, team in session.execute(query.where(Submission.sender.is_not(None))):
        groups[sender].add(team)
    several = {tuple(sorted(teams)) for teams in groups.values() if len(teams) > 1}
    return [list(teams) for teams in sorted(several)]


def _names(session: Session) -> list[tuple[str, list[int]]]:
    """Return names of members, ignoring case, that several teams have."""
    groups: dict[str, set[int]] = defaultdict(set)
    titles: dict[str, str] = {}
    for name, team in session.execute(select(Member.name, Member.team_number)):
        if name:
            groups[name.casefold()].add(team)
            titles.setdefault(name.casefold(), name)
    return [(titles[key], sorted(teams)) for key, teams in sorted(groups.items()) if len(teams) > 1]
