"""The budget: what is stated follows from the noise, and the noise from what was asked."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log, sqrt

import numpy as np
import pytest

from customs_data.errors import KitError
from customs_data.private_profile.accounting import (
    membership_ceiling,
    price_known,
    price_thresholded,
    recompute,
    rho_for,
)
from customs_data.private_profile.auditing import bound_epsilon_below
from customs_data.private_profile.making import make_private_profile
from customs_data.private_profile.noise import UNIT, SecureNoise, epsilon_of
from customs_data.private_profile.plan import SHARES, Plan
from customs_data.profile import load_profile
from seeded_noise import SeededNoise

ONE = Plan(1.0)


@pytest.fixture(scope="module")
def profile(traders):
    return make_private_profile([traders], Plan(50.0))


@pytest.mark.parametrize("epsilon", [0.5, 10.0])
def test_rho_keeps_epsilon_and_wastes_little(epsilon):
    rho = rho_for(epsilon, 1e-8)
    assert epsilon_of(rho, 1e-8) <= epsilon
    assert epsilon_of(1.00001 * rho, 1e-8) > epsilon
    # Bun & Steinke's simple bound, rho + 2 sqrt(rho ln(1 / delta)), is larger.
    assert epsilon < rho + 2 * sqrt(rho * log(1e8))


def test_noise_follows_from_the_share_of_the_budget():
    # rho = norm^2 / (2 sd^2): a tenth of rho needs sqrt(10) times the noise.
    whole, tenth = price_known(ONE, 1.0, 5.0), price_known(ONE, 0.1, 5.0)
    assert tenth.scale / whole.scale == pytest.approx(sqrt(10.0))
    assert (5.0 * UNIT) ** 2 / (2 * whole.scale**2) == pytest.approx(whole.rho)
    assert whole.rho <= rho_for(1.0, 0.5e-8) * (1 + 1e-9)


def test_thresholds_leave_a_new_cell_out_but_for_delta():
    price = price_thresholded(ONE, 0.1, 20, 20, 5.0)
    assert price.delta <= 0.5e-8 / 20
    assert price.threshold > 5.0 * UNIT + 6.0 * price.scale
    # Of two tables, the one with less noise has the lower threshold.
    assert price_thresholded(ONE, 0.4, 20, 20, 5.0).threshold < price.threshold


def test_the_profile_states_what_can_be_computed_again(profile, tmp_path):
    guarantee = profile.privacy
    assert {table.name for table in guarantee.tables} == set(SHARES)
    assert guarantee.epsilon <= 50.0
    assert guarantee.delta == 1e-8
    assert sum(table.rho for table in guarantee.tables) == pytest.approx(guarantee.rho)
    epsilon, delta = recompute(guarantee)
    assert epsilon == pytest.approx(guarantee.epsilon, rel=1e-6)
    assert delta == 1e-8
    profile.save(tmp_path / "p.json.gz")
    again = load_profile(tmp_path / "p.json.gz")
    assert again == profile
    assert recompute(again.privacy) == (epsilon, delta)


def test_less_noise_than_stated_is_noticed(profile):
    tables = profile.privacy.tables
    half = replace(tables[-1], scale=tables[-1].scale / 2)
    forged = replace(profile.privacy, tables=(*tables[:-1], half))
    assert recompute(forged)[0] > 1.05 * profile.privacy.epsilon


def test_noise_from_a_seed_guarantees_nothing(traders):
    seeded = make_private_profile([traders], Plan(50.0), noise=SeededNoise())
    with pytest.raises(KitError, match="its noise was seeded, for tests"):
        recompute(seeded.privacy)


def test_a_profile_without_privacy_has_its_old_digest():
    assert load_profile().privacy is None
    assert '"privacy"' not in load_profile().to_json()


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (lambda: Plan(0.0), "Epsilon must lie in"),
        (lambda: Plan(1.0, 0.5), "Delta must lie in"),
        (lambda: Plan(1.0, most_declarations=0), "At least one declaration"),
        (lambda: Plan(1.0, shares={"months": 0.5}), "must add up to 1"),
    ],
)
def test_plans_are_checked(plan, message):
    with pytest.raises((KitError, ValueError), match=message):
        plan()


def test_too_few_declarations_are_refused(traders):
    with pytest.raises(KitError, match="Raise epsilon"):
        make_private_profile([traders.head(5)], Plan(50.0))


def test_the_membership_ceiling_is_the_area_under_two_normals_roc():
    # rho = mu^2 / 2; two normals 1 apart (rho = .5) have an AUC of Phi(1 / sqrt 2) = .760.
    assert membership_ceiling(0.5) == pytest.approx(0.760, abs=5e-4)
    assert membership_ceiling(0.0) == 0.5


class TestAudit:
    """Many runs of one table: the noise of its cells is independent, so each cell is a run."""

    N = 40_000  # with a quarter, one in seventy bounds was below a half by chance

    def test_known_cells_keep_the_stated_epsilon_and_a_tenth_of_the_noise_does_not(self):
        plan = Plan(4.0)
        price = price_known(plan, 1.0, 5.0)
        runs = np.zeros(self.N, dtype=np.int64)
        without, with_ = (
            SecureNoise().add(runs + n, price.scale).astype(float) for n in (0, 5 * UNIT)
        )
        lower = bound_epsilon_below(without, with_, plan.delta)
        assert 0.5 < lower < plan.epsilon
        careless = [
            SeededNoise(n, share=0.1).add(runs + n, price.scale).astype(float)
            for n in (0, 5 * UNIT)
        ]
        assert bound_epsilon_below(*careless, plan.delta) > plan.epsilon

    def test_new_cells_keep_delta(self):
        # A large delta, so that new cells do appear: at most delta of all runs.
        plan = Plan(4.0, delta=0.01)
        price = price_thresholded(plan, 1.0, 1, 1, 5.0)
        runs = np.full(self.N, 5 * UNIT)
        shown, _ = SecureNoise().add_above(runs, price.scale, price.threshold)
        assert 0 < len(shown) / self.N <= 0.005 + 4 * sqrt(0.005 / self.N)

    def test_the_lower_bound_is_that_of_randomized_response(self):
        # An answer that is true with probability e / (1 + e) has epsilon 1.
        rng = np.random.default_rng(1)
        p = exp(1) / (1 + exp(1))
        without, with_ = ((rng.random(200_000) < share).astype(float) for share in (1 - p, p))
        assert 0.95 < bound_epsilon_below(without, with_, 0.0) < 1.0
