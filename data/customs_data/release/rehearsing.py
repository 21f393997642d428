"""Rehearse the attack on the source of a profile, after checking that it is its source."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

import pandas as pd

from customs_data.columns.column_set import ColumnSet
from customs_data.errors import KitError
from customs_data.filling import unlike_shipped
from customs_data.private_profile.contributions import read_contributions
from customs_data.private_profile.membership import Attack, rehearse
from customs_data.private_profile.noise import SecureNoise
from customs_data.private_profile.plan import Plan
from customs_data.profile import Guarantee, Profile


def _extra_of(profile: Profile) -> dict[str, str]:
    return {name: counts.type for name, counts in profile.extra.items()}


def check_columns(profile: Profile, columns: ColumnSet) -> None:
    """Check that a source has the columns that were counted.

    Raises
    ------
    KitError
        If it has not.
    """
    counted = ColumnSet(profile.absent, _extra_of(profile))
    if columns != counted:
        raise KitError(
            f"{columns.after('The source')} and {counted.after('the source of the profile')} do "
            "not have the same columns. Give the declarations that the profile was made from."
        )


def rehearse_attack(
    profile: Profile, frames: Iterable[pd.DataFrame], on_step: Callable[[str], None]
) -> tuple[tuple[Attack, ...], str]:
    """Read the frames to the end, and attack a profile like this one.

    Returns
    -------
    attacks : tuple of Attack
        Empty if none is possible.
    reason : str
        Why none is; else "".
    """
    if "Importer ID" in profile.absent:
        deque(frames, maxlen=0)
        return (), "the source lacks Importer ID."
    contributions = read_contributions(frames, profile.absent, _extra_of(profile))
    on_step("rehearsing the attack")
    guarantee = profile.privacy
    try:
        if guarantee is None:
            least, absent = profile.min_count, profile.absent
            return rehearse(contributions, None, min_count=least, absent=absent), ""
        weight = next(table.norm for table in guarantee.tables if table.name == "products")
        plan = Plan(
            guarantee.epsilon,
            guarantee.delta,
            guarantee.most_declarations,
            weight,
            absent=profile.absent,
            extra=_extra_of(profile),
        )
        return rehearse(contributions, plan, SecureNoise()), ""
    except KitError as error:  # four fifths of the importers may be too few for this epsilon
        return (), str(error)


def problems_of_tables(profile: Profile, guarantee: Guarantee) -> list[str]:
    """Return whether a profile contains what its budget does not name, or the other way round."""
    plan = Plan(1.0, absent=profile.absent, extra=_extra_of(profile))
    problems = []
    stated = [table.name for table in guarantee.tables]
    if sorted(stated) != sorted(plan.tables):
        odd = sorted({*stated} ^ {*plan.tables}) or ["a table twice"]
        problems.append(
            f"The budget does not name the tables that the profile contains ({', '.join(odd)}). Do "
            "not release it: it was changed or damaged."
        )
    if odd := unlike_shipped(profile):
        problems.append(
            f"The profile does not say of {', '.join(odd)} what the public release does, though "
            "its source lacks them. Do not release it: it was changed, or made with another "
            "release of the kit."
        )
    return problems
