"""From noisy tables to a consistent profile, without the declarations.

Nothing here can cost privacy: what is computed from private tables alone is as private as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from customs_data.filling import fill_absent
from customs_data.private_profile.accounting import compose
from customs_data.private_profile.days import estimate_days
from customs_data.private_profile.filing import estimate_filing
from customs_data.private_profile.goods import estimate_goods
from customs_data.private_profile.plan import Plan, extra_table
from customs_data.private_profile.tables import NoisyTables, Released
from customs_data.private_profile.values import (
    CLEARLY,
    estimate_sizes,
    estimate_values,
    whole_shares,
)
from customs_data.profile import ExtraCounts, Guarantee, Profile
from customs_data.schema import ENTITY_COLUMNS


def assemble(
    tables: NoisyTables, plan: Plan, noise: tuple[str, str], source: Mapping[str, str]
) -> Profile:
    """Make a profile from noisy tables.

    Parameters
    ----------
    tables : NoisyTables
        All tables of the plan.
    plan : Plan
        What they were measured with.
    noise : (str, str)
        Source and library of the noise.
    source : mapping
        Provenance, as the caller gives it.

    Returns
    -------
    Profile
        ``n_declarations`` is what the goods weigh, ``min_count`` 1. Of entities other than
        declarants nothing is counted, because the simulator reads nothing of them. What is absent
        is filled in from the shipped profile.

    Raises
    ------
    KitError
        If too little reaches the thresholds.
    """
    goods = estimate_goods(tables)
    released = tables.released
    first_day, day_counts = estimate_days(tables)
    rho, spent, epsilon = compose(tables.records, plan.delta)
    estimated = Profile(
        source=dict(source),
        n_declarations=sum(goods.count),
        min_count=1,
        goods=goods,
        values=estimate_values(tables),
        filing=estimate_filing(tables),
        first_day=first_day,
        day_counts=day_counts,
        courier_counts=tuple(
            max(1, round(float(weight)))
            for weight in (released["couriers"].weight if "couriers" in released else ())
        ),
        degrees={
            column: estimate_sizes(released["declarants"])
            if column == "Declarant ID" and "declarants" in released
            else ()
            for column in ENTITY_COLUMNS
        },
        whole_share={
            number: whole_shares(released[name])
            for number, name in (("mass", "whole masses"), ("price", "whole prices"))
            if name in released
        },
        privacy=Guarantee(
            epsilon=epsilon,
            delta=plan.delta,
            rho=rho,
            threshold_delta=spent,
            most_declarations=plan.most_declarations,
            noise=noise[0],
            library=noise[1],
            tables=tables.records,
        ),
        absent=plan.absent,
        extra={
            column: _count_extra(released[extra_table(column)], kind)
            for column, kind in plan.extra.items()
        },
    )
    return fill_absent(estimated)


def _count_extra(table: Released, kind: str) -> ExtraCounts:
    """Return the counts of an extra column; classes of noise alone are left out."""
    least = CLEARLY * table.record.scale if table.record.known_cells else 0.0
    counts = {cell[0]: round(n) for cell, n in table.as_dict().items() if n > least}
    return ExtraCounts(kind, {value: n for value, n in counts.items() if n > 0})
