"""The posterior: exact enough to be called the ceiling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from customs_data.world.cheating import Outcome, cheat_and_inspect
from customs_data.world.configuration import load_configuration
from customs_data.world.draft import Draft
from customs_data.world.drawing.arithmetic import normal_quantile
from customs_data.world.honest_trade import draw_importers
from customs_data.world.posterior.bayes import Beliefs
from customs_data.world.posterior.false_goods import repeats
from customs_data.world.posterior.values import Values
from customs_data.world.schemes import POSTERIORS, PRIORS, SCHEMES
from customs_data.world.simulate import prepare, simulate
from customs_data.world.simulation import Simulation

FloatArray = NDArray[np.float64]
N_ROWS = 20_000


@pytest.fixture(scope="module")
def simulations() -> list[Simulation]:
    configuration = load_configuration("practice")
    return [
        prepare(configuration, b"posterior %d" % number, n_declarations=N_ROWS)
        for number in range(3)
    ]


def declare(
    simulation: Simulation, start: int, stop: int, importer: NDArray[np.int32] | None = None
) -> tuple[Draft, Outcome]:
    """Return declarations, of given importers if there are any, and their truth."""
    setup = simulation.setup
    if importer is None:
        day = setup.calendar.day(start, stop)
        importer = draw_importers(setup.population, day, start, setup.streams)
    else:
        day = np.full(stop - start, 300)
    draft, risks = setup.draft(start, day, importer)
    outcome = cheat_and_inspect(
        setup.configuration, setup.market, setup.population, setup.effects, simulation.occasions,
        draft, risks, simulation.constants, setup.streams,
    )  # fmt: skip
    return draft, outcome


@pytest.fixture(scope="module")
def judged(simulations: list[Simulation]) -> list[tuple[Outcome, Beliefs]]:
    judged = []
    for simulation in simulations:
        draft, outcome = declare(simulation, 0, N_ROWS)
        judged.append((outcome, simulation.posterior.judge(draft)))
    return judged


def surprises(expected: FloatArray, y: FloatArray, groups: NDArray[np.int64]) -> FloatArray:
    """Return (labels - expected) / sd of each group; five of either label must be expected.

    With fewer, these ratios are not nearly normal: 3 honest rows of 7 at .95 give -4.9.
    """
    total = np.bincount(groups, weights=expected)
    variance = np.bincount(groups, weights=expected * (1.0 - expected))
    enough = (total >= 5.0) & (np.bincount(groups) - total >= 5.0)
    return (np.bincount(groups, weights=y) - total)[enough] / np.sqrt(variance[enough])


def precision(score: FloatArray, y: FloatArray, rate: float) -> float:
    return float(y[np.argsort(-score, kind="stable")[: int(rate * len(y))]].mean())


def log_loss(p: FloatArray, y: FloatArray) -> float:
    return float(-np.mean(y * np.log(p) + (1.0 - y) * np.log(1.0 - p)))


def test_is_calibrated(judged: list[tuple[Outcome, Beliefs]]) -> None:
    p = np.concatenate([beliefs.fraud for _, beliefs in judged])
    y = np.concatenate([outcome.fraud for outcome, _ in judged]).astype(np.float64)
    tenth = np.argsort(np.argsort(p)) * 20 // len(p)
    z = surprises(p, y, tenth)
    assert len(z) >= 18  # a twentieth of the rows has enough expected labels
    assert np.abs(z).max() < 4.0
    assert np.sum(z * z) < 45.0  # chi squared of 20: one world in a thousand is above

    critical = np.concatenate([beliefs.critical for _, beliefs in judged])
    is_critical = np.concatenate([outcome.critical == 2 for outcome, _ in judged])
    fifth = np.argsort(np.argsort(critical)) * 5 // len(p)
    assert np.abs(surprises(critical, is_critical.astype(float), fifth)).max() < 4.0


@pytest.mark.parametrize("number", range(len(SCHEMES)), ids=list(SCHEMES))
def test_schemes_are_calibrated(judged: list[tuple[Outcome, Beliefs]], number: int) -> None:
    p = np.concatenate([beliefs.violation[:, number] for _, beliefs in judged])
    y = np.concatenate([outcome.violation == number for outcome, _ in judged]).astype(float)
    # Groups with as many expected violations each: a rare scheme has fewer groups.
    order = np.argsort(p, kind="stable")
    n_groups = min(10, int(p.sum() // 6.0))
    group = np.empty(len(p), dtype=np.int64)
    group[order] = np.minimum(np.cumsum(p[order]) / p.sum() * n_groups, n_groups - 1)
    z = surprises(p, y, group)
    assert len(z) >= 2
    assert np.abs(z).max() < 4.0


def test_beats_the_prior(judged: list[tuple[Outcome, Beliefs]]) -> None:
    gains = []
    for outcome, beliefs in judged:
        y, prior, posterior = outcome.fraud.astype(float), outcome.probability, beliefs.fraud
        assert log_loss(posterior, y) < log_loss(prior, y)
        assert np.mean((posterior - y) ** 2) < np.mean((prior - y) ** 2)
        gains.append([precision(posterior, y, r) - precision(prior, y, r) for r in (0.05, 0.10)])
    assert np.mean(gains, axis=0).min() > 0.0


def test_beliefs_are_probabilities(judged: list[tuple[Outcome, Beliefs]]) -> None:
    for _, beliefs in judged:
        assert np.isfinite(beliefs.violation).all()
        assert beliefs.violation.shape == (N_ROWS, len(SCHEMES) + 1)
        assert beliefs.violation.min() >= 0.0
        assert np.allclose(beliefs.violation.sum(axis=1), 1.0)
        assert (beliefs.critical <= beliefs.fraud).all()


@pytest.mark.parametrize("kind", ["ordinary", "ring", "decoy"])
def test_agrees_with_many_declarations_of_one_importer(
    simulations: list[Simulation], kind: str
) -> None:
    """A brute-force check: the share of fraud among forms that declare the same goods."""
    simulation = simulations[0]
    importers = simulation.setup.population.importers
    clusters = simulation.setup.population.clusters
    of_ring = (importers.cluster >= 0) & clusters.is_ring[importers.cluster]
    of_decoy = (importers.cluster >= 0) & ~of_ring
    of_kind = {"ordinary": importers.cluster < 0, "ring": of_ring, "decoy": of_decoy}[kind]
    active = (importers.birth < 300) & (importers.death > 301)
    one = np.flatnonzero(of_kind & active & (importers.n_lines >= 3))[0]
    n = 60_000
    # Later draws than those of the world: any number of declarations of one importer on one day.
    draft, outcome = declare(simulation, N_ROWS, N_ROWS + n, np.full(n, one, dtype=np.int32))
    posterior = simulation.posterior.judge(draft).fraud
    y = outcome.fraud.astype(float)
    goods = np.stack([draft.hs6, draft.departure, draft.origin, draft.tax_type], axis=1)
    group = np.unique(goods, axis=0, return_inverse=True)[1].reshape(-1)
    dear = np.digitize(draft.log_price - draft.log_mass, np.arange(-5.0, 25.0, 0.7))
    z = surprises(posterior, y, group * 100 + dear)
    assert len(z) > 20
    assert np.abs(z).max() < 4.5
    assert abs(np.mean(z * z) - 1.0) < 5.0 * np.sqrt(2.0 / len(z))


def test_reads_no_truth(simulations: list[Simulation]) -> None:
    draft, _ = declare(simulations[0], 0, 2_000)
    before = simulations[0].posterior.judge(draft)
    blank = replace(draft, cell=np.zeros_like(draft.cell), cluster=np.full_like(draft.cluster, -1))
    after = simulations[0].posterior.judge(blank)
    assert np.array_equal(before.violation, after.violation)


def test_does_not_depend_on_the_other_rows(simulations: list[Simulation]) -> None:
    draft, _ = declare(simulations[1], 0, 2_000)
    whole = simulations[1].posterior.judge(draft)
    first, _ = declare(simulations[1], 0, 700)
    part = simulations[1].posterior.judge(first)
    assert np.array_equal(whole.violation[:700], part.violation)
    assert np.array_equal(whole.critical[:700], part.critical)


def test_oracle_contains_the_posterior_to_six_decimals(simulations: list[Simulation]) -> None:
    world = simulate(load_configuration("practice"), b"posterior 0", n_declarations=N_ROWS)
    oracle = world.oracle
    for name in ("Fraud Probability", "Posterior Probability", "Critical Probability"):
        values = oracle[name].to_numpy()
        assert values.min() >= 0.0
        assert values.max() < 1.0
        assert np.array_equal(values, np.rint(values * 1e6) / 1e6)
    draft, _ = declare(simulations[0], 0, N_ROWS)
    fraud = np.rint(simulations[0].posterior.judge(draft).fraud * 1e6) / 1e6
    assert np.array_equal(np.sort(oracle["Posterior Probability"].to_numpy()), np.sort(fraud))


def test_posteriors_of_schemes_add_up_to_that_of_fraud() -> None:
    world = simulate(load_configuration("practice"), b"posterior 0", n_declarations=2_000)
    for columns, whole in ((POSTERIORS, "Posterior Probability"), (PRIORS, "Fraud Probability")):
        each = world.schemes[list(columns)].to_numpy()
        assert each.min() >= 0.0
        assert np.array_equal(each, np.rint(each * 1e6) / 1e6)
        # Seven numbers and their sum, each rounded by half of a millionth at most.
        assert np.abs(each.sum(axis=1) - world.oracle[whole].to_numpy()).max() <= 4.0e-6 + 1e-12


def test_priors_of_schemes_are_calibrated() -> None:
    configuration = load_configuration("practice")
    worlds = [simulate(configuration, b"priors of %d" % n, n_declarations=N_ROWS) for n in range(2)]
    for name, column in zip(SCHEMES, PRIORS, strict=True):
        p = np.concatenate([world.schemes[column].to_numpy() for world in worlds])
        y = np.concatenate([(world.truth["Violation"] == name).to_numpy() for world in worlds])
        third = np.argsort(np.argsort(p, kind="stable"), kind="stable") * 3 // len(p)
        assert np.abs(surprises(p, y.astype(float), third)).max() < 4.0


def test_densities_by_numerical_integration(simulations: list[Simulation]) -> None:
    setup = simulations[0].setup
    values = Values(setup.configuration, setup.effects)
    depth = normal_quantile((np.arange(20_000) + 0.5) / 20_000)
    sd = setup.configuration.trade.price_sd
    mean, spread = setup.configuration.cheating.depth["undervaluation"]
    factor = setup.effects.depth_factor[list(SCHEMES).index("undervaluation")]
    hidden = np.maximum(factor * (mean + spread * depth), 0.1)
    x = np.array([-2.0, -0.7, 0.0, 0.4, 1.5])
    _, lower, _ = values.prices(x)
    expected = np.exp(-0.5 * ((x[:, None] + hidden) / sd) ** 2).mean(axis=1)
    assert np.allclose(lower, expected, rtol=0.02)

    mean, spread = setup.configuration.cheating.depth["quantity misstatement"]
    factor = setup.effects.depth_factor[list(SCHEMES).index("quantity misstatement")]
    hidden = np.maximum(factor * (mean + spread * depth), 0.2)
    for sd in (0.15, 0.35, 0.8):
        _, understated, expected_hidden = values.masses(x, np.full(len(x), sd * sd))
        density = np.exp(-0.5 * ((x[:, None] + hidden) / sd) ** 2)
        assert np.allclose(understated, density.mean(axis=1) / sd, rtol=0.03, atol=1e-9)
        certain = (density * hidden).sum(axis=1) / density.sum(axis=1)
        assert np.abs(expected_hidden - certain)[x < 0.0].max() < 0.1


def test_repeats_by_simulation() -> None:
    share = np.array([0.0, 0.3, 0.8, 0.95])
    u = (np.arange(10_000) + 0.5) / 10_000
    tries = (u[:, None] + np.arange(6) * 0.6180339887498949) % 1.0
    expected = [(tries < part).all(axis=1).mean() for part in share]
    assert np.allclose(repeats(share), expected, atol=0.001)
