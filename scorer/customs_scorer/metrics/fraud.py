"""Metrics of the task fraud: precision, recall, lift and critical precision at 5 % and 10 %."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_scorer.metrics.metric import InspectionMetric, TaskMetrics

#: Inspection rates, in percent; teams are ranked on the first, then on the second.
_PERCENT: Final = (5, 10)


def _fraud(answers: pd.DataFrame) -> npt.NDArray[np.bool_]:
    # Of arrays: comparing pandas columns takes as long as scoring a submission.
    return np.asarray(answers["Fraud"].to_numpy() == 1)


def _critical(answers: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return np.asarray(answers["Critical Fraud"].to_numpy() == 2)


def _both_rates(
    word: str,
    per: Literal["opened", "all", "chance"],
    amounts: Any = _fraud,
    interval: str = "",
    definition: str = "",
    oracle: str = "",
) -> tuple[InspectionMetric, ...]:
    """Return a metric at each rate."""
    return tuple(
        InspectionMetric(
            name=f"{word.replace(' ', '_')}_at_{n}",
            title=f"{word}@{n} %",
            short=f"@{n} %",
            interval=interval and f"{interval}_at_{n}",
            definition=definition,
            rate=n / 100,
            amounts=amounts,
            per=per,
            oracle=oracle,
        )
        for n in _PERCENT
    )


def _counts(answers: pd.DataFrame) -> dict[str, int]:
    return {
        "n_fraud": int(np.count_nonzero(_fraud(answers))),
        "n_critical": int(np.count_nonzero(_critical(answers))),
    }


METRICS: Final = TaskMetrics(
    ranked=_both_rates(
        "precision",
        "opened",
        interval="interval",
        definition="the share of the opened declarations that is fraud",
    ),
    reported=(
        *_both_rates("recall", "all"),
        *_both_rates("lift", "chance"),
        *_both_rates("critical precision", "opened", _critical, oracle="Critical Probability"),
    ),
    counts=_counts,
    count_titles={"n_fraud": "fraud", "n_critical": "critical fraud"},
    oracle="Posterior Probability",
    prior="Fraud Probability",
)
