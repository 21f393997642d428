"""The report of similar submissions for the organizer's page, made in the background."""

from __future__ import annotations

import logging
from threading import Lock, Thread
from typing import Final

from sqlalchemy import func, select

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.similarity.report import SimilarityReport, new_book, report_similar
from customs_leaderboard.similarity.sketches import SketchBook
from customs_leaderboard.store.schema import Submission

_LOG: Final = logging.getLogger(__name__)


class SimilarReports:
    """Keeps the newest report, and the sketches that it was made of.

    Each team's best, selected and newest submissions are compared; the command line compares all.

    Parameters
    ----------
    board : Board
        The competition.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._book: SketchBook | None = None
        self._report: SimilarityReport | None = None
        self._lock = Lock()

    def get(self) -> SimilarityReport | None:
        """Return the newest report, None before the first; start a newer one if files came."""
        if not self._is_current() and not self._lock.locked():
            Thread(target=self._make_quietly, daemon=True).start()
        return self._report

    def make(self) -> SimilarityReport:
        """Make a report now; errors as `report_similar`."""
        with self._lock:
            if self._book is None:
                self._book = new_book(self._board)
            self._report = report_similar(self._board, which="leading", book=self._book)
            return self._report

    def _make_quietly(self) -> None:
        try:
            self.make()
        except KitError:
            _LOG.exception("The report of similar submissions failed.")

    def _is_current(self) -> bool:
        if self._report is None:
            return False
        with self._board.database.reading() as session:
            n_submissions = session.scalar(select(func.count()).select_from(Submission)) or 0
        return self._report.n_submissions == n_submissions
