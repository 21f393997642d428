"""A made-up competition with teams, weeks of submissions, ties and late files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import func, select

from customs_data.edition.hidden import load_oracle, load_solution
from customs_data.edition.layout import Layout
from customs_data.edition.loading import load_edition
from customs_data.edition.manifest import read_manifest
from customs_leaderboard.board import Board, make_board, open_board
from customs_leaderboard.ladder.ladder import default_step
from customs_leaderboard.rules.competition import Competition
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.standings.public import team_history
from customs_leaderboard.standings.reference_scores import ReferenceScore, ReferenceScores
from customs_leaderboard.standings.select import select_submissions
from customs_leaderboard.store.schema import Submission, Team
from customs_leaderboard.submissions.receipts import day_of
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team
from customs_scorer import write_submission
from real_server import running

OPENS = datetime(2026, 2, 2, 8, tzinfo=UTC)
CLOSES = datetime(2026, 4, 27, 23, 59, tzinfo=UTC)

#: Name, final strength, days to get there, submissions per week; one name of maximal length.
TEAMS = (
    ("Busan Harbour Lab", 0.55, 18.0, 6.0),
    ("nightshift", 0.57, 30.0, 9.0),
    ("Universidad de los Andes - Aduanas", 0.53, 12.0, 4.0),
    ("The Very Patient Inspectors of Incheon 2", 0.50, 26.0, 2.5),
    ("WCO BACUDA Fellows", 0.54, 22.0, 5.0),
    ("gradient.descent", 0.47, 9.0, 7.0),
    ("Lagos Port Data Group", 0.49, 30.0, 3.0),
    ("Team 17", 0.38, 14.0, 1.5),
    ("Rotterdam_Gate", 0.51, 16.0, 3.5),
    ("HS6", 0.27, 10.0, 2.0),
    ("Tariff Engineers", 0.42, 21.0, 2.5),
    ("KU Stats 401", 0.22, 20.0, 1.5),
    ("Waiting for Data", 0.0, 1.0, 0.0),
)
# Means over worlds of the practice configuration, as in baselines/results.
REFERENCE_SCORES = ReferenceScores(
    [
        ReferenceScore("graphfc", 0.78, 10),
        ReferenceScore("xgboost (kit)", 0.66, 10),
        ReferenceScore("logistic_regression (kit)", 0.61, 10),
        ReferenceScore("xgboost (paper)", 0.49, 10),
        ReferenceScore("lookup", 0.27, 10),
        ReferenceScore("random", 0.22, 10),
    ],
    ReferenceScore("ceiling", 0.90, 10, 0.02),
)


class StoryClock:
    """A clock that the story sets."""

    def __init__(self) -> None:
        self.at = OPENS

    def __call__(self) -> datetime:
        return self.at


@dataclass
class MadeUp:
    """A made-up competition; teams and tokens by team name."""

    board: Board
    clock: StoryClock
    author: Author
    teams: dict[str, Team]
    tokens: dict[str, str]


class Author:
    """Writes submissions that contain more or less of the true fraud probabilities.

    Parameters
    ----------
    edition_path : path
        Organizer's copy of a generated edition.
    folder : path
        Folder for the files.
    """

    def __init__(self, edition_path: Path, folder: Path) -> None:
        self._edition = load_edition(edition_path)
        self._folder = folder
        oracle = load_oracle(Layout.find(edition_path)).set_index("Declaration ID")
        chance = oracle.loc[self._edition.test["Declaration ID"], "Fraud Probability"].to_numpy()
        logit = np.log((chance + 1e-3) / (1.001 - chance))
        self._truth = (logit - logit.mean()) / logit.std()

    def write(self, strength: float, seed: int, name: str = "submission.csv") -> Path:
        """Write a file; `strength` is from 0 (noise) to 1 (the ceiling)."""
        noise = np.random.default_rng(seed).normal(size=len(self._truth))
        score = np.round(strength * self._truth + (1 - strength) * noise, 6)
        path = self._folder / name
        path.unlink(missing_ok=True)
        return write_submission(self._edition, score, path)

    def write_labels(self) -> Path:
        """Write a file that nobody can beat: the hidden labels."""
        solution = load_solution(self._edition.layout, self._edition.test["Declaration ID"])
        path = self._folder / "labels.csv"
        path.unlink(missing_ok=True)
        return write_submission(self._edition, solution["Fraud"].to_numpy(float), path)


def make_up_board(
    folder: Path,
    edition_path: Path,
    *,
    until: datetime = datetime(2026, 4, 9, 13, 20, tzinfo=UTC),
    pace: float = 1.0,
    seed: int = 5,
    author: Author | None = None,
) -> MadeUp:
    """Make a competition and play it up to some time.

    Parameters
    ----------
    folder : path
        New folder for the competition and a scratch file.
    edition_path : path
        Organizer's copy of a generated edition.
    until : datetime
        Time at the end; after `CLOSES` there are late submissions.
    pace : float
        Factor of the submissions per week.
    seed : int
        Seed of the story.
    author : Author, optional
        Author of the files, if the edition has one already.
    """
    author = author or Author(edition_path, folder)
    clock = StoryClock()
    competition = Competition(
        title="Which five percent? Customs fraud detection 2026",
        edition=edition_path,
        opens=OPENS,
        closes=CLOSES,
        ladder_step=default_step(read_manifest(edition_path / "public").rows["public"]),
    )
    board = make_board(
        folder / "board", competition, reference_scores=REFERENCE_SCORES, clock=clock
    )
    story = MadeUp(board, clock, author, {}, {})
    for name, *_ in TEAMS:
        story.teams[name], story.tokens[name] = add_team(board, name)
    select_at = CLOSES - timedelta(hours=1)
    for at, name, strength, file_seed in _story(seed, pace, until):
        if clock.at < select_at <= at:
            clock.at = select_at
            _select_something(story)
        clock.at = at
        submit_file(board, story.teams[name].number, author.write(strength, file_seed))
    clock.at = until
    return story


def add_crowd(story: MadeUp, n_teams: int = 200) -> None:
    """Fill the board up to `n_teams` with rows of the database only: no files, no tokens.

    Scores are multiples of the Ladder's step, so many teams share a rank.
    """
    board, rng = story.board, np.random.default_rng(11)
    step, until = board.competition.ladder_step, story.clock.at
    with board.database.writing() as session:
        n_there = session.scalar(select(func.count()).select_from(Team)) or 0
        for i in range(n_there, n_teams):
            name = f"Class {i:03}"
            team = Team(name=name, name_key=name.casefold(), made_at=OPENS, n_submissions=0)
            session.add(team)
            session.flush()
            times = np.sort(rng.uniform(0, (until - OPENS) / timedelta(hours=1), 1 + i % 6))
            shown = round(float(rng.uniform(0.15, 0.35)) / step) * step
            for j, hours in enumerate(times.tolist()):
                at = OPENS + timedelta(hours=hours)
                score = round(round(shown / step) * step, 6)
                submission = Submission(
                    team_number=team.number, sha256=f"{i:032x}{j:032x}", suffix=".csv", n_bytes=1,
                    received_at=at, day=day_of(at), late=False, improved=j % 2 == 0, shown=score,
                )  # fmt: skip
                session.add(submission)
                if submission.improved:
                    session.flush()
                    team.best_shown, team.improved_at = score, at
                    team.best_submission = submission.number
                team.n_submissions += 1
                shown += step * (j % 2)


def copy_of(story: MadeUp, folder: Path) -> MadeUp:
    """Return a copy that a test may change."""
    story.board.close_connections()  # it opens new ones later
    shutil.copytree(story.board.folder.root, folder)
    clock = StoryClock()
    clock.at = story.clock.at
    board = open_board(folder, clock=clock)
    board.__dict__["_judge"] = story.board.judge  # it is slow to load
    return MadeUp(board, clock, story.author, story.teams, story.tokens)


def _story(seed: int, pace: float, until: datetime) -> list[tuple[datetime, str, float, int]]:
    """Return time, team, strength and seed of each file."""
    rng = np.random.default_rng(seed)
    days = (CLOSES - OPENS).total_seconds() / 86400 + 6  # some come late
    story = []
    for name, reaches, speed, per_week in TEAMS:
        starts = float(rng.uniform(0.05, 9))
        n = max(round(per_week * pace * (days - starts) / 7), 2 if per_week else 0)
        per_day: dict[int, int] = {}
        for day in np.sort(rng.uniform(starts, days - 0.02, n)).tolist():
            if per_day.setdefault(int(day + 8 / 24), 0) >= 4:  # the day (UTC) has a limit
                continue
            per_day[int(day + 8 / 24)] += 1
            strength = reaches * (1 - 0.75 * np.exp(-(day - starts) / speed))
            strength += float(rng.normal(0, 0.03))
            at = OPENS + timedelta(days=day)
            story.append((at, name, float(np.clip(strength, 0, 0.97)), int(rng.integers(1 << 31))))
    return sorted(event for event in story if event[0] < until)


def _select_something(story: MadeUp) -> None:
    """Let two teams select submissions, one of them badly."""
    for name, which in (("nightshift", (12, 30)), ("WCO BACUDA Fellows", (0, 3))):
        number = story.teams[name].number
        history = [one for one in team_history(story.board, number) if not one.late]
        chosen = {history[i % len(history)].number for i in which}
        select_submissions(story.board, number, sorted(chosen))


@contextmanager
def served(story: MadeUp) -> Iterator[str]:
    """Serve the competition without a cache, so that no test must wait."""
    with running(story.board, ServiceSettings(refresh_s=0, timer=lambda: 0.0)) as server:
        yield server.url
