"""Which groups are rings, and how likely every declaration is fraud."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit, logit, logsumexp

from customs_baselines.likelihood.effects import Design
from customs_baselines.likelihood.membership import middle
from customs_baselines.likelihood.mixed_logit import (
    ImporterPrior,
    Labels,
    expect_fraud,
    fit_coefficients,
)
from customs_data.world.configuration import Configuration

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_ROUNDS = 4
_FIRST_STEPS, _STEPS = 8, 3  # of Newton's method
_PASSES = 3  # over the groups in each round
_LEAST_MEMBERSHIP, _MOST_MEMBERSHIP = 0.02, 0.98
_POINTS = np.linspace(-2.5, 2.5, 11)  # log-odds of a ring, in standard deviations
_BETWEEN_WORLDS = 0.2  # sd of rings' mean log-odds between worlds
_FIRST_RATE = 0.15


@dataclass(frozen=True)
class _Members:
    """Pairs of declaration and group, with probabilities of membership that leave some doubt."""

    row: IntArray
    group: IntArray
    share: FloatArray
    alone: FloatArray

    @classmethod
    def of(cls, membership: csr_matrix) -> _Members:
        pairs = membership.tocoo()
        kept = pairs.data > _LEAST_MEMBERSHIP
        row, group = pairs.row[kept].astype(np.int64), pairs.col[kept].astype(np.int64)
        total = np.bincount(row, weights=pairs.data[kept], minlength=membership.shape[0])
        shrink = np.minimum(_MOST_MEMBERSHIP / np.maximum(total, 1e-9), 1.0)
        share = pairs.data[kept] * shrink[row]
        alone = 1.0 - np.bincount(row, weights=share, minlength=membership.shape[0])
        return cls(row, group, share, np.asarray(alone, dtype=np.float64))


def score_declarations(
    design: Design,
    membership: csr_matrix,
    y: NDArray[np.int8],
    form: FloatArray,
    configuration: Configuration,
) -> FloatArray:
    """Return the probability of fraud of every declaration.

    In turns: effects and importers learn from labels of rows outside rings; each group's log-odds
    ratio of ring against decoy learns from its labelled rows. A ring has its own log-odds of fraud
    and feels a part of the goods' and filing's; a decoy's rows are ordinary.

    Forms without a label tell about their importers, and at last about themselves. They teach no
    effects, where errors of the likelihood would add up, and no rings: a decoy's rows look false.

    Parameters
    ----------
    design : Design
    membership : csr_matrix, shape (n, n_groups)
    y : int8 array, shape (n,)
        1, 0, or -1 for no label.
    form : float64 array, shape (n,)
        Ln of P(form | cheat) / P(form | honest); not read where there is a label.
    configuration : Configuration

    Returns
    -------
    float64 array, shape (n,)
    """
    labels, risk = Labels.of(configuration.inspection), configuration.risk
    members, rings = _Members.of(membership), _Rings.unknown(membership.shape[1], configuration)
    prior = ImporterPrior(design.importer_variance, risk)
    n_importers = len(design.importer_variance)
    rows = np.flatnonzero(y >= 0)
    known, importer = y[rows].astype(np.float64), design.importer[rows]
    form = np.where(y >= 0, 0.0, form)
    of_importer = form * members.alone
    evidence = labels.evidence(y) + of_importer
    own = (np.ones(len(rows)), (np.arange(len(rows)), importer))
    columns = csr_matrix(
        hstack([design.columns[rows], csr_matrix(own, shape=(len(rows), n_importers))])
    )
    n_effects = len(design.precision)
    precision = np.concatenate([design.precision, 1.0 / design.importer_variance])
    coefficient = np.zeros(len(precision))
    coefficient[n_effects - 1] = logit(_FIRST_RATE)
    repeats = np.full(n_importers, risk.repeat_share)
    in_ring = rings.expect(members, len(y))
    for turn in range(_ROUNDS):
        weight = 1.0 - in_ring[rows]
        mean = np.concatenate([np.zeros(n_effects), repeats * risk.repeat_log_odds])
        n_steps = _STEPS if turn else _FIRST_STEPS
        if len(rows):
            coefficient = fit_coefficients(
                columns, known, weight, labels, mean, precision, coefficient, n_steps
            )
        effects = coefficient[:n_effects]
        log_odds = design.columns @ effects
        belief, repeats = prior.after(design.importer, log_odds, evidence, 1.0 - in_ring)
        p = expect_fraud(belief, design.importer, log_odds, of_importer, labels)
        segment = design.columns[:, : design.n_segment] @ effects[: design.n_segment]
        rings, in_ring = rings.learn(members, y, p, segment, labels)
    ring, fraud = rings.score(members, segment, labels, len(y))
    return np.asarray(expit(logit((1.0 - ring) * p + fraud) + form))


@dataclass(frozen=True)
class _Rings:
    """Belief about groups.

    Attributes
    ----------
    is_ring : float64 array, shape (n_groups,)
        Probability of a ring.
    belief : float64 array, shape (n_groups, n_points)
        Of a ring's log-odds at `point`.
    point, prior : float64 arrays, shape (n_points,)
    base : float
        Share of rings among clusters' rows.
    segment_weight : float
    """

    is_ring: FloatArray
    belief: FloatArray
    point: FloatArray
    prior: FloatArray
    base: float
    segment_weight: float

    @classmethod
    def unknown(cls, n_groups: int, configuration: Configuration) -> _Rings:
        """Return what is known before any label."""
        clusters = configuration.clusters
        ring, decoy = middle(clusters.ring_share), middle(clusters.decoy_share)
        sd = np.hypot(middle(clusters.ring_log_odds_sd), _BETWEEN_WORLDS)
        prior = np.exp(-0.5 * _POINTS**2)
        prior /= prior.sum()
        base = ring / (ring + decoy)
        return cls(
            np.full(n_groups, base),
            np.tile(prior, (n_groups, 1)),
            middle(clusters.ring_log_odds) + sd * _POINTS,
            prior,
            base,
            middle(clusters.ring_segment_weight),
        )

    def expect(self, members: _Members, n: int) -> FloatArray:
        """Return the probability that each row is a ring's, shape (n,)."""
        weight = members.share * self.is_ring[members.group]
        return np.asarray(np.bincount(members.row, weights=weight, minlength=n), dtype=np.float64)

    def score(
        self, members: _Members, segment: FloatArray, labels: Labels, n: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return for each row the probability of a ring, and that of a ring and a label 1."""
        fraud = labels.fraud(self.point + self.segment_weight * segment[members.row, None])
        weight = members.share * self.is_ring[members.group]
        joint = weight * (self.belief[members.group] * fraud).sum(axis=1)
        total = np.bincount(members.row, weights=joint, minlength=n)
        return self.expect(members, n), np.asarray(total, dtype=np.float64)

    def learn(
        self,
        members: _Members,
        y: NDArray[np.int8],
        p: FloatArray,
        segment: FloatArray,
        labels: Labels,
    ) -> tuple[_Rings, FloatArray]:
        """Return the belief after labels, and the probability that each labelled row is a ring's.

        `p` is the probability of a label 1 if the row is ordinary, shape (n,).
        """
        n, n_groups = len(y), len(self.is_ring)
        pairs = y[members.row] >= 0
        row, group, share = members.row[pairs], members.group[pairs], members.share[pairs]
        fraud = labels.fraud(self.point + self.segment_weight * segment[row, None])
        as_ring = np.where(y[row, None] == 1, fraud, 1.0 - fraud)
        ordinary = np.where(y == 1, p, 1.0 - p)
        add = csr_matrix((np.ones(len(row)), (group, np.arange(len(row)))), (n_groups, len(row)))
        is_ring, belief = self.is_ring, self.belief
        for turn in range(_PASSES):
            ring = is_ring[group] * (belief[group] * as_ring).sum(axis=1)
            mixed = ring + (1.0 - is_ring[group]) * ordinary[row]
            total = members.alone * ordinary + np.bincount(row, weights=share * mixed, minlength=n)
            others = np.maximum(total[row] - share * mixed, 1e-6)
            evidence = np.log(self.prior) + add @ np.log(others[:, None] + share[:, None] * as_ring)
            decoy = add @ np.log(others + share * ordinary[row])
            whole = logsumexp(evidence, axis=1)
            belief = np.exp(evidence - whole[:, None])
            after = expit(logit(self.base) + whole - decoy)
            # Half a step at first, since groups share rows.
            is_ring = after if turn == _PASSES - 1 else (is_ring + after) / 2.0
        ring = is_ring[group] * (belief[group] * as_ring).sum(axis=1)
        mixed = ring + (1.0 - is_ring[group]) * ordinary[row]
        total = members.alone * ordinary + np.bincount(row, weights=share * mixed, minlength=n)
        part = np.bincount(row, weights=share * ring, minlength=n)
        in_ring = np.where(y >= 0, part / np.maximum(total, 1e-9), 0.0)
        learned = _Rings(is_ring, belief, self.point, self.prior, self.base, self.segment_weight)
        return learned, np.clip(in_ring, 0.0, 0.999)
