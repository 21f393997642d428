"""Judges of synthetic data that use the metric: look-up and usefulness.

They are arguments of `customs_data.fidelity.measure.measure_fidelity`, one floor below.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from customs_data.fidelity.comparison import Comparison
from customs_data.fidelity.judges.boosted_trees import encode_together, make_trees
from customs_data.fidelity.judges.judgement import Finding, Judgement
from customs_data.fidelity.judges.label_information import labelled_sides
from customs_data.fidelity.judges.periods import cut_by_time
from customs_data.lookup import LookupTable, is_unseen
from customs_data.schema import ENTITY_COLUMNS, KEY, LABEL_COLUMNS, LOOKUP_TUPLE
from customs_scorer.metrics.inspection import precision_at

LOOKUP: Final = "look-up"
USEFULNESS: Final = "usefulness"
_RATE: Final = 0.05

Periods = tuple[pd.DataFrame, pd.DataFrame]


def judge_lookup(pair: Comparison) -> Judgement:
    """Measure in both tables what copying the label of the same six-tuple scores.

    This is the audit's leak test: labels of the first two thirds of the days are copied to the last
    sixth.
    """
    if absent := [name for name in LOOKUP_TUPLE if name not in pair.source]:
        return Judgement(LOOKUP, sentences=(f"Needs the columns {', '.join(absent)}.",))
    periods = _labelled_periods(pair)
    if isinstance(periods, str):
        return Judgement(LOOKUP, sentences=(periods,))
    source, synthetic = (_lookup(*side) for side in periods)
    questions = (
        (
            "six-tuple look-up, precision@5 %",
            "Score: mean label of earlier declarations with the same (HS6, departure, origin, "
            "rate, type, mass).",
        ),
        ("fraud rate", "Precision of a constant score on the same later declarations."),
        (
            "tuples copied between periods",
            "Share of later declarations with the six-tuple of an earlier one.",
        ),
    )
    return Judgement(
        LOOKUP,
        tuple(
            Finding(name, synthetic[i], source[i], explanation)
            for i, (name, explanation) in enumerate(questions)
        ),
    )


def _lookup(early: pd.DataFrame, later: pd.DataFrame) -> tuple[float, float, float]:
    y_early, y_later = (frame["Fraud"].to_numpy(np.int8) for frame in (early, later))
    scores = LookupTable(early, y_early).rate(later)
    return (
        precision_at(y_later, scores, _RATE),
        float(y_later.mean()),
        float((~is_unseen(early, later)).mean()),
    )


def judge_usefulness(pair: Comparison) -> Judgement:
    """Train on synthetic and on real declarations, and test both on real ones.

    Boosted trees learn from the first two thirds of the days of each table, and score the last
    sixth of the source. They use the declared columns except key and entities, whose IDs are
    re-issued.
    """
    periods = _labelled_periods(pair)
    if isinstance(periods, str):
        return Judgement(USEFULNESS, sentences=(periods,))
    (real, test), (synthetic, _) = periods
    left_out = (KEY, *ENTITY_COLUMNS, *LABEL_COLUMNS)
    columns = [str(name) for name in test if name not in left_out]
    features = encode_together((real, synthetic, test), columns)
    y = test["Fraud"].to_numpy(np.int8)
    scores = []
    for rows, encoded in ((real, features[0]), (synthetic, features[1])):
        trees = make_trees(pair.seed).fit(encoded, rows["Fraud"].to_numpy(np.int8))
        scores.append(trees.predict_proba(features[2])[:, 1])
    findings = [
        Finding(
            "precision@5 % on the source",
            precision_at(y, scores[1], _RATE),
            precision_at(y, scores[0], _RATE),
            f"Trained on the synthetic table, or on the source; fraud rate {y.mean():.4f}.",
        ),
        Finding(
            "AUC on the source",
            float(roc_auc_score(y, scores[1])),
            float(roc_auc_score(y, scores[0])),
            "The same, over all ranks.",
        ),
    ]
    if set(LOOKUP_TUPLE) <= set(columns):
        unseen = is_unseen(real, test)
        if len(np.unique(y[unseen])) == 2:
            findings.append(
                Finding(
                    "AUC on the source's unseen six-tuples",
                    float(roc_auc_score(y[unseen], scores[1][unseen])),
                    float(roc_auc_score(y[unseen], scores[0][unseen])),
                    "On declarations without a six-tuple of the source's training rows: learned, "
                    "not copied.",
                )
            )
    return Judgement(USEFULNESS, tuple(findings))


#: Judges, in the order of the report.
JUDGES: Final = (judge_lookup, judge_usefulness)


def _labelled_periods(pair: Comparison) -> tuple[Periods, Periods] | str:
    """Return labelled rows of both tables cut by time, or a sentence about what is missing."""
    sides = labelled_sides(pair)
    if isinstance(sides, str):
        return sides
    cut = []
    for word, side in zip(("source", "synthetic table"), sides, strict=True):
        periods = cut_by_time(side)
        if periods is None:
            return f"Needs dates over months, which labelled rows of the {word} lack."
        early, later = periods
        if any(frame["Fraud"].nunique() < 2 for frame in (early, later)):
            return f"Needs frauds and honest declarations in both periods of the {word}."
        cut.append((early.reset_index(drop=True), later.reset_index(drop=True)))
    return cut[0], cut[1]
