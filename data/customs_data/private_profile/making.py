"""Make a private profile: bound, measure, assemble."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from customs_data.private_profile.assembling import assemble
from customs_data.private_profile.contributions import bound, read_contributions
from customs_data.private_profile.measuring import measure
from customs_data.private_profile.noise import Noise, SecureNoise
from customs_data.private_profile.plan import Plan
from customs_data.profile import Profile


def make_private_profile(
    frames: Iterable[pd.DataFrame],
    plan: Plan,
    source: Mapping[str, str] | None = None,
    *,
    noise: Noise | None = None,
    on_step: Callable[[str], None] = lambda name: None,
) -> Profile:
    """Make a profile with differential privacy for importers.

    Parameters
    ----------
    frames : iterable of DataFrame
        Declarations, part by part; see `read_frames`. Labels are not read, nor what the plan says
        is absent.
    plan : Plan
        Budget and bounds.
    source : mapping, optional
        Provenance. It is published as it is: name nothing that came from the data.
    noise : Noise, optional
        OpenDP's by default. Any other is for tests, and the profile says that it is not private.
    on_step : callable
        Called with the name of each step before it begins.

    Returns
    -------
    Profile
        With `Profile.privacy`.

    Raises
    ------
    KitError
        If OpenDP is missing, a column is missing, or there are too few declarations for epsilon.

    Notes
    -----
    Neighbouring inputs differ in all declarations of one importer. Each importer has at most
    `Plan.most_declarations` declarations that count, chosen at random; together they weigh at most
    `Plan.most_weight`. Each table gets discrete Gaussian noise in proportion to what an importer
    can change; a table whose cells only the data shows loses those below a threshold.

    References
    ----------
    Bun & Steinke, Concentrated differential privacy, TCC 2016. Canonne, Kamath & Steinke, The
    discrete Gaussian for differential privacy, NeurIPS 2020. Rogers, A unifying privacy analysis
    framework for unknown domain algorithms, arXiv:2309.09170.
    """
    noise = SecureNoise() if noise is None else noise
    on_step("reading")
    contributions = bound(
        read_contributions(frames, plan.absent, plan.extra), plan.most_declarations
    )
    tables = measure(contributions, plan, noise, on_step)
    on_step("making tables consistent")
    return assemble(tables, plan, (noise.source, noise.library), source or {})
