"""Classifier two-sample test: how well boosted trees distinguish the two tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from sklearn.metrics import roc_auc_score

from customs_data.fidelity.comparison import Comparison
from customs_data.fidelity.judges.boosted_trees import score_out_of_fold
from customs_data.fidelity.judges.features import (
    Feature,
    declared_features,
    derived_features,
    entity_features,
)
from customs_data.fidelity.judges.giveaways import describe_feature, describe_pair, find_pairs
from customs_data.fidelity.judges.judgement import Finding, Judgement
from customs_data.fidelity.judges.out_of_fold import rate_auc

JUDGE: Final = "two-sample test"
#: Finding that has a target.
JUDGED: Final = "AUC without entity IDs"
_FEWEST_ROWS: Final = 50
# Lowest AUC of a column that is named: folds and chance explain lower ones.
_TELLING: Final = 0.52
_N_NAMED: Final = 6


def judge_two_sample(
    pair: Comparison, on_step: Callable[[str], None] = lambda step: None
) -> Judgement:
    """Run the test on three sets of features, and name what gives the synthetic table away.

    Parameters
    ----------
    pair : Comparison
        At least 50 rows per side; with fewer there are no findings.
    on_step : callable
        Called before each model.

    Returns
    -------
    Judgement
        Findings: `JUDGED`, with declared columns but without key and entities; then with derived
        columns too (unit price, weekday, decimals and zeros of numbers); then with histories of
        traders too. ``details["features"]``: AUC alone and share of the gain by feature;
        ``details["pairs"]``: pairs that say more than their columns alone.

    Notes
    -----
    Cross-validated AUC of boosted trees: 0.5 if the tables are indistinguishable, 1 if they differ
    in every row (Lopez-Paz & Oquab, Revisiting Classifier Two-Sample Tests, ICLR 2017).
    """
    if pair.n_rows < _FEWEST_ROWS:
        sentence = f"Needs {_FEWEST_ROWS} declarations per side; there are {pair.n_rows}."
        return Judgement(JUDGE, sentences=(sentence,))
    y = pair.is_synthetic
    features = declared_features(pair)
    n_declared = len(features)
    findings, importance = [], np.empty(0)
    for name, more, explanation in _SETS:
        on_step(name)
        features += more(pair)
        scores, importance = score_out_of_fold(_columns(features), y, pair.seed)
        if name == JUDGED:
            plain_importance = importance
        findings.append(Finding(name, float(roc_auc_score(y, scores)), 0.5, explanation))
    on_step("columns and pairs")
    alone = np.array([rate_auc(feature.codes, y, pair.seed) for feature in features])
    pairs = find_pairs(features[:n_declared], alone[:n_declared], y, pair.seed)
    # Sentences: declared columns, pairs of them, then derived columns and traders.
    telling = [int(i) for i in np.argsort(-alone, kind="stable") if alone[i] >= _TELLING]
    named = [
        [describe_feature(features[i], alone[i], pair.n_rows) for i in chosen[:_N_NAMED]]
        for chosen in (
            [i for i in telling if i < n_declared],
            [i for i in telling if i >= n_declared],
        )
    ]
    together = [describe_pair(two, pair.n_rows) for two in pairs[:_N_NAMED]]
    sentences = [*named[0], *together, *named[1]]
    if not sentences:
        sentences = ["No column or pair of columns gives the synthetic table away by itself."]
    return Judgement(
        JUDGE,
        tuple(findings),
        tuple(sentences),
        {
            "features": [
                {
                    "name": feature.name,
                    "auc": float(alone[i]),
                    "gain_without_entities": float(plain_importance[i]) if i < n_declared else None,
                    "gain": float(importance[i]),
                }
                for i, feature in enumerate(features)
            ],
            "pairs": [two.as_dict() for two in pairs],
        },
    )


def _nothing(pair: Comparison) -> list[Feature]:
    return []


_SETS: Final[tuple[tuple[str, Callable[[Comparison], list[Feature]], str], ...]] = (
    (
        JUDGED,
        _nothing,
        "Boosted trees on the declared columns without key and the four entities; 0.5 = "
        "indistinguishable.",
    ),
    (
        "AUC with derived features",
        derived_features,
        "The same, with unit price, weekday, and decimals and zeros of numbers.",
    ),
    (
        "AUC with entities",
        entity_features,
        "The same, with histories of importers, declarants, sellers and couriers (not their IDs, "
        "which are re-issued).",
    ),
)


def _columns(features: Sequence[Feature]) -> Any:
    return np.column_stack([feature.values for feature in features])
