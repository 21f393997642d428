"""What a leaderboard may answer instead of doing what was asked.

Each class is one kind of answer, so that the service maps kinds to HTTP status in one place; all
are `KitError`: one human sentence and the way out.
"""

from __future__ import annotations

from datetime import datetime

from customs_data.errors import InvalidSubmissionError, KitError
from customs_data.files.problems import ProblemReport


class UnknownTokenError(KitError):
    """No team has this token (HTTP 401)."""

    def __init__(self) -> None:
        super().__init__("The token must be a team's, however: no team has it. Ask the organizer.")


class DisabledTeamError(KitError):
    """The team was disabled by the organizer (HTTP 403)."""


class NotOpenError(KitError):
    """The competition takes no such thing now (HTTP 403)."""


class NotFoundError(KitError):
    """There is no such thing, or it belongs to another team (HTTP 404)."""


class TooLargeError(KitError):
    """More bytes than the competition takes (HTTP 413)."""


class RefusedFileError(InvalidSubmissionError):
    """A file that cannot be scored, with everything found wrong (HTTP 422); it is not counted.

    Attributes
    ----------
    report : ProblemReport
        Every kind of problem.
    """

    def __init__(self, report: ProblemReport) -> None:
        super().__init__(str(report))
        self.report = report


class QuotaError(KitError):
    """The team's submissions of the day are used up (HTTP 429).

    Attributes
    ----------
    resets_at : datetime
        When the next day (UTC) begins.
    """

    def __init__(self, message: str, resets_at: datetime) -> None:
        super().__init__(message)
        self.resets_at = resets_at


class UnavailableError(KitError):
    """Disk or database do not answer (HTTP 503); not the user's fault."""
