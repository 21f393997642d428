"""Shells: the short-lived importers of rings and decoys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.world.agents.brokers import Declarants, Sellers
from customs_data.world.agents.clusters import ClusterTable
from customs_data.world.agents.importers import Importers
from customs_data.world.agents.lines import Lines, make_lines, number_lines
from customs_data.world.configuration import Clusters as ClusterSettings
from customs_data.world.configuration import Configuration
from customs_data.world.drawing.arithmetic import exponential, logarithm, normal_quantile
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.market import HABITS, Market

FloatArray = NDArray[np.float64]

_TEMPLATE = ("mode", "import_type", "import_use", "payment", "indicator")
_MOST_LINES = 8


@dataclass(frozen=True)
class Shells:
    """Shells, cluster after cluster.

    Attributes
    ----------
    clusters : ClusterTable
    cluster : int32 array, shape (n_shells,)
        Cluster of each shell, its first principal.
    first : int64 array, shape (n_shells,)
        First shell of the same firm: its own number, or that of the one before it.
    reborn : bool array, shape (n_shells,)
        Whether it is the one before it under a new ID.
    """

    clusters: ClusterTable
    cluster: NDArray[np.int32]
    first: NDArray[np.int64]
    reborn: NDArray[np.bool_]

    @classmethod
    def of(cls, clusters: ClusterTable, settings: ClusterSettings, streams: Streams) -> Shells:
        """Return as many shells as the rows of each cluster need."""
        n_shells = np.maximum(np.ceil(clusters.rows / clusters.shell_rows), 1).astype(np.int64)
        n = int(n_shells.sum())
        cluster = np.repeat(np.arange(len(clusters), dtype=np.int32), n_shells)
        number = np.arange(n)
        place = number - (np.cumsum(n_shells) - n_shells)[cluster]
        even = number - place % 2
        u = streams.column("uniform", "shell/rebirth", n)
        reborn = (place % 2 == 1) & (u[even] < settings.rebirth_share)
        return cls(clusters, cluster, np.where(reborn, even, number), reborn)

    def __len__(self) -> int:
        return len(self.cluster)


def draw_shells(
    shells: Shells,
    configuration: Configuration,
    market: Market,
    declarants: Declarants,
    streams: Streams,
    first_id: int,
    span: tuple[int, int],
) -> Importers:
    """Draw the shells of a span as importers; `first_id` is the ID of the first shell of all."""
    settings, trade, clusters = configuration.clusters, configuration.trade, shells.clusters
    kinship = clusters.kinship
    start, stop = span
    cluster = shells.cluster[start:stop]
    n = stop - start
    lowest = int(shells.first[start])
    u = streams.uniform("shell/traits", lowest, stop, 32)[shells.first[start:stop] - lowest]
    z = normal_quantile(u[:, :2])
    birth, death = _draw_life(shells, settings, u[:, 2:4], streams, span)
    drawn = market.filing.draw(u[:, 4:13])
    habit = np.stack([drawn[name] for name in HABITS], axis=1)
    for column, name in enumerate(HABITS):
        loyal = u[:, 13 + column] < settings.template_loyalty
        if name in _TEMPLATE:
            usual = kinship.habit[cluster, column]
            habit[:, column] = np.where(loyal, usual, habit[:, column])
    office = HABITS.index("office")
    at_home = u[:, 19] < clusters.office_loyalty[cluster]
    habit[:, office] = np.where(at_home, kinship.office[cluster], habit[:, office])
    main = np.where(
        u[:, 20] < trade.same_office_share,
        declarants.draw_at(habit[:, office], u[:, 21]),
        declarants.draw(u[:, 21]),
    )
    second, third = declarants.draw(u[:, 22]), declarants.draw(u[:, 23])
    n_lines = np.clip(np.rint(clusters.shell_lines[cluster]), 1, _MOST_LINES)
    activity = exponential(settings.shell_activity_sd * z[:, 0])
    pace = clusters.shell_rows[cluster] / settings.shell_declarations
    return Importers(
        weight=activity * pace / np.maximum(death - birth, 7.0),
        birth=birth,
        death=death,
        first_line=np.zeros(n, dtype=np.int32),
        n_lines=n_lines.astype(np.int8),
        declarant=np.stack([main, second, third], axis=1).astype(np.int32),
        habit=habit.astype(np.int16),
        courier=u[:, 24].copy(),
        house=u[:, 25].copy(),
        place=u[:, 26].copy(),
        price_offset=clusters.price_offset[cluster] + trade.price_offset_sd * z[:, 1],
        mass_sd=clusters.mass_sd[cluster],
        log_odds=np.zeros(n),
        cluster=cluster,
        firm=(first_id + shells.first[start:stop]).astype(np.int32),
    )


def _draw_life(
    shells: Shells,
    settings: ClusterSettings,
    u: FloatArray,
    streams: Streams,
    span: tuple[int, int],
) -> tuple[FloatArray, FloatArray]:
    """Draw first and last day of the shells of a span, within the life of their cluster.

    A reborn shell appears a few days after the one before it ended. `u` are two numbers of each
    firm, shape (n, 2).
    """
    start, stop = span
    cluster, clusters = shells.cluster[start:stop], shells.clusters
    mean = clusters.shell_life[cluster]
    life = settings.shell_shortest_life - mean * logarithm(u[:, 0])
    first_day, last_day = clusters.start[cluster], clusters.end[cluster]
    # Some appear before the first day, so that the first weeks look like all others.
    appears = first_day - life + u[:, 1] * (last_day - first_day + life)
    v = streams.uniform("shell/rebirth/life", start, stop, 2)
    ends = appears + life
    again = np.minimum(ends - settings.rebirth_gap * logarithm(v[:, 0]), last_day - 1.0)
    its_life = settings.shell_shortest_life - mean * logarithm(v[:, 1])
    reborn = shells.reborn[start:stop]
    birth = np.maximum(np.where(reborn, again, appears), first_day)
    death = np.minimum(np.where(reborn, again + its_life, ends), last_day)
    return birth, np.maximum(death, birth + 1.0)


def draw_shell_lines(
    shells: Shells,
    configuration: Configuration,
    market: Market,
    sellers: Sellers,
    streams: Streams,
    importers: Importers,
    span: tuple[int, int],
) -> Lines:
    """Draw the shells' lines in a span; the shells come last in `importers`.

    Each shell has a second principal, another ring or decoy, for which some of its lines work.
    """
    start, stop = span
    clusters = shells.clusters
    before = len(importers) - len(shells)
    owner, number = number_lines(importers, before + start, before + stop)
    lowest, firm = int(shells.first[start]), shells.first[start:stop][owner]
    second = clusters.draw_by_rows(streams.uniform("shell/second", lowest, stop)[:, 0])
    u = streams.uniform("shell/goods", lowest, stop, 4 * _MOST_LINES)
    u = u.reshape(-1, 4).take((firm - lowest) * _MOST_LINES + number, axis=0)
    works_for_second = u[:, 0] < clusters.drawn.second_principal_share
    cluster = np.where(works_for_second, second[firm - lowest], shells.cluster[start + owner])
    return make_lines(
        configuration.trade,
        market,
        sellers,
        clusters.draw_goods(cluster, u[:, 1]),
        cluster,
        importers.house[before + start + owner],
        importers.place[before + start + owner],
        u[:, 2:],
    )
