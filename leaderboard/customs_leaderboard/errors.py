"""Errors of a leaderboard, one class per kind of answer.

The service maps classes to HTTP status codes in one place. All are `KitError`: one sentence for
people, and the way out.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from customs_data.errors import InvalidSubmissionError, KitError
from customs_data.files.atomic import UnwritableError
from customs_data.files.problems import ProblemReport
from customs_data.temporary import reason_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Of PostgreSQL; the name of the database is not repeated.
_NO_DATABASE: Final = re.compile(r'database ".*" does not exist')


class WrongSecretError(KitError):
    """A token or code that nobody has; `service.access.charge_wrong` slows those who guess."""


class UnknownCodeError(WrongSecretError):
    """No such access code (HTTP 401)."""

    def __init__(self) -> None:
        super().__init__("There is no such code. Copy it again from where you got it.")


class UnknownTokenError(WrongSecretError):
    """No team has this token (HTTP 401)."""

    def __init__(self) -> None:
        super().__init__("No team has this token. Ask the organizer for yours.")


class UnknownOrganizerError(WrongSecretError):
    """A token that is not the organizer's (HTTP 401)."""

    def __init__(self) -> None:
        super().__init__(
            "This is not the organizer's token. `customs-kit leaderboard organizer-token` prints a "
            "new one."
        )


class DisabledTeamError(KitError):
    """The team was disabled by the organizer (HTTP 403)."""


class NotOpenError(KitError):
    """The competition does not accept this now (HTTP 403)."""


class NotFoundError(KitError):
    """It does not exist, or belongs to another team (HTTP 404)."""


class ConflictError(KitError):
    """It contradicts what was decided before (HTTP 409)."""


class TooLargeError(KitError):
    """The file is larger than the competition accepts (HTTP 413)."""


class RefusedFileError(InvalidSubmissionError):
    """A file that cannot be scored (HTTP 422); it does not count.

    Attributes
    ----------
    report : ProblemReport
        Every kind of problem in the file.
    """

    def __init__(self, report: ProblemReport) -> None:
        super().__init__(str(report))
        self.report = report


class QuotaError(KitError):
    """The team has used a quota (HTTP 429).

    Attributes
    ----------
    resets_at : datetime or None
        When the quota starts anew; None for that of the whole competition.
    """

    def __init__(self, message: str, resets_at: datetime | None) -> None:
        super().__init__(message)
        self.resets_at = resets_at


class UnavailableError(KitError):
    """The disk or the database does not respond (HTTP 503); not the user's fault."""


class DamagedDatabaseError(UnavailableError):
    """The database is damaged (HTTP 503): no request and no waiting will mend it.

    Attributes
    ----------
    damage : str
        What is damaged, in the database's words.
    """

    def __init__(self, damage: str) -> None:
        super().__init__(
            "The leaderboard's database is damaged, so nothing can be counted now. Tell the "
            "organizer."
        )
        self.damage = damage


class ClockError(UnavailableError):
    """The clock lies behind the newest entry of the audit log (HTTP 503).

    Attributes
    ----------
    for_organizer : str
        One sentence with both times, and the way out.
    record : callable
        Appends to the audit log that the clock is wrong; takes the session of a transaction after
        the one that this error rolled back.
    """

    def __init__(self, now: datetime, newest: datetime, record: Callable[[Session], None]) -> None:
        super().__init__(
            "The leaderboard's clock is wrong, so nothing was counted. Try again later, and tell "
            "the organizer."
        )
        self.for_organizer = (
            f"The clock shows {now:%Y-%m-%d %H:%M:%S} UTC, but the newest entry of the audit log "
            f"is of {newest:%Y-%m-%d %H:%M:%S}: set the clock of this computer. If it is right "
            "now and was ahead before, run `customs-kit leaderboard log --accept-clock REASON`."
        )
        self.record = record


@contextmanager
def organizer_errors(folder: Path) -> Iterator[None]:
    """Name the folder and the reason where the service would refer teams to the organizer.

    Raises
    ------
    KitError
        In place of an `UnavailableError`.
    """
    try:
        yield
    except ClockError as error:
        raise KitError(error.for_organizer) from error
    except DamagedDatabaseError as error:
        raise KitError(
            f"The database of {folder} is damaged ({error.damage}). Restore a backup: `customs-kit "
            f"leaderboard restore FILE --out NEW_FOLDER`. Accepted files are still in "
            f"{folder / 'submissions'}."
        ) from error
    except UnavailableError as error:
        cause = error.__cause__
        if isinstance(cause, OSError):
            raise UnwritableError(folder, reason_of(cause)) from error
        original = getattr(cause, "orig", None)
        if isinstance(original, sqlite3.Error):
            raise KitError(f"The database of {folder} cannot be used: {original}.") from error
        if _NO_DATABASE.search(str(original)):
            raise KitError(
                "PostgreSQL has no database of this name. Expected is an existing one, empty for "
                "`init` and `restore`: make it with `createdb NAME`, and check --database-url."
            ) from error
        raise KitError(
            "The competition's database does not respond. Check that it runs, and --database-url."
        ) from error
