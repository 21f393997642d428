"""Copying texts: the audit of tasks whose answers are choices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from customs_data.schema import KEY
from customs_scorer.audit.choice_lookups import ChoiceLookups, neighbours_agree
from customs_scorer.audit.evidence import AuditTest, Evidence
from customs_scorer.copying import copied_answer

# Top-1 accuracy: on the public release, one look-up by Item Price names .776 of the goods.
_LOOKUP: Final = 0.30
_NEIGHBOURS: Final = 0.02


def audit_choices(evidence: Evidence) -> Iterator[AuditTest]:
    """Measure what copying texts names on the later rows, and what IDs and order say of them."""
    lookups, answer = _lookups(evidence), copied_answer(evidence.split)
    assert answer is not None
    title = evidence.metric.title
    yield AuditTest(
        "six-tuple look-up",
        evidence.score(answer),
        _LOOKUP,
        f"{title} of copying the code of declarations with the same departure, origin and mass.",
    )
    for name in ("Net Mass", "Item Price"):
        yield AuditTest(
            f"exact {name} look-up",
            lookups.top_1((name,)),
            _LOOKUP,
            f"{title} of copying the most frequent code of declarations with the same {name}.",
        )
    texts = np.concatenate([_texts(evidence), _answers(evidence)])
    rows, day = evidence.both, evidence.both["Date"].to_numpy().astype("datetime64[D]").astype(str)
    ids = pd.to_numeric(rows[KEY], errors="coerce").fillna(0.0).to_numpy(np.float64)
    places = {"Declaration ID": ids, "row order": np.arange(len(rows), dtype=np.float64)}
    for name, place in places.items():
        yield AuditTest(
            name,
            abs(neighbours_agree(place, texts, day)),
            _NEIGHBOURS,
            f"How much more often neighbours by {name} on one day have the same code than others "
            "of that day.",
        )


def audit_best_choice_lookup(evidence: Evidence) -> Iterator[AuditTest]:
    """Try every look-up on up to three columns that are not entities."""
    best = _lookups(evidence).best()
    yield AuditTest(
        "best look-up on up to three columns",
        best.top_1,
        _LOOKUP,
        f"{evidence.metric.title} of the look-up on ({', '.join(best.columns)}), the best of all.",
    )


def _lookups(evidence: Evidence) -> ChoiceLookups:
    return ChoiceLookups(evidence.train, _texts(evidence), evidence.later, _answers(evidence))


def _texts(evidence: Evidence) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    (column,) = evidence.split.task.answer.columns
    return evidence.train[column].to_numpy(dtype=object).astype(np.str_)


def _answers(evidence: Evidence) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    assert evidence.split.answers is not None
    return evidence.split.answers.iloc[:, 0].to_numpy(dtype=object).astype(np.str_)
