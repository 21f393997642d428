"""Bayes' rule: what a form says about cheating, scheme and label."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from customs_data.world.cheating import (
    Constants,
    Risks,
    critical_factors,
    principal_schemes,
    weigh_risks,
)
from customs_data.world.draft import Draft
from customs_data.world.mixes import Mixes
from customs_data.world.posterior.false_goods import FalseGoods
from customs_data.world.posterior.hypotheses import FALSE_GOODS, Hypotheses, list_hypotheses
from customs_data.world.posterior.marks import Marks
from customs_data.world.posterior.values import Values
from customs_data.world.schemes import POSTERIORS, PRIORS, SCHEMES, Occasions
from customs_data.world.setup import WorldSetup

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_NAMES = list(SCHEMES)
_UNDER, _OVER = _NAMES.index("undervaluation"), _NAMES.index("overvaluation")
_PLAIN = _NAMES.index("misclassification")  # a scheme that changes neither mass nor mark
_QUANTITY, _MARK = _NAMES.index("quantity misstatement"), _NAMES.index("origin marking")


@dataclass(frozen=True)
class Beliefs:
    """What forms say; arrays of shape (n,) unless noted.

    Attributes
    ----------
    violation : float64, shape (n, n_schemes + 1)
        Probability of each scheme that the inspection may record; last, of the label 0. NaN for a
        form that nothing explains.
    critical : float64
        Probability of critical fraud.
    """

    violation: FloatArray
    critical: FloatArray

    @property
    def fraud(self) -> FloatArray:
        """Probability that the label is 1."""
        return 1.0 - self.violation[:, -1]


class Posterior:
    """Posterior of a world.

    Parameters
    ----------
    setup : WorldSetup
        Effects and agents.
    occasions : Occasions
    constants : Constants
    """

    def __init__(self, setup: WorldSetup, occasions: Occasions, constants: Constants) -> None:
        self._setup = setup
        self._occasions = occasions
        self._constants = constants
        self._false_goods = FalseGoods(occasions)
        self._values = Values(setup.configuration, setup.effects)
        self._marks = Marks(setup)
        self._mixes = Mixes(setup.effects, occasions)
        self._principal = principal_schemes(
            setup.configuration,
            setup.market,
            setup.effects,
            setup.population.clusters,
            np.arange(len(setup.population.clusters)),
        )
        self._tabulate_schemes()

    def columns(
        self, draft: Draft, prior: FloatArray, mix: FloatArray | None
    ) -> dict[str, FloatArray]:
        """Return the oracle's columns of a draft, to six decimals.

        Parameters
        ----------
        draft : Draft
            As declared.
        prior : float64 array, shape (n,)
            Probability of the label 1 before the form is written. Taken for a form that nothing
            explains, should there be one.
        mix : float64 array, shape (n, n_schemes), or None
            Probability of each scheme, if the label is 1, before the form is written. None leaves
            out the columns of schemes.
        """
        beliefs = self.judge(draft)
        explained = np.isfinite(beliefs.fraud)
        fraud = np.where(explained, beliefs.fraud, prior)
        critical = np.where(explained, beliefs.critical, 0.0)
        columns = {"Posterior Probability": fraud, "Critical Probability": critical}
        if mix is not None:
            for number, (after, before) in enumerate(zip(POSTERIORS, PRIORS, strict=True)):
                columns[before] = prior * mix[:, number]
                columns[after] = np.where(explained, beliefs.violation[:, number], columns[before])
        return {name: np.rint(values * 1e6) / 1e6 for name, values in columns.items()}

    def judge(self, draft: Draft) -> Beliefs:
        """Return what the forms of a draft say; its true goods and cluster are not read."""
        setup = self._setup
        possible = list_hypotheses(
            setup.configuration,
            setup.market,
            setup.population,
            self._false_goods,
            self._values.line_variance,
            draft,
        )
        risks = weigh_risks(
            setup.configuration,
            setup.market,
            setup.population,
            setup.effects,
            possible.draft,
            setup.calendar.n_days,
        )
        mark = self._marks.place(possible.draft)
        form, hidden = self._form_chances(possible, mark)
        cheats = self._cheating_chances(possible, risks, hidden, mark)
        scheme, lookalike = self._scheme_chances(possible, risks)
        n, row = len(draft), possible.row
        cheat = np.empty_like(scheme)
        other, alike = np.zeros(len(row)), np.zeros(len(row))
        for number, cheating in enumerate(cheats):
            cheat[number] = scheme[number] * cheating * form[number]
            alike += lookalike[number] * (1.0 - cheating) * form[number]
            other += lookalike[number]
        honest = (1.0 - other) * (1.0 - cheats[_PLAIN]) * form[-1] + alike
        total = _sum(cheat) + honest
        inspection = self._setup.configuration.inspection
        missed, accused = inspection.missed_share, inspection.accused_share
        grave = self._constants.critical_factor * risks.critical_weight
        factors = critical_factors(self._setup.configuration)
        whole = np.bincount(row, weights=total, minlength=n)
        whole = np.where(whole > 0.0, whole, np.nan)
        violation = np.empty((n, len(_NAMES) + 1))
        critical, label = np.zeros(len(row)), np.zeros(n)
        for number, factor in enumerate(factors):
            detected = (1.0 - missed) * cheat[number]
            critical += detected * np.minimum(grave * factor, 1.0)
            # The inspection records of an accused importer the scheme that it would have used.
            labelled = detected + accused * scheme[number] * honest
            share = np.bincount(row, weights=labelled, minlength=n) / whole
            violation[:, number] = share
            label += share
        violation[:, -1] = 1.0 - label
        return Beliefs(violation, np.bincount(row, weights=critical, minlength=n) / whole)

    def _form_chances(self, possible: Hypotheses, mark: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return the probability of each form by scheme, the last one none; (n_schemes + 1, m).

        Also returns the ln mass that understatement would hide, shape (m,).
        """
        market, importer = self._setup.market, possible.draft.importer
        usual = market.price_mean[market.hs6[possible.draft.cell]]
        usual = usual + self._setup.population.importers.price_offset[importer]
        deviation = possible.draft.log_price - possible.draft.log_mass - usual
        price, lower, higher = self._values.prices(deviation)
        mass, understated, hidden = self._values.masses(
            possible.draft.log_mass - possible.usual_mass, possible.mass_variance
        )
        plain = possible.weight * mass * price
        form = possible.goods * plain
        form[_UNDER] = possible.goods[_UNDER] * possible.weight * mass * lower
        form[_OVER] = possible.goods[_OVER] * possible.weight * mass * higher
        form[_QUANTITY] = possible.goods[_QUANTITY] * possible.weight * understated * price
        form[_MARK] *= self._marks.false.take(mark)
        return form, hidden

    def _cheating_chances(
        self, possible: Hypotheses, risks: Risks, hidden: FloatArray, mark: IntArray
    ) -> list[FloatArray]:
        """Return the probability that a declaration cheats, by its scheme; each (m,)."""
        intercept = self._constants.intercept
        weight = self._setup.population.clusters.drawn.ring_segment_weight
        counts = np.where(risks.in_ring, weight, 1.0)

        def cheating(difference: FloatArray) -> FloatArray:
            moved = replace(risks, log_odds=risks.log_odds + counts * difference)
            return moved.cheating(intercept)

        chances = [risks.cheating(intercept)] * len(_NAMES)
        chances[_QUANTITY] = cheating(self._setup.effects.mass * hidden)
        chances[_MARK] = cheating(self._marks.risk.take(mark))
        return chances

    def _tabulate_schemes(self) -> None:
        """Tabulate what schemes would be used by mix and principal scheme, the last one none.

        `_drawn` is the share of each scheme, `_scheme` the same after those that could change
        nothing are replaced, `_lookalike` that of look-alikes; (n_schemes, n_mixes) each.
        """
        n_schemes = len(_NAMES)
        follows = self._setup.configuration.cheating.principal_share
        share, can = self._mixes.share.T, self._mixes.can.T
        n_mixes = share.shape[1]
        drawn = np.repeat(share[:, None], n_schemes + 1, axis=1)
        drawn[:, :-1] *= 1.0 - follows
        drawn[np.arange(n_schemes), np.arange(n_schemes)] += follows
        self._drawn = drawn.reshape(n_schemes, -1)
        allowed = share * can
        replacement = allowed / np.maximum(_sum(allowed), 1e-12)

        def with_occasion(drawn: FloatArray, times: int) -> FloatArray:
            may = np.tile(can, times)
            return np.tile(replacement, times) * _sum(drawn * ~may) + drawn * may

        self._scheme = with_occasion(self._drawn, n_schemes + 1)
        self._alike = np.diff(self._setup.effects.lookalike_shares, prepend=0.0)
        self._lookalike = with_occasion(np.repeat(self._alike[:, None], n_mixes, axis=1), 1)

    def _scheme_chances(self, possible: Hypotheses, risks: Risks) -> tuple[FloatArray, FloatArray]:
        """Return the shares of schemes among cheats, and of look-alikes among the honest.

        Both (n_schemes, m).
        """
        clusters, cluster = self._setup.population.clusters, possible.draft.cluster
        in_decoy = (cluster >= 0) & ~risks.in_ring
        mix = self._mixes.number(possible.draft, in_decoy)
        principal = np.where(cluster >= 0, self._principal.take(cluster), len(_NAMES))
        place = mix + principal * self._lookalike.shape[1]
        scheme = self._scheme.take(place, axis=1)
        lookalike = self._lookalike.take(mix, axis=1)
        # Cover with false goods has other true goods, which gave the occasion.
        covered = np.flatnonzero(possible.is_cover)
        for number in FALSE_GOODS:
            scheme[number, covered] = self._drawn[number, place[covered]]
            lookalike[number, covered] = self._alike[number]
        habitual = np.flatnonzero(in_decoy)
        rate = clusters.practice_rate[cluster[habitual]]
        lookalike[:, habitual] = rate * scheme[:, habitual] + (1.0 - rate) * lookalike[:, habitual]
        return scheme, lookalike


def _sum(parts: FloatArray) -> FloatArray:
    """Add the rows of `parts`, first to last: numpy's order depends on the machine."""
    total = np.zeros(parts.shape[1])
    for part in parts:
        total += part
    return total
