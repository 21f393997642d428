"""Absent columns are filled in from the shipped profile, given what the source says."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from absent_columns import LEAST
from customs_data.calibration.counting import make_profile
from customs_data.columns.column_set import REQUIRED
from customs_data.columns.extra_classes import CLASSES, EDGES, classes_of_numbers
from customs_data.filling import _apportion, unlike_shipped
from customs_data.private_profile.making import make_private_profile
from customs_data.private_profile.plan import Plan
from customs_data.profile import FILING_FIELDS, absent_fields, load_profile
from customs_data.schema import DECLARED_COLUMNS
from customs_data.world.configuration import load_configuration
from customs_data.world.simulate import simulate
from seeded_noise import SeededNoise

OPTIONAL = [name for name in DECLARED_COLUMNS if name not in REQUIRED]
GOODS = ("Country of Departure", "Country of Origin", "Tax Rate", "Tax Type")
CASES = {
    **{name: (name,) for name in OPTIONAL},
    **{" and ".join(names): names for names in (GOODS[:2], GOODS[2:], GOODS[1:3], GOODS)},
    **{f"all but {' and '.join(kept)}": absent for kept, absent in LEAST.items()},
}
SHIPPED = load_profile()
PRACTICE = load_configuration("practice")


@pytest.fixture(scope="module")
def source():
    frame = simulate(PRACTICE, b"a source of the test", n_declarations=1_500).declarations
    # So many importers have three declarations that little noise is needed.
    return frame.assign(**{"Importer ID": [f"IMP{i % 500}" for i in range(len(frame))]})


@pytest.fixture(scope="module")
def whole(source):
    return make_profile(source, min_count=1)


@pytest.mark.parametrize("absent", CASES.values(), ids=CASES.keys())
def test_profile_and_world_of_a_source_without_these_columns(source, whole, absent):
    frame = source.drop(columns=list(absent))
    counted = make_profile(frame, min_count=1)
    check_filled(counted, absent)
    check_kept(counted, whole, absent)
    profile = counted
    if "Importer ID" not in absent:
        noise = SeededNoise(share=1e-6)
        profile = make_private_profile([frame], Plan(50.0, absent=absent), noise=noise)
        check_filled(profile, absent)
    made = simulate(PRACTICE, b"a secret", n_declarations=200, profile=profile).declarations
    assert set(made["HS6 Code"]) <= set(frame["HS6 Code"])
    needed = [name for name in OPTIONAL if name not in ("Seller ID", "Courier ID")]
    assert not made[needed].isna().any(axis=None)


def check_filled(profile, absent):
    """Nothing is left empty, and what is absent is stated."""
    assert profile.absent == tuple(name for name in DECLARED_COLUMNS if name in absent)
    assert not np.isnan(profile.goods.tax_rate).any()
    assert "" not in {*profile.goods.departure, *profile.goods.origin, *profile.goods.tax_type}
    assert sum(profile.goods.count) == profile.n_declarations
    assert min(profile.goods.count) >= 1
    assert unlike_shipped(profile) == []
    assert profile.degrees["Declarant ID"] or "Declarant ID" not in absent
    assert profile.whole_share.keys() == {"mass", "price"}
    for field, condition in FILING_FIELDS:
        tables = profile.filing[field]
        assert tables[""]
        for key, codes in tables.items():
            assert set(codes) <= set(tables[""])
            assert len(key.split("|")) == len(condition) or not key


def check_kept(filled, whole, absent):
    """The goods by what is there, and every table of a column that is there, are the source's."""
    parts = {"hs6": "HS6 Code"} | dict(
        zip(("departure", "origin", "tax_rate", "tax_type"), GOODS, strict=True)
    )
    there = [part for part, column in parts.items() if column not in absent]
    assert _counted(filled.goods, there) == _counted(whole.goods, there)
    assert (filled.first_day, filled.day_counts) == (whole.first_day, whole.day_counts)
    if "Net Mass" not in absent:
        assert filled.values.mass_mean == whole.values.mass_mean
        assert filled.whole_share["mass"] == whole.whole_share["mass"]
    if "Item Price" not in absent:
        assert filled.whole_share["price"] == whole.whole_share["price"]
    for field, _ in FILING_FIELDS:
        of = SHIPPED if field in absent_fields(absent) else whole
        assert filled.filing[field][""] == of.filing[field][""]


def _counted(goods, parts):
    cells = zip(*(getattr(goods, part) for part in parts), strict=True)
    counts = Counter()
    for cell, n in zip(cells, goods.count, strict=True):
        counts[cell] += n
    return counts


def test_the_filled_part_depends_on_the_rest(source):
    """Chinese goods mostly come from China, also where no one wrote the departure."""
    goods = make_profile(source.drop(columns="Country of Departure"), 1).goods
    direct = sum(
        n
        for origin, departure, n in zip(goods.origin, goods.departure, goods.count, strict=True)
        if origin == departure == "CN"
    )
    assert direct > 0.8 * _counted(goods, ["origin"])["CN",]


def test_goods_of_unknown_countries_come_from_there(source):
    unknown = source.assign(**{"Country of Origin": "QQ"}).drop(columns="Country of Departure")
    assert set(make_profile(unknown, 1).goods.departure) == {"QQ"}


def test_without_masses_a_world_has_the_prices_of_the_source(source):
    profile = make_profile(source.drop(columns="Net Mass"), min_count=5)
    made = simulate(PRACTICE, b"a secret", n_declarations=3_000, profile=profile)
    prices = [np.log(frame["Item Price"]) for frame in (source, made.declarations)]
    assert prices[1].median() == pytest.approx(prices[0].median(), abs=0.5)
    assert prices[1].std() == pytest.approx(prices[0].std(), rel=0.2)


def test_the_other_conditions_of_a_field_stay(source):
    """Payment depends on mode and courier; without the mode, still on the courier."""
    tables = make_profile(source.drop(columns="Mode of Transport"), 1).filing["Payment Type"]
    modes = SHIPPED.filing["Mode of Transport"][""]
    assert {key.split("|")[0] for key in tables if key} == {*modes}
    one, other = (
        {key.split("|")[1]: counts for key, counts in tables.items() if key.startswith(f"{mode}|")}
        for mode in [*modes][:2]
    )
    assert one == other
    assert len(one) == 2


@given(
    st.integers(1, 10_000),
    st.dictionaries(st.text("ab", max_size=3), st.integers(1, 10**6), min_size=1),
)
def test_a_count_is_divided_without_remainder(count, weights):
    parts = _apportion(count, {(key,): n for key, n in weights.items()})
    assert sum(parts.values()) == count
    for (key,), part in parts.items():
        assert part >= 1
        assert abs(part - count * weights[key] / sum(weights.values())) < 1


@settings(max_examples=50)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=False), min_size=1))
def test_classes_of_numbers_contain_them(numbers):
    for number, place in zip(numbers, classes_of_numbers(np.array(numbers)), strict=True):
        name = CLASSES[place]
        if np.isnan(number):
            assert name == ""
        elif number == 0:
            assert name == "0"
        else:
            assert name.startswith("-") == (number < 0)
            low, high = (float(end) for end in name.strip("-()").split(" to "))
            assert low <= abs(number) < high or not EDGES[0] <= abs(number) < 1e15


def test_names_of_classes_differ():
    assert len(set(CLASSES)) == len(CLASSES)
