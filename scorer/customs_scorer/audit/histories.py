"""Histories of traders and months: whether they say more than a history may."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from customs_data.schema import ENTITY_COLUMNS
from customs_scorer.audit.evidence import AuditTest, Evidence

_LONG_HISTORY = 5  # declarations


def audit_histories(evidence: Evidence) -> Iterator[AuditTest]:
    """Measure constant labels of entities, drift of the fraud rate, and what the future tells."""
    both, y = evidence.both, pd.Series(evidence.y_both)
    for name in ENTITY_COLUMNS:
        group = y.groupby(both[name])
        known = group.transform("size") >= _LONG_HISTORY
        constant = known & group.transform("mean").eq(1)
        yield AuditTest(
            f"{name} with constant labels",
            float(constant.mean()),
            0.05,
            f"Share of declarations whose {name} has at least {_LONG_HISTORY} and all are fraud.",
        )
    by_month = y.groupby(both["Date"].dt.to_period("M"))
    rates = by_month.mean()[by_month.size() >= 200]
    yield AuditTest(
        "fraud rate by month",
        float(rates.max() - rates.min()) if len(rates) else 0.0,
        0.10,
        "Largest minus smallest monthly fraud rate (months of at least 200 labels).",
    )
    for name in ("Importer ID", "Seller ID"):
        present = both[name].notna().to_numpy()
        past = both.groupby(name).cumcount().to_numpy(np.float64)
        future = (both.groupby(name)[name].transform("size") - 1 - past).to_numpy(np.float64)
        gain = abs(roc_auc_score(y[present], future[present]) - 0.5) - abs(
            roc_auc_score(y[present], past[present]) - 0.5
        )
        yield AuditTest(
            f"future of the {name}",
            float(gain),
            0.05,
            "AUC for the label by which the number of later declarations beats that of earlier "
            "ones.",
        )
