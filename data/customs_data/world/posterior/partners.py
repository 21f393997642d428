"""How probable declarant and seller are, given the line, the true goods and the cluster."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from customs_data.world.configuration import Trade
from customs_data.world.draft import Draft
from customs_data.world.honest_trade import Population
from customs_data.world.market import Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LEAST = 1e-6  # no partner is impossible


def sellers_country(market: Market, population: Population, seller: IntArray) -> IntArray:
    """Return the country whose goods each seller delivers; -1 if unknown or any, shape (n,)."""
    sellers = population.sellers
    pool = np.searchsorted(sellers.start, seller, side="right") - 1
    house = np.searchsorted(sellers.house_start, seller, side="right") - 1
    country = np.where(seller >= sellers.first_house, house, pool // market.n_chapters)
    return np.where((seller < 0) | (seller >= len(sellers)), -1, country)


def seller_chance(
    trade: Trade,
    market: Market,
    population: Population,
    draft: Draft,
    line: IntArray,
) -> FloatArray:
    """Return the probability of each seller, 1 where the form names none; shape (n,).

    Parameters
    ----------
    draft : Draft
        Hypotheses with their true goods.
    line : int64 array, shape (n,)
        Line of each; -1 for cover, which has no usual seller.
    """
    sellers, clusters = population.sellers, population.clusters
    seller, cell = draft.seller, draft.cell
    pool, country = market.pool[cell], market.departure[cell]
    in_pool = (seller >= sellers.start[pool]) & (seller < sellers.start[pool] + sellers.size[pool])
    first_house = sellers.house_start[country]
    in_houses = (seller >= first_house) & (seller < first_house + sellers.house_size[country])
    drawn = np.where(in_pool, (1.0 - trade.house_share) / sellers.size[pool], 0.0)
    drawn = np.where(in_houses, trade.house_share / sellers.house_size[country], drawn)
    usual = (line >= 0) & (population.lines.seller[line] == seller)
    keeps = np.where(line >= 0, trade.seller_habit, 0.0)
    chance = keeps * usual + (1.0 - keeps) * drawn
    own = np.flatnonzero((draft.cluster >= 0) & (seller >= 0))
    cluster = draft.cluster[own].astype(np.int64)
    at_home = country[own] == clusters.kinship.country[cluster]
    link = np.where(at_home, clusters.seller_link[cluster], 0.0)
    epoch = draft.day[own] / clusters.seller_days[cluster]
    first = clusters.first_epoch[cluster] + np.floor(epoch).astype(np.int64)
    soon = epoch - np.floor(epoch)
    current = clusters.seller[first] == seller[own]
    next_one = clusters.seller[np.minimum(first + 1, len(clusters.seller) - 1)] == seller[own]
    linked = (1.0 - soon) * current + soon * next_one
    chance[own] = link * linked + (1.0 - link) * chance[own]
    return np.where(seller >= 0, np.maximum(chance, _LEAST * _LEAST), 1.0)


def declarant_chance(
    trade: Trade, population: Population, draft: Draft, line: IntArray
) -> FloatArray:
    """Return the probability of each declarant, given the seller where the form names one; (n,).

    Parameters are those of `seller_chance`.
    """
    clusters, kinship = population.clusters, population.clusters.kinship
    brokers = population.importers.declarant.take(draft.importer, axis=0)  # faster than an index
    chance = np.zeros(len(draft))
    for place, share in enumerate(trade.declarant_shares):
        chance = chance + share * (brokers[:, place] == draft.declarant)
    own = np.flatnonzero(draft.cluster >= 0)
    cluster = draft.cluster[own].astype(np.int64)
    among = np.zeros(len(own))
    for place in range(kinship.declarant.shape[1]):
        is_one = kinship.declarant[cluster, place] == draft.declarant[own]
        among = among + (is_one & (place < clusters.n_declarants[cluster]))
    link = clusters.drawn.declarant_link
    own_chance = link * among / clusters.n_declarants[cluster] + (1.0 - link) * chance[own]
    # Without a seller on the form, the usual one is the best guess.
    usual = np.where(line >= 0, population.lines.seller[line], -1)
    seller = np.where(draft.seller >= 0, draft.seller, usual)
    certain = np.where(draft.seller >= 0, 1.0, trade.seller_habit)
    house = seller - population.sellers.first_house
    at_house = (house >= 0) & (house < len(population.house_broker))
    follows = np.where(at_house, certain * trade.house_broker_share, 0.0)
    recommended = population.house_broker[np.where(at_house, house, 0)] == draft.declarant
    chance = follows * recommended + (1.0 - follows) * chance
    chance[own] = own_chance
    return np.asarray(np.maximum(chance, _LEAST))
