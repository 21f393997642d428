"""Fraud: which declarations to open. The default task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from customs_data.schema import COLUMN, LABEL_COLUMNS
from customs_data.tasks.answers import Scores
from customs_data.tasks.task import Task


def _truth(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in LABEL_COLUMNS}


TASK: Final = Task(
    name="fraud",
    question="Which five percent of the declarations should be opened?",
    target=tuple(COLUMN[name] for name in LABEL_COLUMNS),
    answer=Scores(("Fraud Score",)),
    truth=_truth,
    keywords={"y_critical": "Critical Fraud"},
    # One of eight seeds tried; its ceiling, logistic regression and kit XGBoost are near the means
    # over ten worlds.
    practice_seed=7,
    motivation=(
        "A customs office can open only 5-10 % of the declarations it receives. This edition is "
        "for learning which ones: to rank import declarations by their suspicion of fraud."
    ),
    uses=(
        "Train on train.csv, score every row of test.csv, submit `Declaration ID,Fraud Score` "
        "(higher is more suspicious). The ranking metric is precision@5 %, then precision@10 %. A "
        "model of these declarations says nothing about a real trader or country."
    ),
)
