"""Traces of the label or the period in identifiers, order, number formats and gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from customs_data.columns.damaged_ids import find_damage
from customs_data.columns.digits import count_decimals, count_trailing_zeros
from customs_data.schema import KEY
from customs_scorer.audit.evidence import AuditTest, Evidence

Floats = npt.NDArray[np.float64]

# A risk score of the office may have an AUC of .8; one of .9 knows the result.
_MOST_OF_ONE_COLUMN = 0.4


def audit_traces(evidence: Evidence) -> Iterator[AuditTest]:
    """Measure what the label leaves in places where it has no business."""
    both, y = evidence.both, evidence.y_both
    position = np.arange(len(both), dtype=np.float64)
    in_day = position - pd.Series(position).groupby(both["Date"]).transform("min").to_numpy()
    yield AuditTest(
        "Declaration ID",
        abs(roc_auc_score(y, _id_number(both[KEY])) - 0.5),
        0.02,
        "Distance of the AUC of the ID, read as a number, from 0.5.",
    )
    yield AuditTest(
        "row order",
        max(abs(roc_auc_score(y, in_day) - 0.5), abs(roc_auc_score(y, position) - 0.5)),
        0.02,
        "Distance from 0.5 of the AUC of the row's place in its file and in its day.",
    )
    columns = _columns(evidence)
    # Beside the codes, because a gap may follow from them: no courier where goods come by sea.
    values, shape = evidence.encoded(columns), _forms(both)
    gain = _auc(np.column_stack([values, shape]), y) - _auc(values, y)
    yield AuditTest(
        "number formats and gaps, by label",
        gain,
        0.02,
        "AUC for the label that decimals, trailing zeros and missing cells add to all columns but "
        "dates and entities.",
    )
    yield from audit_periods(evidence)


def _columns(evidence: Evidence) -> tuple[str, ...]:
    return tuple(name for name in evidence.open_columns if name != "Date")


def audit_periods(evidence: Evidence) -> Iterator[AuditTest]:
    """Measure how well later declarations can be told from training ones; needs no label."""
    columns, shape = _columns(evidence), _forms(evidence.both)
    yield AuditTest(
        "number formats and gaps, by period",
        _auc(shape, evidence.is_later.astype(np.int8)),
        0.55,
        "AUC of telling later declarations from training ones by the same traces.",
    )
    later = evidence.is_later.astype(np.int8)
    yield _with_cause(
        AuditTest(
            "adversarial validation",
            _auc(evidence.encoded(columns), later),
            0.60,
            "AUC of telling later declarations from training ones by all columns but dates and "
            "entities.",
        ),
        evidence,
        columns,
    )
    yield _with_cause(
        AuditTest(
            "adversarial validation with entities",
            _auc(evidence.encoded((*columns, *evidence.traders)), later),
            0.90,
            "The same with importer, declarant, seller and courier, which may come and go.",
        ),
        evidence,
        (*columns, *evidence.traders),
    )
    for name, kind in evidence.extra.items():
        yield AuditTest(
            f"extra column {name} alone",
            abs(_alone(evidence, name, kind) - 0.5),
            _MOST_OF_ONE_COLUMN,
            "Distance from 0.5 of the AUC of this column for the label. One that says nearly all "
            "was probably written after the inspection.",
        )


def _alone(evidence: Evidence, name: str, kind: str) -> float:
    """Return the AUC of a number, or of the training rate of a category's values, on later rows."""
    if kind == "category":
        codes = evidence.codes[name]
        early, later = codes[~evidence.is_later], codes[evidence.is_later]
        size = int(codes.max()) + 1
        n = np.bincount(early, minlength=size) + 1.0
        fraud = np.bincount(early, weights=evidence.y, minlength=size) + evidence.y.mean()
        return float(roc_auc_score(evidence.y_later, (fraud / n)[later]))
    numbers = evidence.later[name].to_numpy(np.float64)
    known = ~np.isnan(numbers)
    labels = evidence.y_later[known]
    if len(np.unique(labels)) < 2:
        return 0.5
    return float(roc_auc_score(labels, numbers[known]))


def _with_cause(test: AuditTest, evidence: Evidence, columns: tuple[str, ...]) -> AuditTest:
    """Return a test, if it failed with the damaged IDs that are its likely cause."""
    if test.passed:
        return test
    damage = find_damage(evidence.train, evidence.later)[::-1]
    first = {d.column: str(d) for d in damage if d.column in columns}
    likely = f" Likely cause: {' '.join(first.values())}" if first else ""
    return replace(test, explanation=f"{test.explanation}{likely}")


def _id_number(ids: pd.Series[str]) -> Floats:
    """IDs as numbers where they are, else their place in the alphabet."""
    numbers = pd.to_numeric(ids, errors="coerce")
    chosen = ids.rank() if numbers.isna().any() else numbers
    return np.asarray(chosen, dtype=np.float64)


def _forms(both: pd.DataFrame) -> Floats:
    """Decimals and trailing zeros of the numbers, and whether seller and courier are missing."""
    columns = []
    for name in (it for it in ("Net Mass", "Item Price") if it in both):
        columns += [count_decimals(both[name]), count_trailing_zeros(both[name])]
    gaps = [both[name].isna() for name in ("Seller ID", "Courier ID") if name in both]
    return np.column_stack([*columns, *gaps]).astype(np.float64)


def _auc(features: Floats, y: npt.NDArray[np.int8]) -> float:
    """Cross-validated AUC of boosted trees."""
    model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    scores = cross_val_predict(model, features, y, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(y, scores))
