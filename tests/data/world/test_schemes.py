"""Each scheme does what its name says, to its rows only."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from customs_data.profile import load_profile
from customs_data.world.configuration import load_configuration
from customs_data.world.draft import Draft
from customs_data.world.market import Market
from customs_data.world.schemes import SCHEMES, Chance, Occasions, check_schemes

N = 400


@pytest.fixture(scope="module")
def occasions() -> Occasions:
    return Occasions(Market.from_profile(load_profile()))


def _draft(market: Market) -> Draft:
    cell = np.arange(N, dtype=np.int64) * 23 % market.n_cells
    zeros = np.zeros(N, dtype=np.int64)
    return Draft(
        start=0,
        day=zeros.copy(),
        importer=zeros.copy(),
        declarant=zeros.copy(),
        seller=zeros.copy(),
        courier=zeros.copy(),
        filing={name: zeros.copy() for name in ("indicator", "mode", "courier_given")},
        cell=cell,
        hs6=market.hs6[cell],
        departure=market.departure[cell],
        origin=market.origin[cell],
        tax_type=market.tax_type[cell],
        rate=market.rate[cell],
        log_mass=np.full(N, 3.0),
        log_price=np.full(N, 8.0),
        cluster=zeros - 1,
    )


def _apply(name: str, occasions: Occasions) -> tuple[Draft, Draft, np.ndarray]:
    """A draft before and after a scheme worked on its even rows."""
    before, after = _draft(occasions.market), _draft(occasions.market)
    rows = np.arange(0, N, 2)
    u = (np.arange(len(rows)) + 0.5) / len(rows)
    SCHEMES[name](after, rows, Chance(np.full(len(rows), 0.5), u, u[::-1].copy()), occasions)
    return before, after, rows


def _changed(before: Draft, after: Draft) -> dict[str, np.ndarray]:
    """Rows in which each column differs."""
    columns = ("hs6", "departure", "origin", "tax_type", "rate", "log_mass", "log_price")
    changed = {
        name: np.flatnonzero(getattr(before, name) != getattr(after, name)) for name in columns
    }
    changed["indicator"] = np.flatnonzero(before.filing["indicator"] != after.filing["indicator"])
    return {name: rows for name, rows in changed.items() if len(rows)}


@pytest.mark.parametrize("name", list(SCHEMES))
def test_other_rows_and_the_true_goods_stay(name: str, occasions: Occasions) -> None:
    before, after, rows = _apply(name, occasions)
    for changed in _changed(before, after).values():
        assert set(changed) <= set(rows)
    assert np.array_equal(before.cell, after.cell)
    assert _changed(before, after)


@pytest.mark.parametrize(("name", "sign"), [("undervaluation", -1), ("overvaluation", 1)])
def test_valuation_changes_the_price_alone(name: str, sign: int, occasions: Occasions) -> None:
    before, after, rows = _apply(name, occasions)
    assert set(_changed(before, after)) == {"log_price"}
    # Depth .5 in ln units: a price of 100 becomes 60.7 or 164.9.
    assert np.allclose((after.log_price - before.log_price)[rows], 0.5 * sign)


def test_quantity_leaves_the_unit_price(occasions: Occasions) -> None:
    before, after, rows = _apply("quantity misstatement", occasions)
    assert np.allclose((after.log_mass - before.log_mass)[rows], -0.5)
    assert np.allclose(after.log_price - after.log_mass, before.log_price - before.log_mass)


@pytest.mark.parametrize("name", ["misclassification", "wrong tariff rate"])
def test_duty_falls(name: str, occasions: Occasions) -> None:
    before, after, _ = _apply(name, occasions)
    rows = _changed(before, after)["rate"]
    assert (after.rate[rows] < before.rate[rows]).all()
    assert "log_price" not in _changed(before, after)


def test_misclassified_product_really_comes_by_this_route(occasions: Occasions) -> None:
    market = occasions.market
    before, after, _ = _apply("misclassification", occasions)
    real = set(zip(market.hs6, market.departure, market.origin, market.rate, strict=True))
    for row in _changed(before, after)["rate"]:
        declared = (after.hs6[row], after.departure[row], after.origin[row], after.rate[row])
        assert declared in real
        codes = market.hs6_code[[before.hs6[row], after.hs6[row]]]
        assert codes[0][:2] == codes[1][:2]


def test_wrong_rate_is_real_for_the_product(occasions: Occasions) -> None:
    market = occasions.market
    before, after, _ = _apply("wrong tariff rate", occasions)
    real = set(zip(market.hs6, market.rate, market.tax_type, strict=True))
    for row in _changed(before, after)["rate"]:
        assert (after.hs6[row], after.rate[row], after.tax_type[row]) in real
    assert "hs6" not in _changed(before, after)


def test_false_origin_claims_an_agreement(occasions: Occasions) -> None:
    market = occasions.market
    before, after, _ = _apply("false origin", occasions)
    changed = _changed(before, after)
    assert set(changed) <= {"origin", "tax_type", "rate", "departure"}
    assert all(
        code.startswith("F") for code in market.tax_type_code[after.tax_type[changed["origin"]]]
    )
    assert 0 < len(changed["departure"]) < len(changed["origin"])


def test_origin_marking_changes_the_indicator(occasions: Occasions) -> None:
    before, after, rows = _apply("origin marking", occasions)
    assert set(_changed(before, after)) == {"indicator"}
    # The most frequent mark has a share of .28: drawn twice in a row in .08 of cases.
    assert len(_changed(before, after)["indicator"]) > 0.8 * len(rows)


def test_every_scheme_has_weight_and_depth() -> None:
    for name in ("practice", "national"):
        cheating = load_configuration(name).cheating
        assert set(cheating.weights) == set(cheating.depth) == set(SCHEMES)


def test_unknown_schemes_are_refused() -> None:
    cheating = load_configuration("practice").cheating
    with pytest.raises(ValueError, match="late_scheme"):
        check_schemes(cheating, "smuggling")
    fewer = {name: weight for name, weight in cheating.weights.items() if name != "false origin"}
    with pytest.raises(ValueError, match="false origin"):
        check_schemes(dataclasses.replace(cheating, weights=fewer), "false origin")
