"""Shells: the short-lived importers of rings and decoys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.world.agents.brokers import Declarants, SellerPools
from customs_data.world.agents.clusters import ClusterTable
from customs_data.world.agents.importers import HABITS, Importers, Lines, make_lines, number_lines
from customs_data.world.configuration import Configuration
from customs_data.world.drawing.arithmetic import exponential, logarithm, normal_quantile
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.market import Market

_TEMPLATE = ("mode", "import_type", "import_use", "payment", "indicator")
_MOST_LINES = 8


@dataclass(frozen=True)
class Shells:
    """Shells, cluster after cluster.

    Attributes
    ----------
    clusters : ClusterTable
    cluster : int32 array, shape (n_shells,)
        Cluster of each shell.
    """

    clusters: ClusterTable
    cluster: NDArray[np.int32]

    @classmethod
    def of(cls, clusters: ClusterTable) -> Shells:
        """Return as many shells as the rows of each cluster need."""
        n_shells = np.maximum(np.ceil(clusters.rows / clusters.shell_rows), 1).astype(np.int64)
        return cls(clusters, np.repeat(np.arange(len(clusters), dtype=np.int32), n_shells))

    def __len__(self) -> int:
        return len(self.cluster)


def draw_shells(
    shells: Shells,
    configuration: Configuration,
    market: Market,
    declarants: Declarants,
    streams: Streams,
    span: tuple[int, int],
) -> Importers:
    """Draw the shells of a span as importers."""
    settings, trade, clusters = configuration.clusters, configuration.trade, shells.clusters
    start, stop = span
    cluster = shells.cluster[start:stop]
    n = stop - start
    u = streams.uniform("shell/traits", start, stop, 32)
    z = normal_quantile(u[:, :2])
    life = settings.shell_shortest_life - clusters.shell_life[cluster] * logarithm(u[:, 2])
    first_day, last_day = clusters.start[cluster], clusters.end[cluster]
    # Some appear before the first day, so that the first weeks look like all others.
    appears = first_day - life + u[:, 3] * (last_day - first_day + life)
    birth = np.maximum(appears, first_day)
    death = np.minimum(appears + life, last_day)
    drawn = market.filing.draw(u[:, 4:13])
    habit = np.stack([drawn[name] for name in HABITS], axis=1)
    for column, name in enumerate(HABITS):
        loyal = u[:, 13 + column] < settings.template_loyalty
        if name in _TEMPLATE:
            usual = clusters.habit[cluster, column]
            habit[:, column] = np.where(loyal, usual, habit[:, column])
    office = HABITS.index("office")
    at_home = u[:, 19] < clusters.office_loyalty[cluster]
    habit[:, office] = np.where(at_home, clusters.office[cluster], habit[:, office])
    main = np.where(
        u[:, 20] < trade.same_office_share,
        declarants.draw_at(habit[:, office], u[:, 21]),
        declarants.draw(u[:, 21]),
    )
    second, third = declarants.draw(u[:, 22]), declarants.draw(u[:, 23])
    n_lines = np.clip(np.rint(clusters.shell_lines[cluster]), 1, _MOST_LINES)
    activity = exponential(settings.shell_activity_sd * z[:, 0])
    return Importers(
        weight=activity / np.maximum(death - birth, 7.0),
        birth=birth,
        death=death,
        first_line=np.zeros(n, dtype=np.int32),
        n_lines=n_lines.astype(np.int8),
        declarant=np.stack([main, second, third], axis=1).astype(np.int32),
        habit=habit.astype(np.int16),
        courier=u[:, 24].copy(),
        price_offset=clusters.price_offset[cluster] + trade.price_offset_sd * z[:, 1],
        mass_sd=clusters.mass_sd[cluster],
        log_odds=np.zeros(n),
        cluster=cluster,
    )


def draw_shell_lines(
    shells: Shells,
    configuration: Configuration,
    market: Market,
    pools: SellerPools,
    streams: Streams,
    importers: Importers,
    span: tuple[int, int],
) -> Lines:
    """Draw the shells' lines in a span; the shells come last in `importers`."""
    start, stop = span
    before = len(importers) - len(shells)
    owner, number = number_lines(importers, before + start, before + stop)
    choice = streams.uniform("shell/goods", start, stop, _MOST_LINES)[owner, number]
    line = np.floor(choice * configuration.clusters.lines).astype(np.int64)
    cell = shells.clusters.cell[shells.cluster[start + owner], line]
    first = int(importers.first_line[before + start]) - int(importers.first_line[before])
    return make_lines(configuration.trade, market, pools, cell, "shell", first, streams)
