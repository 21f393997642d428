"""Errors meant for the people who use the kit.

A :class:`KitError` says what was expected, what was found and what to do. The command line turns it
into exit status 1, the leaderboard into an HTTP 4xx; any other exception is a bug and propagates.
"""


def printable(text: str) -> str:
    """Escape what could disturb a terminal or a page; line breaks stay."""
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )


class KitError(Exception):
    """Something the user gave the kit is not usable; the message says why and the way out."""

    def __init__(self, message: str) -> None:
        # Messages quote what users gave: names of files, cells, headers.
        super().__init__(printable(message))


class InvalidDeclarationsError(KitError):
    """A file of declarations breaks the schema."""


class InvalidEditionError(KitError):
    """A folder is not a sound edition."""


class InvalidSubmissionError(KitError):
    """A submission cannot be scored."""
