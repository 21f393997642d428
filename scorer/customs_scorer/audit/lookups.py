"""Copying labels: look-ups of tuples and values, and twins across the split."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from customs_data.columns.digits import count_decimals, count_trailing_zeros
from customs_data.columns.grouping import Group, Grouping, group_sums
from customs_data.lookup import LookupTable
from customs_data.schema import KEY, LOOKUP_TUPLE
from customs_scorer.audit.evidence import AuditTest, Codes, Evidence, Skipped, lacks, upper_score

_MOST_COLUMNS = 3
# Limits for editions as large as the public release; larger ones may reach what neighbours do.
_LOOKUP_PRECISION = 0.30
_TWINS = 0.15
_TWINS_BEYOND_COINCIDENCE = 0.05
_FEWEST_COMPARED = 30

#: Labelled twins of each row, and how many of them are fraud (`LookupTable.twins`).
Twins = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def audit_lookups(evidence: Evidence) -> Iterator[AuditTest | Skipped]:
    """Measure what copying labels scores on the later rows, look-up by look-up."""
    if "Net Mass" in evidence.later:
        yield from _twins(evidence)
    else:  # without masses, equal goods on equal routes are no twins
        yield lacks("twins across the split, and their labels", "Net Mass")
    for name in ("Net Mass", "Item Price"):
        test = f"exact {name} look-up"
        if name not in evidence.later:
            yield lacks(test, name)
            continue
        yield AuditTest(
            test,
            lookup_score(evidence, (name,)),
            0.35,
            f"{evidence.metric.title} of copying the mean label of declarations with the same "
            f"{name}.",
        )


def lookup_score(evidence: Evidence, columns: tuple[str, ...]) -> float:
    """Score on later rows of copying the mean training label of equal values."""
    key = _combine(evidence, columns)
    return evidence.score(evidence.answer_by(partial(_copied, key, evidence)))


def _combine(evidence: Evidence, columns: tuple[str, ...]) -> Codes:
    """One integer per distinct combination of values, for the rows of `evidence.both`."""
    key = evidence.codes[columns[0]]
    for name in columns[1:]:
        code = evidence.codes[name]
        key = pd.factorize(key * (int(code.max()) + 1) + code)[0].astype(np.int64, copy=False)
    return key


def _copied(key: Codes, evidence: Evidence, y: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
    """Mean training label by key, for later rows; the training rate where the key is unseen."""
    early = key[~evidence.is_later]
    size = int(key.max()) + 1
    n = np.bincount(early, minlength=size)
    fraud = np.bincount(early, weights=y, minlength=size)
    rate = np.where(n > 0, fraud / np.maximum(n, 1), y.mean())
    return np.asarray(rate[key[evidence.is_later]])


def audit_best_lookup(evidence: Evidence) -> Iterator[AuditTest]:
    """Try every look-up on up to three columns that are not entities, against boosted trees."""
    best = 0.0
    columns: tuple[str, ...] = ()
    for size in range(1, _MOST_COLUMNS + 1):
        for chosen in combinations(evidence.open_columns, size):
            score = lookup_score(evidence, chosen)
            if score > best:
                best, columns = score, chosen
    features = evidence.encoded(tuple(str(name) for name in evidence.later if name != KEY))

    def boosted(y: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        if len(np.unique(y)) < 2:
            return np.zeros(len(evidence.later))
        model = HistGradientBoostingClassifier(random_state=0)
        model.fit(features[~evidence.is_later], y)
        return np.asarray(model.predict_proba(features[evidence.is_later])[:, 1])

    scores = evidence.answer_by(boosted)
    yield AuditTest(
        "best look-up on up to three columns",
        best,
        upper_score(evidence, scores),
        f"{evidence.metric.title} of the look-up on ({', '.join(columns)}), the best of all; the "
        "threshold is that of boosted trees on label-encoded columns, plus two standard errors.",
    )


def _twins(evidence: Evidence) -> Iterator[AuditTest]:
    """Test whether later rows repeat training tuples and labels more often than chance explains.

    In a larger edition more declarations share goods, route, tariff and a rounded mass by
    coincidence. The rate of coincidences, and the worth of their labels, is measured on each row's
    *neighbours*: the same tuple with a mass one step below and above. A table that repeats its rows
    has twins but few neighbours.
    """
    table = LookupTable(evidence.train, evidence.y, evidence.later)
    later, y = evidence.later, evidence.y_later
    masses = neighbouring_masses(later["Net Mass"], evidence.train["Net Mass"])
    groups = [
        table.find(rows)
        for rows in (later, *(later.assign(**{"Net Mass": mass}) for mass in masses))
    ]
    exact, below, above = (table.twins_in(group) for group in groups)

    def copied_from(group: Group) -> float:
        return evidence.score(
            evidence.answer_by(lambda y: table.mean_label(*table.relabel(y).twins_in(group)))
        )

    copied, *nearby = map(copied_from, groups)
    neighbours = float(np.mean(nearby))
    error = sqrt(2 * neighbours * (1 - neighbours) / max(0.05 * len(y), 1))
    yield AuditTest(
        "six-tuple look-up",
        copied,
        max(_LOOKUP_PRECISION, neighbours + 2 * error),
        f"{evidence.metric.title} of copying the label of the exact (HS6, departure, origin, rate, "
        f"type, mass); of neighbours, which have another mass as round: {neighbours:.4f}.",
    )
    share, coincidence = _share(exact), (_share(below) + _share(above)) / 2
    yield AuditTest(
        "twins across the split",
        share,
        max(_TWINS, coincidence + _TWINS_BEYOND_COINCIDENCE),
        "Share of later declarations whose six-tuple is in training; of neighbours: "
        f"{coincidence:.4f}.",
    )
    yield _agreement(later, y, exact, (below[0] + above[0], below[1] + above[1]))


def _share(twins: Twins) -> float:
    return float((twins[0] > 0).mean())


def _agreement(
    later: pd.DataFrame, y: npt.NDArray[np.int8], exact: Twins, neighbours: Twins
) -> AuditTest:
    """Test whether labels of twins agree more than those of neighbours."""
    compared = (exact[0] > 0) & (neighbours[0] > 0)
    n = int(compared.sum())
    excess, counts = 0.0, f"only {n} twins have a neighbour to compare with"
    if n >= _FEWEST_COMPARED:
        fraud = y[compared] == 1
        agree, chance = (
            np.where(
                fraud, n_fraud[compared] / all_[compared], 1 - n_fraud[compared] / all_[compared]
            )
            for all_, n_fraud in (exact, neighbours)
        )
        # Rows of the same goods and route are compared with the same labels: they count as one.
        but_mass = tuple(name for name in LOOKUP_TUPLE[:-1] if name in later)
        grouping = Grouping(but_mass)
        group = grouping.fit(later[list(but_mass)])[compared]
        difference = agree - chance
        mean = float(difference.mean())
        sums = group_sums(group, grouping.n_groups, difference - mean)
        spread = sqrt(float((sums**2).sum())) / n
        excess = mean / max(spread, 1e-9)
        counts = f"{agree.mean():.3f} of {n:,} agree, {chance.mean():.3f} of their neighbours"
    return AuditTest(
        "twins' labels agree by chance only",
        excess,
        3.0,
        "Standard errors by which labels of exact twins agree more than those of neighbours, "
        f"which have the same goods, route and tariff and another mass as round ({counts}).",
    )


def neighbouring_masses(
    masses: pd.Series[float], known: pd.Series[float]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the masses one step below and above, as round as the given ones.

    Parameters
    ----------
    masses : Series of float64, shape (n_rows,)
        kg.
    known : Series of float64, not empty
        All masses there are: a step is not finer than the finest of them.

    Returns
    -------
    below, above : ndarray of float64, shape (n_rows,)
        The step is the place of the last digit that is not zero, and at most half the mass.

    Examples
    --------
    >>> below, above = neighbouring_masses(pd.Series([12.3, 40.0, 100.0]), pd.Series([0.1]))
    >>> below.tolist(), above.tolist()
    ([12.2, 30.0, 90.0], [12.4, 50.0, 110.0])
    """
    distinct, place = np.unique(masses.to_numpy(np.float64), return_inverse=True)
    finest = int(_last_place(np.asarray(known.unique(), dtype=np.float64)).min())
    largest = np.floor(np.log10(np.maximum(distinct / 2, 10.0**finest))).astype(np.int64)
    step = 10.0 ** np.minimum(_last_place(distinct), largest)
    below, above = (np.round(distinct + sign * step, max(-finest, 0)) for sign in (-1, 1))
    return below[place], above[place]


def _last_place(numbers: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int64]:
    """Place of the last digit that is not zero: 2 for 1,200, -1 for 0.5; 0 for 0."""
    column = pd.Series(numbers)
    whole = numbers == np.rint(numbers)
    return np.where(whole & (numbers != 0), count_trailing_zeros(column), -count_decimals(column))
