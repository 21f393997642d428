"""Label information: how much each column tells about fraud, in both tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from customs_data.fidelity.comparison import Comparison, to_numbers
from customs_data.fidelity.judgement import Finding, Judgement
from customs_data.fidelity.metrics import Codes
from customs_data.fidelity.out_of_fold import quantile_bins, rate_auc
from customs_data.schema import COLUMN, ERASED, KEY, LABEL_COLUMNS

JUDGE: Final = "label information"
_N_BINS: Final = 64
#: Labels of each kind that a side must have.
FEWEST_LABELS: Final = 20


def labelled_sides(pair: Comparison) -> tuple[pd.DataFrame, pd.DataFrame] | str:
    """Labelled rows of both whole tables, or a sentence that says what is missing."""
    sides = []
    for word, frame in (("source", pair.whole_source), ("synthetic table", pair.whole_synthetic)):
        if "Fraud" not in frame:
            return f"Needs the column Fraud; the {word} or its counterpart has none."
        known = frame[frame["Fraud"] != ERASED]
        n_fraud = int((known["Fraud"] == 1).sum())
        if min(n_fraud, len(known) - n_fraud) < FEWEST_LABELS:
            return (
                f"Needs at least {FEWEST_LABELS} frauds and as many honest declarations in the "
                f"{word}, however: {n_fraud} and {len(known) - n_fraud}."
            )
        sides.append(known)
    return sides[0], sides[1]


def judge_label_information(
    pair: Comparison, on_step: Callable[[str], None] = lambda step: None
) -> Judgement:
    """Measure by column the AUC, for fraud, of the out-of-fold fraud rate by its value."""
    sides = labelled_sides(pair)
    if isinstance(sides, str):
        return Judgement(JUDGE, sentences=(sides,))
    findings = []
    n = min(len(side) for side in sides)
    rng = np.random.default_rng(pair.seed)
    # At equal n: a rate by value is the better known the more rows there are.
    drawn = [side.iloc[np.sort(rng.choice(len(side), n, replace=False))] for side in sides]
    for name in drawn[0]:
        if name in (KEY, *LABEL_COLUMNS):
            continue
        on_step(str(name))
        source, synthetic = (_information(side, str(name), pair.seed) for side in drawn)
        findings.append(
            Finding(str(name), synthetic, source, "AUC for fraud of the fraud rate by its value.")
        )
    return Judgement(JUDGE, tuple(findings))


def _information(frame: pd.DataFrame, name: str, seed: int) -> float:
    return rate_auc(_codes(frame[name]), frame["Fraud"].to_numpy(np.int8), seed)


def _codes(column: pd.Series[str]) -> Codes:
    if COLUMN[str(column.name)].role in ("number", "time"):
        return quantile_bins(to_numbers(column), _N_BINS)
    return pd.factorize(column, use_na_sentinel=False)[0].astype(np.int64)
