"""Outbreaks: frauds that begin during a season, of which no earlier label can tell."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customs_data.world.simulate import World

_CAMPAIGN = "Campaign"


def find_outbreaks(world: World) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Return which outbreak each declaration of a world belongs to.

    An outbreak is a campaign, or a ring that starts late. A declaration of both counts for the
    campaign.

    Parameters
    ----------
    world : World

    Returns
    -------
    code : ndarray of int32, shape (n_declarations,)
        Position in `names`; -1 outside outbreaks.
    names : tuple of str
    """
    ring = world.oracle["Ring"].fillna("").to_numpy(object)
    name = np.where(world.unrecorded["Late Cluster"].to_numpy(np.bool_), ring, "")
    if _CAMPAIGN in world.unrecorded:
        campaign = world.unrecorded[_CAMPAIGN].fillna("").to_numpy(object)
        name = np.where(campaign != "", campaign, name)
    names, code = np.unique(name.astype(str), return_inverse=True)
    # Sorted: no outbreak, which is the empty name, comes first if there is any.
    shift = int(len(names) > 0 and names[0] == "")
    return (code - shift).astype(np.int32), tuple(map(str, names[shift:]))
