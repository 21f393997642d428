"""Combinations of codes: valid ones, and rows copied from the source."""

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
        "Share of rows whose combination occurs in the source. The source's own value comes from "
        "two samples of it, at most half of it each: fewer rows have fewer combinations.",
    ),
    (
        "valid (HS6, departure, origin, rate, type)",
        LOOKUP_TUPLE[:-1],
        "The same, with the country of departure.",
    ),
    (
        "copied six-tuples",
        LOOKUP_TUPLE,
        "Share of rows that repeat (HS6, departure, origin, rate, type, mass) of a source row: "
        "a much larger share than within the source is copying.",
    ),
)


def judge_combinations(pair: Comparison) -> Judgement:
    """Compare combinations of codes with those that two halves of the source share."""
    absent = [name for name in LOOKUP_TUPLE if name not in pair.source]
    if absent:
        return Judgement(JUDGE, sentences=(f"Needs the columns {', '.join(absent)}.",))
    half, _ = next(pair.half_splits())
    findings = []
    for name, columns, explanation in _QUESTIONS:
        reference = _share_known(half, columns)
        findings.append(Finding(name, _share_known(pair, columns), reference, explanation))
    return Judgement(JUDGE, tuple(findings))


def _share_known(pair: Comparison, columns: tuple[str, ...]) -> float:
    source, synthetic = combine(pair, columns)
    return float(np.isin(synthetic, source).mean())
