"""Histories of traders and months: whether they say more than a history may."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from customs_data.columns.grouping import Group, Grouping, group_sums
from customs_data.schema import ENTITY_COLUMNS
from customs_scorer.audit.evidence import AuditTest, Evidence, Skipped, lacks

_LONG_HISTORY = 5  # declarations


def audit_histories(evidence: Evidence) -> Iterator[AuditTest | Skipped]:
    """Measure constant labels of entities, drift of the fraud rate, and what the future tells."""
    both, labels = evidence.both, evidence.y_both.astype(np.float64)
    groups = {}
    for name in ENTITY_COLUMNS:
        test = f"{name} with constant labels"
        if name not in evidence.traders:
            yield lacks(test, name)
            continue
        grouping = Grouping((name,))
        group = groups[name] = grouping.fit(both[[name]])
        size = group_sums(group, grouping.n_groups)
        constant = (size >= _LONG_HISTORY) & (group_sums(group, grouping.n_groups, labels) == size)
        yield AuditTest(
            test,
            float(constant[group].mean()),
            0.05,
            f"Share of declarations whose {name} has at least {_LONG_HISTORY} and all are fraud.",
        )
    y = pd.Series(evidence.y_both)
    by_month = y.groupby(both["Date"].dt.to_period("M"))
    rates = by_month.mean()[by_month.size() >= 200]
    yield AuditTest(
        "fraud rate by month",
        float(rates.max() - rates.min()) if len(rates) else 0.0,
        0.10,
        "Largest minus smallest monthly fraud rate (months of at least 200 labels).",
    )
    for name in ("Importer ID", "Seller ID"):
        test = f"future of the {name}"
        if name not in evidence.traders:
            yield lacks(test, name)
            continue
        present = groups[name] >= 0
        group, of_group = groups[name][present], y.to_numpy()[present]
        past, future = _earlier_and_later(group)
        gain = abs(roc_auc_score(of_group, future) - 0.5) - abs(roc_auc_score(of_group, past) - 0.5)
        yield AuditTest(
            test,
            float(gain),
            0.05,
            "AUC for the label by which the number of later declarations beats that of earlier "
            "ones.",
        )


def _earlier_and_later(group: Group) -> tuple[Group, Group]:
    """How many rows of the same group stand before and behind each row."""
    past = np.asarray(pd.Series(group).groupby(group).cumcount(), dtype=np.int64)
    future = np.bincount(group).astype(np.int64)[group] - 1 - past
    return past, future
