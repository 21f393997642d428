"""Kinds of clusters: how rings and decoys differ in style.

Every world has a few kinds. Each has a typical style and its own odds that a cluster of this kind
is a ring. So no single direction of style, and no single bit, parts rings from decoys.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from customs_data.world.configuration import Clusters as ClusterSettings
from customs_data.world.drawing.arithmetic import exponential
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.drawing.weighted_draws import draw_weighted

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Traits of a cluster's style.
STYLE_TRAITS = (
    "life",
    "pace",
    "sellers",
    "rotation",
    "declarants",
    "price",
    "regularity",
    "variety",
    "offices",
)


def draw_style(
    settings: ClusterSettings, is_ring: BoolArray, streams: Streams
) -> dict[str, FloatArray]:
    """Draw the traits of each cluster in their units, by name; arrays of shape (n_clusters,)."""
    n, n_traits = len(is_ring), len(STYLE_TRAITS)
    centre = streams.normal("kind/style", 0, settings.kinds, n_traits)
    risk = exponential(settings.kind_risk_sd * streams.normal("kind/risk", 0, settings.kinds)[:, 0])
    share = risk / (1.0 + risk)
    u = streams.uniform("cluster/kind", 0, n)[:, 0]
    kind = np.where(is_ring, draw_weighted(share, u), draw_weighted(1.0 - share, u))
    z = streams.normal("cluster/style", 0, n, n_traits)
    return {
        name: settings.style_sizes[name] * (centre[kind, i] + settings.kind_sd * z[:, i])
        for i, name in enumerate(STYLE_TRAITS)
    }
