"""Check the accepted files, and score each of them again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.store.schema import Submission
from customs_leaderboard.store.scores import ExactScores
from customs_leaderboard.submissions.answers import hash_answer
from customs_leaderboard.verification.records import Records
from customs_leaderboard.verification.replay import name_of
from customs_scorer.metrics.gains import Gains


@dataclass
class Files:
    """Accepted files of a competition.

    Attributes
    ----------
    board : Board
        The competition.
    stored : set of path
        The files in submissions/, listed before the rows were read.
    expected : set of int or None
        Submissions whose files must be there; None for all.
    whole : set of int
        Submissions whose files are there and unchanged; after `faults`.
    """

    board: Board
    stored: set[Path]
    expected: set[int] | None = None
    whole: set[int] = field(default_factory=set)

    @classmethod
    def list(cls, board: Board, expected: set[int] | None = None) -> Files:
        """List the files; call it before the rows are read, since files come before their rows."""
        return cls(board, set(board.folder.submissions.glob("*/*")), expected)

    def path_of(self, submission: Submission) -> Path:
        """Return the path of a submission's file."""
        return self.board.folder.submission_path(
            submission.team_number, submission.sha256, submission.suffix
        )

    def faults(self, records: Records) -> Iterator[str]:
        """Yield files that are missing, changed, or belong to no submission."""
        paths = set()
        for submission in records.submissions.values():
            path = self.path_of(submission)
            paths.add(path)
            if self.expected is not None and submission.number not in self.expected:
                continue
            fault = _fault_of(path, submission.sha256)
            if fault is None:
                self.whole.add(submission.number)
            else:
                yield f"{name_of(submission)}: its file {_short(path)} {fault}."
        for path in sorted(self.stored - paths):
            if path not in self._paths_now():  # accepted while this runs
                yield f"The file {_short(path)} belongs to no submission."

    def _paths_now(self) -> set[Path]:
        query = select(Submission.team_number, Submission.sha256, Submission.suffix)
        with self.board.database.reading() as session:
            return {self.board.folder.submission_path(*row) for row in session.execute(query)}


def _fault_of(path: Path, sha256: str) -> str | None:
    try:
        with path.open("rb") as stream:
            same = hashlib.file_digest(stream, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None if same else "has changed since it was accepted"


def _short(path: Path) -> str:
    return "/".join(path.parts[-3:])


@dataclass
class Scored:
    """Submissions scored again.

    Attributes
    ----------
    gains : dict of int to Gains or float
        Public gains in the first ranked metric, or the exact public score if it is no mean of
        gains.
    faults : list of str
        Stored scores that differ from those of the file.
    """

    gains: dict[int, Gains | float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def score_again(
    files: Files, records: Records, advance: Callable[[int], None] = lambda _: None
) -> Scored:
    """Score every whole file again, and compare the scores with the stored ones.

    Parameters
    ----------
    files : Files
        After `Files.faults`.
    records : Records
        The rows.
    advance : callable
        Called with the number of files that are done.
    """
    judge, scored = files.board.newest_judge(), Scored()
    metric = files.board.metrics.ranked[0].name
    for number in sorted(files.whole):
        submission = records.submissions[number]
        advance(1)
        try:
            answer = judge.read(files.path_of(submission))
        except KitError as error:
            scored.faults.append(f"{name_of(submission)}: its file cannot be scored: {error}")
            continue
        scores = judge.score(answer)
        gains = judge.public_gains(answer)
        scored.gains[number] = scores["public"][metric] if gains is None else gains
        scored.faults += _compare(submission, records.scores.get(number, {}), scores)
        if submission.answer_sha256 not in (None, hash_answer(answer)):
            scored.faults.append(f"{name_of(submission)}: answer_sha256 is not that of its file.")
    return scored


def _compare(submission: Submission, stored: ExactScores, scores: ExactScores) -> Iterator[str]:
    for period, by_metric in scores.items():
        for metric, value in by_metric.items():
            was = stored.get(period, {}).get(metric)
            if was != value:
                yield (
                    f"{name_of(submission)}: its stored {period} {metric} is {was}, but its file "
                    f"scores {value}."
                )
