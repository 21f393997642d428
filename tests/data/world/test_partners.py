"""Honest trade and its partners: trading houses, specialists, circles, firms that register anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from customs_data.world.agents.importers import Importers, draw_ordinary_importers
from customs_data.world.configuration import Configuration
from customs_data.world.simulate import prepare
from inside_world import SECRET, Inside


@pytest.fixture(scope="module")
def without_links(configuration: Configuration) -> Inside:
    return Inside(prepare(configuration, SECRET, with_links=False))


def ordinary(importers: Importers) -> np.ndarray:
    """One importer per ordinary firm, in the order of their places on the circle."""
    number = np.arange(len(importers))
    firms = np.flatnonzero((importers.cluster < 0) & (importers.firm == number))
    return firms[np.argsort(importers.place[firms])]


def test_trading_houses_sell_goods_of_many_chapters_and_recommend_a_broker(
    configuration: Configuration, inside: Inside
) -> None:
    trade, population, draft = configuration.trade, inside.population, inside.honest
    sellers = population.sellers
    free = (draft.cluster < 0) & (draft.seller >= 0)
    at_house = free & (draft.seller >= sellers.first_house) & (draft.seller < len(sellers))
    assert abs(at_house.sum() / free.sum() - trade.house_share) < 0.02
    market = inside.simulation.setup.market
    goods = pd.DataFrame(
        {"seller": draft.seller, "chapter": market.chapter[draft.cell], "from": draft.departure}
    )[at_house]
    houses = goods.groupby("seller").agg(
        n=("chapter", "size"), chapters=("chapter", "nunique"), countries=("from", "nunique")
    )
    assert (houses["countries"] == 1).all()
    assert (houses["chapters"][houses["n"] >= 10] > 1).mean() > 0.8
    recommended = population.house_broker[draft.seller[at_house] - sellers.first_house]
    follows = (draft.declarant[at_house] == recommended).mean()
    assert abs(follows - trade.house_broker_share) < 0.02


def test_an_importer_has_a_main_house_in_each_country(
    configuration: Configuration, inside: Inside
) -> None:
    sellers, share = inside.population.sellers, configuration.trade.main_house_share
    n = 20_000
    pool = np.full(n, int(np.argmax(sellers.size)))
    u = (np.arange(n) + 0.5) / n
    drawn = sellers.draw(pool, u, np.full(n, 0.3), np.full(n, 0.5))
    house = drawn[drawn >= sellers.first_house]
    assert abs(len(house) / n - configuration.trade.house_share) < 1e-3
    most = np.bincount(house).max() / len(house)
    assert share <= most < share + 0.1  # any house may be the main one, too


def test_sellers_of_several_chapters_name_no_cluster(
    configuration: Configuration, inside: Inside
) -> None:
    """The rule that broke version 1: such a seller belonged to a ring or decoy for certain."""
    clusters, sellers, draft = inside.population.clusters, inside.population.sellers, inside.honest
    own = clusters.seller >= len(sellers)
    assert abs(own.mean() - configuration.clusters.own_seller_share) < 0.07
    # All others are houses of the cluster's country, which sell to everybody.
    assert (clusters.seller[~own] >= sellers.first_house).all()
    market = inside.simulation.setup.market
    rows = pd.DataFrame(
        {"seller": draft.seller, "pool": market.pool[draft.cell], "free": draft.cluster < 0}
    )
    known = rows[rows["seller"] >= 0].groupby("seller")
    several = known.agg(pools=("pool", "nunique"), n=("free", "size"), free=("free", "sum"))
    several = several[several["pools"] > 1]
    assert (several["free"] > 0).mean() > 0.6
    assert several["free"].sum() / several["n"].sum() > 0.3


def test_some_brokers_specialise_in_the_first_line_of_their_clients(
    configuration: Configuration, inside: Inside
) -> None:
    setup, declarants = inside.simulation.setup, inside.population.declarants
    nobody_near = replace(configuration.trade, near_share=0.0)
    importers = draw_ordinary_importers(
        replace(configuration, trade=nobody_near), setup.market, setup.effects, declarants,
        54_000, 547, setup.streams, (0, 9_000),
    )  # fmt: skip
    goods = setup.streams.uniform("importer/goods", 0, 9_000, 16)[importers.firm, 0]
    section = setup.market.section[setup.market.draw_cell(goods)]
    match = (declarants.section[importers.declarant] == section[:, None]).mean(axis=0)
    share, chance = configuration.trade.specialist_share, match[2]
    for number in (0, 1):
        assert abs(match[number] - (share + (1 - share) * chance)) < 0.03
    assert chance < 0.3


def test_some_blocks_of_three_ids_are_one_firm_that_divides_its_life(
    configuration: Configuration, inside: Inside
) -> None:
    importers, lines = inside.population.importers, inside.population.lines
    n = int((importers.cluster < 0).sum()) // 3 * 3
    firm = importers.firm[:n].reshape(-1, 3)
    one = (firm == firm[:, :1]).all(axis=1)
    assert abs(one.mean() - configuration.trade.succession_share) < 0.025
    assert np.array_equal(firm[~one].reshape(-1), np.arange(n).reshape(-1, 3)[~one].reshape(-1))
    for name in ("declarant", "habit", "courier", "house", "place", "log_odds", "n_lines"):
        trait = getattr(importers, name)[:n]
        trait = trait.reshape(len(one), 3, -1)
        assert (trait[one] == trait[one, :1]).all()
    birth, death = (getattr(importers, name)[:n].reshape(-1, 3) for name in ("birth", "death"))
    assert np.allclose(death[one, :2], birth[one, 1:])
    assert (death[one] >= birth[one]).all()
    # The same goods from the same sellers, for the same clusters.
    first = importers.first_line[:n].reshape(-1, 3)[one]
    for column in (lines.cell, lines.seller, lines.cluster, lines.log_mass):
        assert np.array_equal(column[first[:, 0]], column[first[:, 1]])
        assert np.array_equal(column[first[:, 0]], column[first[:, 2]])


def test_neighbours_on_the_circle_share_brokers(inside: Inside, without_links: Inside) -> None:
    for world, shared in ((inside, True), (without_links, False)):
        importers = world.population.importers
        broker = importers.declarant[ordinary(importers)]
        beside = (broker[1:] == broker[:-1]).mean(axis=0)
        chance = (broker == np.roll(broker, len(broker) // 2, axis=0)).mean(axis=0)
        assert (beside[:2] > 5 * chance[:2]).all() == shared
        assert beside[2] < 0.01  # the third broker is anybody


def test_sellers_are_near_their_buyers(
    configuration: Configuration, inside: Inside, without_links: Inside
) -> None:
    near_share = {True: configuration.trade.seller_near_share, False: 0.0}
    for world, linked in ((inside, True), (without_links, False)):
        population, market = world.population, world.simulation.setup.market
        importers, lines, sellers = population.importers, population.lines, population.sellers
        owner = np.repeat(np.arange(len(importers)), importers.n_lines)
        pool = market.pool[lines.cell]
        rows = (sellers.size[pool] > 100) & (lines.seller < sellers.first_house)
        spot = (lines.seller - sellers.start[pool] + 0.5) / sellers.size[pool]
        way = np.abs(spot - importers.place[owner])[rows]
        # Within .02, six standard deviations and the width of a seller; by chance 4 %.
        close = (np.minimum(way, 1.0 - way) < 0.02).mean()
        expected = near_share[linked] + 0.04 * (1.0 - near_share[linked])
        assert abs(close - expected) < 0.03


def test_risk_changes_smoothly_along_the_circle(
    configuration: Configuration, inside: Inside
) -> None:
    effects = inside.simulation.setup.effects
    place = (np.arange(40_000) + 0.5) / 40_000
    risk = effects.on_circle(place)
    between_points = configuration.risk.circle_declarations / 54_000
    step = np.abs(effects.on_circle((place + 0.01 * between_points) % 1.0) - risk)
    assert step.max() < 0.1 * np.abs(effects.circle).max()
    # At the points it has the drawn values, also where the circle closes.
    points = np.arange(len(effects.circle)) / len(effects.circle)
    assert np.allclose(effects.on_circle(points), effects.circle)
    assert abs(effects.on_circle(np.array([1.0 - 1e-12]))[0] - effects.circle[0]) < 1e-6
    spread = effects.circle.std() / configuration.risk.circle_sd
    assert abs(spread - 1.0) < 5 / np.sqrt(2 * len(effects.circle))
    # Far apart, places have nothing in common.
    far = np.corrcoef(risk, np.roll(risk, round(40_000 * 5 * between_points)))[0, 1]
    assert abs(far) < 0.35


def test_a_relation_carries_risk_unless_links_are_off(
    inside: Inside, without_links: Inside
) -> None:
    """Clients of one broker are alike in risk, because they are neighbours."""
    for world, carries in ((inside, True), (without_links, False)):
        importers = world.population.importers
        firms = ordinary(importers)
        risk = world.simulation.setup.effects.on_circle(importers.place[firms])
        clients = pd.Series(risk).groupby(importers.declarant[firms, 0])
        mean = clients.mean()[clients.size() >= 5]
        by_chance = (risk.var() / clients.size()[clients.size() >= 5]).mean()
        assert (mean.var() > 2 * by_chance) == carries
        assert mean.var() > 0.7 * by_chance


def test_without_links_clusters_share_neither_brokers_nor_sellers(without_links: Inside) -> None:
    clusters, draft = without_links.population.clusters, without_links.honest
    rows = draft.cluster >= 0
    cluster = draft.cluster[rows]
    through = (clusters.kinship.declarant[cluster] == draft.declarant[rows, None]).any(axis=1)
    assert through.mean() < 0.05
    assert (draft.seller < len(without_links.population.sellers)).all()
