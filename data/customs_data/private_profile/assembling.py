"""From noisy tables to a consistent profile, without the declarations.

Nothing here can cost privacy: what is computed from private tables alone is as private as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from customs_data.private_profile.accounting import compose
from customs_data.private_profile.days import estimate_days
from customs_data.private_profile.filing import estimate_filing
from customs_data.private_profile.goods import estimate_goods
from customs_data.private_profile.plan import Plan
from customs_data.private_profile.tables import NoisyTables
from customs_data.private_profile.values import estimate_sizes, estimate_values, whole_shares
from customs_data.profile import Guarantee, Profile
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
        declarants nothing is counted, because the simulator reads nothing of them.

    Raises
    ------
    KitError
        If too little reaches the thresholds.
    """
    goods = estimate_goods(tables)
    first_day, day_counts = estimate_days(tables)
    rho, spent, epsilon = compose(tables.records, plan.delta)
    return Profile(
        source=dict(source),
        n_declarations=sum(goods.count),
        min_count=1,
        goods=goods,
        values=estimate_values(tables),
        filing=estimate_filing(tables),
        first_day=first_day,
        day_counts=day_counts,
        courier_counts=tuple(max(1, round(float(weight))) for weight in tables["couriers"].weight),
        degrees={
            column: estimate_sizes(tables["declarants"]) if column == "Declarant ID" else ()
            for column in ENTITY_COLUMNS
        },
        whole_share={
            "mass": whole_shares(tables["whole masses"]),
            "price": whole_shares(tables["whole prices"]),
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
    )
