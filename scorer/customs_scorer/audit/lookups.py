"""Copying labels: look-ups of tuples and values, and twins across the split."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import sqrt

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from customs_data.lookup import is_unseen
from customs_data.schema import LOOKUP_TUPLE
from customs_scorer.audit.evidence import (
    OPEN_COLUMNS,
    AuditTest,
    Codes,
    Evidence,
    upper_precision,
)
from customs_scorer.metrics import precision_at

_MOST_COLUMNS = 3


def audit_lookups(evidence: Evidence) -> Iterator[AuditTest]:
    """Measure what copying labels scores on the later rows."""
    yield AuditTest(
        "six-tuple look-up",
        lookup_precision(evidence, LOOKUP_TUPLE),
        0.30,
        "precision@5 % of copying the label of the exact (HS6, departure, origin, rate, type, "
        "mass).",
    )
    for name in ("Net Mass", "Item Price"):
        yield AuditTest(
            f"exact {name} look-up",
            lookup_precision(evidence, (name,)),
            0.35,
            f"precision@5 % of copying the mean label of declarations with the same {name}.",
        )
    yield _best_lookup(evidence)
    yield from _twins(evidence)


def lookup_precision(evidence: Evidence, columns: tuple[str, ...]) -> float:
    """precision@5 % on later rows of the mean training label of equal values."""
    scores = _copied(_combine(evidence, columns), evidence)
    return precision_at(evidence.y_later, scores, 0.05)


def _combine(evidence: Evidence, columns: tuple[str, ...]) -> Codes:
    """One integer a distinct combination of values; rows of `evidence.both`."""
    key = np.zeros(len(evidence.y_both), dtype=np.int64)
    for name in columns:
        code = evidence.codes[name]
        key = np.unique(key * (int(code.max()) + 1) + code, return_inverse=True)[1]
    return key


def _copied(key: Codes, evidence: Evidence) -> npt.NDArray[np.float64]:
    """Mean training label by key, for later rows; the training rate where the key is unseen."""
    early = key[~evidence.is_later]
    size = int(key.max()) + 1
    n = np.bincount(early, minlength=size)
    fraud = np.bincount(early, weights=evidence.y, minlength=size)
    rate = np.where(n > 0, fraud / np.maximum(n, 1), evidence.y.mean())
    return np.asarray(rate[key[evidence.is_later]])


def _best_lookup(evidence: Evidence) -> AuditTest:
    """Every look-up on up to three columns that are not entities, against plain boosted trees."""
    best = 0.0
    columns: tuple[str, ...] = ()
    for size in range(1, _MOST_COLUMNS + 1):
        for chosen in combinations(OPEN_COLUMNS, size):
            found = lookup_precision(evidence, chosen)
            if found > best:
                best, columns = found, chosen
    features = evidence.encoded(tuple(evidence.codes)[1:])  # all columns but the key
    model = HistGradientBoostingClassifier(random_state=0)
    model.fit(features[~evidence.is_later], evidence.y)
    scores = model.predict_proba(features[evidence.is_later])[:, 1]
    return AuditTest(
        "best look-up on up to three columns",
        best,
        upper_precision(evidence, scores),
        f"precision@5 % of the look-up on ({', '.join(columns)}), the best of all; the threshold "
        "is that of boosted trees on label-encoded columns, plus two standard errors.",
    )


def _twins(evidence: Evidence) -> Iterator[AuditTest]:
    """Share of later rows that repeat a training tuple, and whether their labels agree."""
    seen = ~is_unseen(evidence.train, evidence.later)
    yield AuditTest(
        "twins across the split",
        float(seen.mean()),
        0.15,
        "Share of later declarations whose six-tuple stands in training.",
    )
    six = _combine(evidence, LOOKUP_TUPLE)
    five = _combine(evidence, LOOKUP_TUPLE[:-1])  # the same goods, route and tariff; another mass
    twin, peer = _partner(six, evidence), _partner(five, evidence, avoid=six)
    compared = (twin >= 0) & (peer >= 0)
    n = int(compared.sum())
    if n < 30:
        excess = 0.0
        found = f"only {n} twins have a comparable pair to be held against"
    else:
        y = evidence.y_later[compared]
        agree = float((evidence.y[twin[compared]] == y).mean())
        chance = float((evidence.y[peer[compared]] == y).mean())
        spread = sqrt((agree * (1 - agree) + chance * (1 - chance)) / n)
        excess = (agree - chance) / max(spread, 1e-9)
        found = f"{agree:.3f} of {n:,} twins agree, {chance:.3f} of comparable pairs"
    yield AuditTest(
        "twins' labels agree by chance only",
        excess,
        3.0,
        "Standard errors by which labels of exact twins agree more than those of declarations of "
        f"the same goods, route and tariff with another mass ({found}).",
    )


def _partner(key: Codes, evidence: Evidence, avoid: Codes | None = None) -> Codes:
    """A training row with the same key for each later row, or -1; none with the same `avoid`."""
    rng = np.random.default_rng(0)
    order = rng.permutation(len(evidence.y))
    partner = np.full(len(evidence.y_later), -1, dtype=np.int64)
    later_key = key[evidence.is_later]
    # A few rounds of "the first in a random order": enough to find one that is not avoided.
    for _ in range(1 if avoid is None else 4):
        first = np.full(int(key.max()) + 1, -1, dtype=np.int64)
        first[key[order[::-1]]] = order[::-1]
        candidate = first[later_key]
        fits = (candidate >= 0) & (partner < 0)
        if avoid is not None:
            fits &= avoid[np.maximum(candidate, 0)] != avoid[evidence.is_later]
        partner[fits] = candidate[fits]
        order = rng.permutation(order)
    return partner
