"""Label information: how well each column predicts fraud, in both tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.fidelity.comparison import Comparison, to_numbers
from customs_data.fidelity.judges.judgement import Finding, Judgement
from customs_data.fidelity.judges.out_of_fold import quantile_bins, rate_auc
from customs_data.fidelity.metrics import Codes
from customs_data.schema import COLUMN, ERASED, KEY, LABEL_COLUMNS, NUMBER_DTYPE

JUDGE: Final = "label information"
_N_BINS: Final = 64
#: Fewest frauds and honest declarations of a side.
FEWEST_LABELS: Final = 20


def labelled_sides(pair: Comparison) -> tuple[pd.DataFrame, pd.DataFrame] | str:
    """Return labelled rows of both whole tables, or a sentence about what is missing."""
    sides = []
    for word, frame in (("source", pair.whole_source), ("synthetic table", pair.whole_synthetic)):
        if "Fraud" not in frame:
            return f"Needs the column Fraud, which the {word} or its counterpart lacks."
        known = frame[frame["Fraud"] != ERASED]
        n_fraud = int((known["Fraud"] == 1).sum())
        if min(n_fraud, len(known) - n_fraud) < FEWEST_LABELS:
            return (
                f"Needs at least {FEWEST_LABELS} frauds and as many honest declarations; the "
                f"{word} has {n_fraud} and {len(known) - n_fraud}."
            )
        sides.append(known)
    return sides[0], sides[1]


def judge_label_information(
    pair: Comparison, on_step: Callable[[str], None] = lambda step: None
) -> Judgement:
    """Measure each column's AUC: that of the out-of-fold fraud rate by its value."""
    sides = labelled_sides(pair)
    if isinstance(sides, str):
        return Judgement(JUDGE, sentences=(sides,))
    n = min(len(side) for side in sides)
    rng = np.random.default_rng(pair.seed)
    by_side = []
    for word, side in zip(("source", "synthetic"), sides, strict=True):
        on_step(f"label information, {word}")
        # At equal numbers of rows, because more rows give better rates.
        drawn = side.iloc[np.sort(rng.choice(len(side), n, replace=False))]
        by_side.append(column_information(drawn, drawn["Fraud"].to_numpy(np.int8), pair.seed))
    explanation = "AUC of the fraud rate by value, which predicts fraud."
    source, synthetic = by_side
    return Judgement(
        JUDGE, tuple(Finding(name, synthetic[name], source[name], explanation) for name in source)
    )


def column_information(
    frame: pd.DataFrame, fraud: npt.NDArray[np.int8], seed: int = 0
) -> dict[str, float]:
    """Measure how well each declared column but the key predicts fraud.

    Parameters
    ----------
    frame : DataFrame, shape (n_rows, n_columns)
        Schema columns; labels and key are skipped.
    fraud : ndarray of int8, shape (n_rows,)
        0 or 1; both must occur.
    seed : int
        Seed of the folds.

    Returns
    -------
    dict of str to float
        AUC of the fraud rate by value, learned on other rows; 0.5 if the column says nothing.
    """
    return {
        str(name): rate_auc(_codes(frame[name]), fraud, seed)
        for name in frame
        if name not in (KEY, *LABEL_COLUMNS)
    }


def _codes(column: pd.Series[str]) -> Codes:
    name = str(column.name)
    if name not in COLUMN and column.dtype == NUMBER_DTYPE:  # an extra column may have gaps
        codes = np.full(len(column), -1, dtype=np.int64)
        known = column.notna().to_numpy()
        codes[known] = quantile_bins(column.to_numpy(np.float64)[known], _N_BINS)
        return codes + 1
    if name in COLUMN and COLUMN[name].role in ("number", "time"):
        return quantile_bins(to_numbers(column), _N_BINS)
    return pd.factorize(column, use_na_sentinel=False)[0].astype(np.int64)
