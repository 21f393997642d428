"""The master secret: committed to before the start, revealed after the close.

Every world of every team follows from it, and nobody can compute one world from another.
"""

from __future__ import annotations

from typing import Final

from customs_data.keyed_random import derive
from customs_leaderboard.season.rules import OF_WORLDS, SeasonRules
from customs_leaderboard.store.commitments import commit_to

_PURPOSE: Final = "customs-kit competition of seasons"


def commitment_of(secret: bytes, rules: SeasonRules, generator_version: str) -> str:
    """Return the commitment to a master secret and to the worlds that follow from it.

    Parameters
    ----------
    secret : bytes, 32 bytes
        Random, so that the commitment gives nothing away.
    rules : SeasonRules
        Those that decide the worlds are part of it.
    generator_version : str
        Version of customs-kit that simulates them.

    Returns
    -------
    str
        SHA-256 in hexadecimal, as of `commit_to` with the secret in hexadecimal as the salt.
    """
    facts = {name: getattr(rules, name) for name in OF_WORLDS}
    return commit_to(secret.hex(), {**facts, "generator_version": generator_version})


def world_key(secret: bytes, team_number: int, attempt: int, world: int) -> bytes:
    """Return the secret of a team's world, SHA-256 of master secret and numbers.

    Examples
    --------
    >>> world_key(bytes(32), 1, 1, 2) == world_key(bytes(32), 1, 2, 1)
    False
    """
    return derive(secret, _PURPOSE, "team", str(team_number), str(attempt), str(world))


def final_check_key(secret: bytes, world: int) -> bytes:
    """Return the secret of a world of the final check, on which all teams' code is compared."""
    return derive(secret, _PURPOSE, "final check", str(world))
