"""Errors for the people who use the kit.

The message of a :class:`KitError` says what was expected, what was there and what to do. It becomes
exit status 1 on the command line and HTTP 4xx on the leaderboard. Any other exception is a bug.
"""


def printable(text: str) -> str:
    """Escape characters that are not printable, except line breaks."""
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )


class KitError(Exception):
    """An input cannot be used; the message says why and what to do."""

    def __init__(self, message: str) -> None:
        # Messages quote names of files, cells and headers, which may contain terminal escapes.
        super().__init__(printable(message))


class InvalidDeclarationsError(KitError):
    """A file of declarations breaks the schema."""


class InvalidEditionError(KitError):
    """A folder is not a valid edition."""


class InvalidSubmissionError(KitError):
    """A submission cannot be scored."""
