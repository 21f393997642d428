"""Filing codes: conditional tables that agree with each other, from noisy counts."""

from __future__ import annotations

from typing import Final

from customs_data.errors import KitError
from customs_data.private_profile.plan import COUNTED, TRANSPORT, values_table
from customs_data.private_profile.tables import NoisyTables
from customs_data.private_profile.values import fill_in
from customs_data.profile import FILING_FIELDS

Tables = dict[str, dict[str, int]]

# Fields whose counts are sums over cells of one table, each on those before it.
_DERIVED: Final = COUNTED[TRANSPORT]


def estimate_filing(tables: NoisyTables) -> dict[str, Tables]:
    """Return the tables of all filing fields; see `Profile.filing`.

    Overall counts are sums over the conditions. A code that only the importers' table shows has the
    same share under every condition. Fields that the source lacks have an empty table, and are left
    out of the conditions of others.

    Raises
    ------
    KitError
        If a field has no code that reaches a threshold.
    """
    return {field: _estimate_field(tables, field) for field, _ in FILING_FIELDS}


def _estimate_field(tables: NoisyTables, field: str) -> Tables:
    name = TRANSPORT if field in _DERIVED else f"filing: {field}"
    columns = tables[name].record.columns if name in tables.released else ()
    if field not in columns:
        return {"": {}}
    n = columns.index(field) + 1
    counted: dict[tuple[str, ...], float] = {}
    for cell, weight in tables[name].as_dict().items():
        counted[cell[:n]] = counted.get(cell[:n], 0.0) + weight
    named = values_table(field)
    users = tables[named].as_dict() if named in tables.released else {}
    overall = fill_in(counted, users, n)
    if not overall:
        raise KitError(
            f"No code of {field} is frequent enough for this epsilon. Raise epsilon, or give more "
            "declarations."
        )
    total = sum(overall.values())
    rare = {code: overall[code] for code in overall if not any(c[-1] == code for c in counted)}
    result: Tables = {"": _rounded(overall)}
    if n == 1:
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
