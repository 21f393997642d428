"""A month is its pieces, however it is cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customs_data.world.configuration import load_configuration
from customs_data.world.paperwork import Columns, Text
from customs_data.world.simulate import prepare
from customs_data.world.simulation import Simulation


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return prepare(load_configuration(), b"pieces of a world", n_declarations=3_000)


def plain(columns: Columns) -> dict[str, list[object]]:
    return {
        name: column.to_arrow().to_pylist() if isinstance(column, Text) else column.tolist()
        for name, column in columns.items()
    }


@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_any_cut_of_a_month_gives_the_month(simulation: Simulation, data: st.DataObject) -> None:
    month = data.draw(st.sampled_from(simulation.months_of()))
    cuts = data.draw(st.sets(st.integers(month.start + 1, month.stop - 1), max_size=5))
    edges = [month.start, *sorted(cuts), month.stop]
    pieces = [simulation.piece(start, stop) for start, stop in pairwise(edges)]
    whole = plain(simulation.month(month))
    assert plain(simulation.join_pieces(month, pieces)) == whole
    assert whole["Date"] == sorted(whole["Date"])  # type: ignore[type-var]


def test_a_piece_may_span_months(simulation: Simulation) -> None:
    first, second, *_ = simulation.months_of()
    both = plain(simulation.piece(first.stop - 20, second.start + 20))
    ends = plain(simulation.piece(first.stop - 20, first.stop))
    starts = plain(simulation.piece(second.start, second.start + 20))
    assert both == {name: [*ends[name], *starts[name]] for name in both}


def test_months_are_the_parts_of_their_period(simulation: Simulation) -> None:
    for period, months in enumerate((12, 3, 3)):
        assert len(simulation.months_of(period)) == months
        rows = [len(np.asarray(part["Date"])) for part in simulation.months(period)]
        assert rows == [month.stop - month.start for month in simulation.months_of(period)]


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 5), (2_990, 3_001)])
def test_no_piece_outside_the_world(simulation: Simulation, start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="There is no piece"):
        simulation.piece(start, stop)
