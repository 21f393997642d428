"""Who cheats and how, and what the inspection records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from customs_data.world.agents.clusters import ClusterTable
from customs_data.world.configuration import Configuration
from customs_data.world.draft import Draft
from customs_data.world.drawing.arithmetic import logistic, normal_quantile, ordered_sum
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.effects import Effects
from customs_data.world.honest_trade import Population
from customs_data.world.market import Market
from customs_data.world.mixes import Mixes, count_reached
from customs_data.world.schemes import SCHEMES, Chance, Occasions

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_MOST_CERTAIN = 0.97  # highest probability of cheating; generator specification, B3
_BISECTIONS = 50


@dataclass(frozen=True)
class Risks:
    """Log-odds of cheating, to which the intercept is added outside rings; shape (n,).

    Attributes
    ----------
    log_odds : float64
        Complete in rings; elsewhere without the intercept.
    in_ring : bool
    critical_weight : float64
        Relative weight of critical fraud, without the scheme's factor.
    """

    log_odds: FloatArray
    in_ring: BoolArray
    critical_weight: FloatArray

    def cheating(self, intercept: float) -> FloatArray:
        """Return the probability of cheating, shape (n,)."""
        shift = np.where(self.in_ring, 0.0, intercept)
        return np.minimum(logistic(self.log_odds + shift), _MOST_CERTAIN)


@dataclass(frozen=True)
class Constants:
    """Constants of a world, solved once on a sample of its declarations.

    Attributes
    ----------
    intercept : float
        Log-odds that give the configured fraud rate.
    critical_factor : float
        Probability of critical fraud for weight 1.
    """

    intercept: float
    critical_factor: float


@dataclass(frozen=True)
class Outcome:
    """Labels and truth of a draft; arrays of shape (n,).

    Attributes
    ----------
    fraud, critical : int8
    probability : float64
        Probability that the label is 1, before anything is drawn.
    scheme : int64
        Scheme of the importer, -1 if none.
    lookalike : int64
        Scheme that an honest declaration looks like, -1 if none.
    violation : int64
        Scheme that the inspection records for a label of 1, also of the accused; else -1.
    hidden_log_price, hidden_log_mass : float64
        Ln honest value minus ln declared value; 0 for honest declarations.
    """

    fraud: NDArray[np.int8]
    critical: NDArray[np.int8]
    probability: FloatArray
    scheme: IntArray
    lookalike: IntArray
    violation: IntArray
    hidden_log_price: FloatArray
    hidden_log_mass: FloatArray


def weigh_risks(
    configuration: Configuration,
    market: Market,
    population: Population,
    effects: Effects,
    draft: Draft,
    n_days: int,
) -> Risks:
    """Return the log-odds of each declaration from goods, filing, season and agents."""
    importers, clusters = population.importers, population.clusters
    segment = effects.segment(draft.cell, draft.filing, draft.log_mass)
    chapter = market.chapter.take(draft.cell)
    segment += effects.moment(chapter, draft.day, n_days)
    log_odds = segment + importers.log_odds.take(draft.importer)
    log_odds += population.declarant_log_odds.take(draft.declarant)
    log_odds += np.where(draft.seller >= 0, population.seller_log_odds.take(draft.seller), 0.0)
    members = np.flatnonzero(draft.cluster >= 0)  # few, so clusters are looked up for them alone
    cluster = draft.cluster[members]
    log_odds[members] += clusters.log_odds[cluster]
    log_odds += effects.campaigns.log_odds(draft.cell, draft.filing, draft.day)
    is_ring = clusters.is_ring[cluster]
    ring, cluster = members[is_ring], cluster[is_ring]
    log_odds[ring] = clusters.log_odds[cluster] + clusters.drawn.ring_segment_weight * segment[ring]
    in_ring = np.zeros(len(draft), dtype=np.bool_)
    in_ring[ring] = True
    inspection = configuration.inspection
    air = market.filing.place("mode", "40")
    weight = effects.critical_chapter.take(chapter)
    weight *= np.where(draft.filing["mode"] == air, inspection.critical_air, 1.0)
    weight[ring] *= inspection.critical_ring
    return Risks(log_odds, in_ring, weight)


def solve_constants(configuration: Configuration, risks: list[Risks]) -> Constants:
    """Solve for the configured rates, on average over `risks`."""
    joined = Risks(
        np.concatenate([part.log_odds for part in risks]),
        np.concatenate([part.in_ring for part in risks]),
        np.concatenate([part.critical_weight for part in risks]),
    )
    inspection = configuration.inspection
    n = len(joined.log_odds)
    low, high = -20.0, 20.0
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        probability = _label_probability(configuration, joined.cheating(middle))
        if ordered_sum(probability) / n < inspection.fraud_rate:
            low = middle
        else:
            high = middle
    intercept = 0.5 * (low + high)
    detected = joined.cheating(intercept) * (1.0 - inspection.missed_share)
    weighted = ordered_sum(detected * joined.critical_weight) / n
    return Constants(intercept, inspection.critical_rate / weighted)


def _label_probability(configuration: Configuration, cheating: FloatArray) -> FloatArray:
    """Return the probability that the label is 1: fraud detected, or an honest row accused."""
    inspection = configuration.inspection
    return (1.0 - inspection.missed_share) * cheating + inspection.accused_share * (1.0 - cheating)


def cheat_and_inspect(
    configuration: Configuration,
    market: Market,
    population: Population,
    effects: Effects,
    occasions: Occasions,
    draft: Draft,
    risks: Risks,
    constants: Constants,
    streams: Streams,
) -> Outcome:
    """Draw who cheats and who looks like it, change their declarations, and label all.

    Honest look-alikes of each scheme are drawn from the rows that do not cheat.
    """
    inspection = configuration.inspection
    stop = draft.start + len(draft)
    u = streams.uniform("row/label", draft.start, stop, 12)
    cheating = risks.cheating(constants.intercept)
    cheats = u[:, 0] < cheating
    is_fraud = np.where(
        cheats, u[:, 8] >= inspection.missed_share, u[:, 8] < inspection.accused_share
    )
    in_decoy = (draft.cluster >= 0) & ~risks.in_ring
    habitual = in_decoy & (u[:, 10] < population.clusters.practice_rate[draft.cluster])
    mixes = Mixes(effects, occasions)
    mix = mixes.number(draft, in_decoy)

    scheme = np.full(len(draft), -1, dtype=np.int64)
    rows = np.flatnonzero(cheats | is_fraud | habitual)
    scheme[rows] = mixes.draw(mix[rows], u[rows, 1])
    follow = rows[
        (draft.cluster[rows] >= 0) & (u[rows, 2] < configuration.cheating.principal_share)
    ]
    scheme[follow] = principal_schemes(
        configuration, market, effects, population.clusters, draft.cluster[follow]
    )
    scheme[rows] = mixes.draw_with_occasion(scheme[rows], mix[rows], u[rows, 3])

    look = np.where(habitual & ~cheats, scheme, -1)
    drawn = np.searchsorted(effects.lookalike_shares, u[:, 4], side="right")
    rows = np.flatnonzero((drawn < len(SCHEMES)) & ~cheats & ~habitual)
    look[rows] = mixes.draw_with_occasion(drawn[rows], mix[rows], u[rows, 11])
    applied = np.where(cheats, scheme, look)
    log_price, log_mass = draft.log_price.copy(), draft.log_mass.copy()
    for number, (name, function) in enumerate(SCHEMES.items()):
        rows = np.flatnonzero(applied == number)
        mean, spread = configuration.cheating.depth[name]
        chance = Chance(
            effects.depth_factor[number] * (mean + spread * normal_quantile(u[rows, 5])),
            u[rows, 6],
            u[rows, 7],
        )
        function(draft, rows, chance, occasions)

    factor = critical_factors(configuration)
    grave = constants.critical_factor * risks.critical_weight * factor[scheme]
    is_critical = is_fraud & cheats & (u[:, 9] < grave)
    return Outcome(
        fraud=is_fraud.astype(np.int8),
        critical=np.where(is_critical, 2, is_fraud).astype(np.int8),
        probability=np.rint(_label_probability(configuration, cheating) * 1e6) / 1e6,
        scheme=np.where(cheats, scheme, -1),
        lookalike=look,
        violation=np.where(is_fraud, scheme, -1),
        hidden_log_price=np.where(cheats, log_price - draft.log_price, 0.0),
        hidden_log_mass=np.where(cheats, log_mass - draft.log_mass, 0.0),
    )


def critical_factors(configuration: Configuration) -> FloatArray:
    """Return the schemes' factors on the weight of critical fraud, mean 1; (n_schemes,)."""
    given = configuration.inspection.critical_schemes
    factor = np.array([given.get(name, 1.0) for name in SCHEMES])
    weight = np.array([configuration.cheating.weights[name] for name in SCHEMES])
    return np.asarray(factor / (ordered_sum(weight * factor) / ordered_sum(weight)))


def scheme_mix(
    configuration: Configuration,
    market: Market,
    population: Population,
    effects: Effects,
    occasions: Occasions,
    draft: Draft,
    risks: Risks,
) -> FloatArray:
    """Return the probability of each scheme that a row would use, shape (n, n_schemes).

    It is known before anything is drawn: from the true goods, the cluster, and the occasions.
    """
    mixes = Mixes(effects, occasions)
    number = mixes.number(draft, (draft.cluster >= 0) & ~risks.in_ring)
    own = np.flatnonzero(draft.cluster >= 0)
    principal = principal_schemes(
        configuration, market, effects, population.clusters, draft.cluster[own]
    )
    follows = configuration.cheating.principal_share
    drawn = mixes.share[number[own]]
    drawn *= 1.0 - follows
    drawn[np.arange(len(own)), principal] += follows
    mix = _with_occasion(mixes.share, mixes.share, mixes.can).take(number, axis=0)
    mix[own] = _with_occasion(drawn, mixes.share[number[own]], mixes.can[number[own]])
    return mix


def _with_occasion(drawn: FloatArray, share: FloatArray, can: BoolArray) -> FloatArray:
    """Distribute the share of schemes that could change nothing; arrays (n, n_schemes)."""
    allowed = share * can
    without = np.cumsum(drawn * ~can, axis=1)[:, -1]
    total = np.maximum(np.cumsum(allowed, axis=1)[:, -1], 1e-12)
    return np.asarray(drawn * can + allowed * (without / total)[:, None])


def principal_schemes(
    configuration: Configuration,
    market: Market,
    effects: Effects,
    clusters: ClusterTable,
    cluster: NDArray[np.integer[Any]],
) -> IntArray:
    """Return the principal schemes of clusters, by the mix of the section of their first goods.

    Parameters
    ----------
    cluster : integer array, shape (n,)
        Numbers of the clusters.
    """
    section = market.section[clusters.cell[cluster, 0]]
    shares: FloatArray = np.concatenate([effects.scheme_shares, effects.practice_shares])
    mix = section + len(effects.scheme_shares) * ~clusters.is_ring[cluster]
    spot = (cluster * np.float64(0.6180339887498949)) % 1.0
    principal = count_reached(shares, mix, np.asarray(spot, dtype=np.float64))
    late = list(SCHEMES).index(configuration.clusters.late_scheme)
    return np.where(clusters.is_late[cluster], late, principal)
