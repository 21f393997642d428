"""What is looked up in a table is what would be searched or computed for each row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from customs_data.world.agents.roster import Roster
from customs_data.world.drawing.weighted_draws import GroupedTable
from customs_data.world.mixes import Mixes
from customs_data.world.paperwork import Text, order_of_ids
from customs_data.world.posterior.false_goods import _Cells
from inside_world import Inside

UNIFORM = st.floats(0.0, 1.0, exclude_max=True) | st.just(1.0 - 2.0**-53)


@given(st.data())
def test_a_guide_finds_what_a_search_finds(data: st.DataObject) -> None:
    groups = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=30))
    weight = data.draw(st.lists(st.floats(1e-9, 1e9), min_size=len(groups), max_size=len(groups)))
    table = GroupedTable.from_weights(np.array(groups), np.array(weight), 6)
    # So many numbers that the table makes its guide, edges of the table among them.
    near = [float(edge % 1.0) for edge in table.edges]
    u = np.array(data.draw(st.lists(UNIFORM, min_size=2, max_size=50)) + near * 2)
    group = np.resize(np.arange(6), len(u))
    place = np.searchsorted(table.edges, group + u, side="right")
    place = np.minimum(place, table.starts[group + 1] - 1)
    expected = np.where(table.has(group), table.items[np.maximum(place, 0)], -1)
    assert table.draw(group, u).tolist() == expected.tolist()
    assert "_guide" in vars(table)
    alone = [int(table.draw(group[i : i + 1], u[i : i + 1])[0]) for i in range(len(u))]
    assert alone == expected.tolist()


def test_a_roster_lists_who_is_alive_in_a_week(inside: Inside) -> None:
    importers, roster = inside.population.importers, inside.population.roster
    for week in (0, 1, roster.n_weeks // 2, roster.n_weeks - 1):
        start, end = week * Roster.DAYS, (week + 1) * Roster.DAYS
        days = np.minimum(importers.death, end) - np.maximum(importers.birth, start)
        table = roster._table(week)
        assert np.array_equal(table.items, np.flatnonzero(days > 0.0))
        # The last edge of each class is its number plus one.
        last = table.starts[1:][np.diff(table.starts) > 0] - 1
        assert np.array_equal(table.edges[last], np.flatnonzero(np.diff(table.starts)) + 1.0)
        weight = importers.weight[table.items] * np.minimum(days[table.items], Roster.DAYS)
        first = np.cumsum(weight[: table.starts[1]])
        assert np.array_equal(table.edges[: table.starts[1] - 1], (first / first[-1])[:-1])


def test_mixes_are_those_of_section_cluster_and_occasions(inside: Inside) -> None:
    setup, occasions = inside.simulation.setup, inside.simulation.occasions
    draft, risks = inside.draft()
    in_decoy = (draft.cluster >= 0) & ~risks.in_ring
    mixes = Mixes(setup.effects, occasions)
    mix = mixes.number(draft, in_decoy)
    section = setup.market.section[draft.cell]
    shares = np.where(
        in_decoy[:, None],
        setup.effects.practice_shares[section],
        setup.effects.scheme_shares[section],
    )
    assert np.array_equal(mixes.running[mix], shares)
    assert np.array_equal(mixes.can[mix], occasions.can(draft))
    u = setup.streams.uniform("test/mix", 0, len(draft))[:, 0]
    drawn = mixes.draw(mix, u)
    assert np.array_equal(drawn, np.minimum((shares <= u[:, None]).sum(axis=1), 6))
    possible = mixes.draw_with_occasion(drawn, mix, u)
    assert mixes.can[mix, possible].all()
    could = mixes.can[mix, drawn]
    assert np.array_equal(possible[could], drawn[could])


def test_season_of_many_rows_is_that_of_each(inside: Inside) -> None:
    setup = inside.simulation.setup
    draft, _ = inside.draft()
    chapter, n_days = setup.market.chapter[draft.cell], setup.calendar.n_days
    month = np.flatnonzero(draft.day < 31)
    table = setup.effects.moment(chapter[month], draft.day[month], n_days)
    rows = month[:50]
    alone = setup.effects.moment(chapter[rows], draft.day[rows], n_days)
    assert np.array_equal(table[:50], alone)
    assert len(setup.effects.moment(chapter[:0], draft.day[:0], n_days)) == 0


def test_cells_are_found_by_product_departure_and_claim(inside: Inside) -> None:
    market, claim = inside.simulation.setup.market, inside.simulation.occasions.claim
    cells = _Cells.sort(market, claim)
    cell = cells.find(market.hs6, market.departure, claim)
    assert np.array_equal(cell, np.arange(market.n_cells))
    beyond = np.full(market.n_cells, claim.max() + 1)
    assert (cells.find(market.hs6, market.departure, beyond) == -1).all()
    assert (cells.find(market.hs6, market.departure, beyond * 0 - 1) == -1).all()


@given(st.lists(st.text("059AMZ", min_size=7, max_size=7), unique=True))
def test_ids_are_in_alphabetical_order(ids: list[str]) -> None:
    texts = pa.array(ids, pa.string())
    assert texts.take(pa.array(order_of_ids(texts))).to_pylist() == sorted(ids)


@given(st.lists(st.integers(-1, 4)))
def test_texts_of_one_length_are_taken_as_others(code: list[int]) -> None:
    values = pa.array(["xxx", "abc", "def", "ghi", "jkl", "mno"]).slice(1)
    codes = np.array(code, dtype=np.int32)
    fast, slow = Text(codes, values, 3).to_arrow(), Text(codes, values).to_arrow()
    fast.validate(full=True)
    assert fast.equals(slow)
    assert fast.null_count == slow.null_count
