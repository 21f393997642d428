"""Filing codes: conditional tables that agree with each other, from noisy counts."""

from __future__ import annotations

from typing import Final

from customs_data.errors import KitError
from customs_data.private_profile.tables import NoisyTables
from customs_data.private_profile.values import fill_in
from customs_data.profile import FILING_FIELDS

Tables = dict[str, dict[str, int]]

#: Fields that have no counts of their own, and their place among the columns of this table.
_DERIVED: Final = {"Mode of Transport": 0, "Import Type": 1}
_SOURCE: Final = "filing: Courier Given"


def estimate_filing(tables: NoisyTables) -> dict[str, Tables]:
    """Return the tables of all filing fields; see `Profile.filing`.

    Overall counts are sums over the conditions. A code that only the importers' table shows has the
    same share under every condition.

    Raises
    ------
    KitError
        If a field has no code that reaches a threshold.
    """
    return {field: _estimate_field(tables, field, on) for field, on in FILING_FIELDS}


def _estimate_field(tables: NoisyTables, field: str, on: tuple[str, ...]) -> Tables:
    counted: dict[tuple[str, ...], float] = {}
    if field in _DERIVED:
        place = _DERIVED[field]
        for cell, weight in tables[_SOURCE].as_dict().items():
            key = cell[: place + 1]
            counted[key] = counted.get(key, 0.0) + weight
    else:
        counted = tables[f"filing: {field}"].as_dict()
    named = f"values of {field}"
    users = tables[named].as_dict() if named in tables.released else {}
    overall = fill_in(counted, users, len(on) + 1)
    if not overall:
        raise KitError(
            f"No code of {field} is frequent enough for this epsilon. Raise epsilon, or give more "
            "declarations."
        )
    total = sum(overall.values())
    rare = {code: overall[code] for code in overall if not any(c[-1] == code for c in counted)}
    result: Tables = {"": _rounded(overall)}
    if not on:
        return result
    conditions: dict[tuple[str, ...], dict[str, float]] = {}
    for cell, weight in counted.items():
        conditions.setdefault(cell[:-1], {})[cell[-1]] = max(weight, 0.0)
    for condition, codes in sorted(conditions.items()):
        size = sum(codes.values())
        shares = {code: size * weight / total for code, weight in rare.items()}
        result["|".join(condition)] = _rounded(codes | shares)
    return result


def _rounded(weights: dict[str, float]) -> dict[str, int]:
    return {code: max(1, round(weight)) for code, weight in sorted(weights.items())}
