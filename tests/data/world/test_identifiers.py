"""Identifiers and streams: one secret gives unrelated worlds, and names that reveal nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from customs_data.world.configuration import Configuration
from customs_data.world.drawing.identifiers import (
    DeclarationIds,
    Permutation,
    issue_numbers,
    issue_texts,
)
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.simulate import prepare
from inside_world import SECRET

STREAMS = Streams(SECRET, "test/1")


@pytest.mark.parametrize("space", [1, 2, 3, 10, 1_000, 4_097])
def test_a_permutation_is_one(space: int) -> None:
    image = Permutation.draw("test", space, STREAMS)(np.arange(space))
    assert sorted(image.tolist()) == list(range(space))


def test_an_identifier_depends_on_its_number_alone() -> None:
    few, many = (issue_numbers("test", count, 36**7, STREAMS) for count in (1_000, 100_000))
    assert np.array_equal(few, many[:1_000])
    assert len(np.unique(many)) == 100_000
    assert 0 <= many.min() < 0.01 * 36**7 < 0.99 * 36**7 < many.max() < 36**7
    # Neither order nor neighbourhood of the numbers shows.
    assert abs(np.corrcoef(many, np.arange(100_000))[0, 1]) < 0.02
    assert abs(np.corrcoef(many[1:], many[:-1])[0, 1]) < 0.02
    assert np.median(np.abs(np.diff(many))) > 0.2 * 36**7


def test_no_table_of_the_space_is_needed() -> None:
    permutation = Permutation.draw("test", 36**7, STREAMS)
    assert permutation.keys.nbytes < 1_000


def test_kinds_of_identifiers_have_permutations_of_their_own() -> None:
    importer, seller = (issue_texts(name, 1_000, 7, STREAMS) for name in ("importer", "seller"))
    assert not set(importer.to_pylist()) & set(seller.to_pylist())
    number = DeclarationIds.draw(1_000, STREAMS).issue(0, 1_000)
    assert number.min() >= 10_000_000
    assert number.max() <= 99_999_999


def test_too_many_items_are_refused() -> None:
    with pytest.raises(ValueError, match="test: 11 items, but only 10 identifiers"):
        issue_numbers("test", 11, 10, STREAMS)


@pytest.mark.parametrize(("version", "n_rows"), [("2", 2_001), ("test", 2_000)])
def test_one_secret_gives_unrelated_worlds_for_two_sizes_or_configurations(
    configuration: Configuration, version: str, n_rows: int
) -> None:
    assert configuration.version == "2"
    first = prepare(configuration, SECRET, n_declarations=2_000)
    second = prepare(replace(configuration, version=version), SECRET, n_declarations=n_rows)
    for name in ("importer", "declarant", "seller"):
        ids = [set(getattr(world.names, name).to_pylist()) for world in (first, second)]
        assert not ids[0] & ids[1]
    declarations = [
        set(world.declaration_ids.issue(0, 2_000).tolist()) for world in (first, second)
    ]
    assert not declarations[0] & declarations[1]
    # The n-th declaration falls on another day: days of the month, apart from holidays by chance.
    days = [world.setup.calendar.day(0, 2_000) for world in (first, second)]
    assert abs(np.corrcoef(*(day % 30 for day in days))[0, 1]) < 0.15
    # And the n-th importer has other habits: log-odds, place on the circle, weight.
    for name in ("log_odds", "place", "weight"):
        traits = [
            getattr(world.setup.population.importers, name)[:500] for world in (first, second)
        ]
        assert abs(np.corrcoef(*traits)[0, 1]) < 0.2


@pytest.mark.parametrize(("count", "digits"), [(90_000_000, 8), (90_000_001, 9), (10**9, 10)])
def test_declaration_ids_have_as_many_digits_as_needed(count: int, digits: int) -> None:
    ids = DeclarationIds.draw(count, STREAMS)
    drawn = np.concatenate([ids.issue(0, 500), ids.issue(count - 500, count)])
    assert {len(str(number)) for number in drawn.tolist()} == {digits}
    assert len(np.unique(drawn)) == 1_000


def test_a_declaration_has_its_id_whatever_else_is_issued() -> None:
    ids = DeclarationIds.draw(100_000, STREAMS)
    whole = ids.issue(0, 100_000)
    assert len(np.unique(whole)) == 100_000
    assert ids.issue(32_700, 98_400).tolist() == whole[32_700:98_400].tolist()
