"""Combinations of codes: which are valid, and which rows are copied from the source."""

from __future__ import annotations

from typing import Final

import numpy as np

from customs_data.fidelity.comparison import Comparison, combine
from customs_data.fidelity.judges.judgement import Finding, Judgement
from customs_data.schema import LOOKUP_TUPLE

JUDGE: Final = "combinations of codes"
TARIFF: Final = ("HS6 Code", "Country of Origin", "Tax Rate", "Tax Type")
_QUESTIONS: Final = (
    (
        "valid (HS6, origin, rate, type)",
        TARIFF,
        "Share of rows whose combination occurs in the source.",
    ),
    (
        "valid (HS6, departure, origin, rate, type)",
        LOOKUP_TUPLE[:-1],
        "The same with the country of departure.",
    ),
    (
        "copied six-tuples",
        LOOKUP_TUPLE,
        "Share of rows that repeat a source row's (HS6, departure, origin, rate, type, mass): "
        "more than the source's own halves share is copying.",
    ),
)


def judge_combinations(pair: Comparison) -> Judgement:
    """Compare combinations of codes; held against those that two halves of the source share."""
    absent = [name for name in LOOKUP_TUPLE if name not in pair.source]
    if absent:
        return Judgement(JUDGE, sentences=(f"Needs the column(s) {', '.join(absent)}.",))
    half = pair.half_split()
    findings = []
    for name, columns, explanation in _QUESTIONS:
        known = [_share_known(held, columns) if held.n_rows else None for held in (pair, half)]
        findings.append(Finding(name, known[0], known[1], explanation))
    return Judgement(JUDGE, tuple(findings))


def _share_known(pair: Comparison, columns: tuple[str, ...]) -> float:
    source, synthetic = combine(pair, columns)
    return float(np.isin(synthetic, source).mean())
