"""Errors meant for the people who use the kit.

A :class:`KitError` says what was expected, what was found and what to do. The command line turns it
into exit status 1, the leaderboard into an HTTP 4xx; any other exception is a bug and propagates.
"""


class KitError(Exception):
    """Something the user gave the kit is not usable; the message says why and the way out."""


class InvalidDeclarationsError(KitError):
    """A file of declarations breaks the schema."""


class InvalidEditionError(KitError):
    """A folder is not a sound edition."""


class InvalidSubmissionError(KitError):
    """A submission cannot be scored."""
