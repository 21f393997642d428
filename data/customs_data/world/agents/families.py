"""Families of clusters: rings and decoys that share brokers, goods, office and paperwork.

A cluster takes each of its attributes from its family with a fixed probability, and draws the
others itself. So a cluster is a pattern in a broker's book, which honest and cheating relatives
share in part, and not a community of importers and sellers that stands apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.world.agents.brokers import Declarants
from customs_data.world.configuration import Clusters as ClusterSettings
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.market import HABITS, Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Fields of the filing template that relatives share or not together.
TEMPLATE_PARTS = (("mode", "import_type"), ("import_use", "payment"), ("indicator",))
N_BROKERS = 2


@dataclass(frozen=True)
class Kinship:
    """What relatives may share; of families or of clusters, arrays of shape (n, ...).

    Attributes
    ----------
    declarant : int64, shape (n, 2)
        Brokers.
    country : int64, shape (n,)
        Country of departure of the goods.
    chapter : int64, shape (n, n_chapters)
        Chapters of the goods.
    office : int64, shape (n,)
        Customs office.
    habit : int64, shape (n, 6)
        Filing template.
    """

    declarant: IntArray
    country: IntArray
    chapter: IntArray
    office: IntArray
    habit: IntArray


def draw_families(
    settings: ClusterSettings, market: Market, declarants: Declarants, n: int, streams: Streams
) -> Kinship:
    """Draw `n` families."""
    n_chapters = settings.chapters
    u = streams.uniform("family/traits", 0, n, N_BROKERS + 10 + n_chapters)
    middling = declarants.open_to_clusters(settings.declarant_volume)
    brokers = middling[np.floor(u[:, :N_BROKERS] * len(middling)).astype(np.int64)]
    country = market.departure[market.draw_cell(u[:, N_BROKERS])]
    filing = market.filing.draw(u[:, N_BROKERS + 1 : N_BROKERS + 10])
    return Kinship(
        declarant=brokers,
        country=country,
        chapter=_draw_chapters(market, country, u[:, N_BROKERS + 10 :]),
        office=declarants.office[brokers[:, 0]],
        habit=np.stack([filing[name] for name in HABITS], axis=1),
    )


def draw_members(
    settings: ClusterSettings,
    market: Market,
    families: Kinship,
    family: IntArray,
    streams: Streams,
) -> Kinship:
    """Draw the clusters of families; each attribute is the family's or the cluster's own.

    `family` is the family of each cluster, shape (n_clusters,).
    """
    n, n_chapters = len(family), settings.chapters
    shares = streams.uniform("cluster/kin", 0, n, 2 + len(TEMPLATE_PARTS)) < settings.kin_share
    shares_chapter = streams.uniform("cluster/kin/goods", 0, n, n_chapters) < settings.kin_share
    u = streams.uniform("cluster/own", 0, n, 11 + n_chapters)
    country = np.where(
        shares[:, 0], families.country[family], market.departure[market.draw_cell(u[:, 0])]
    )
    own_chapter = _draw_chapters(market, country, u[:, 11:])
    filing = market.filing.draw(u[:, 1:10])
    habit = np.stack([filing[name] for name in HABITS], axis=1)
    office = np.where(shares[:, 1], families.office[family], habit[:, HABITS.index("office")])
    for part, names in enumerate(TEMPLATE_PARTS):
        for name in names:
            column = HABITS.index(name)
            usual = families.habit[family, column]
            habit[:, column] = np.where(shares[:, 2 + part], usual, habit[:, column])
    brokers = families.declarant[family]
    return Kinship(
        declarant=np.where(u[:, 10:11] < 0.5, brokers, brokers[:, ::-1]),
        country=country,
        chapter=np.where(shares_chapter, families.chapter[family], own_chapter),
        office=office,
        habit=habit,
    )


def _draw_chapters(market: Market, country: IntArray, u: FloatArray) -> IntArray:
    """Draw chapters among the goods that leave from each country, shape of `u`."""
    departure = np.repeat(country, u.shape[1])
    return market.chapter[market.draw_from(departure, u.reshape(-1))].reshape(u.shape)
