"""The task scheme: to say which violation a declaration contains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from customs_data.schema import COLUMN, LABEL_COLUMNS, Column
from customs_data.tasks.answers import Scores
from customs_data.tasks.task import Task
from customs_data.world.schemes import POSTERIORS, PRIORS, SCHEMES

#: Violations in the order of their codes, which begin at 1; code 0 is none.
VIOLATIONS: Final = tuple(SCHEMES)
_CODES: Final = ", ".join(f"{code} = {name}" for code, name in enumerate(VIOLATIONS, start=1))


def _truth(columns: Mapping[str, Any]) -> dict[str, Any]:
    violation = columns["Violation"]
    code = {"": 0} | {name: number for number, name in enumerate(VIOLATIONS, start=1)}
    # A missing text has index -1: the last place.
    codes = np.array([*(code[text] for text in violation.values.to_pylist()), 0], dtype=np.int8)
    labels = {name: columns[name] for name in LABEL_COLUMNS}
    return {"Violation Code": codes[violation.code], **labels}


TASK: Final = Task(
    name="scheme",
    question="Which violation is it?",
    target=(
        Column(
            "Violation Code",
            "label",
            f"What the inspector recorded: 0 = no violation, {_CODES}.",
            values=tuple(range(len(VIOLATIONS) + 1)),
        ),
        *(COLUMN[name] for name in LABEL_COLUMNS),
    ),
    answer=Scores(tuple(f"{name.capitalize()} Score" for name in VIOLATIONS)),
    truth=_truth,
    # The standard error of mean average precision is then below .025, that of precision@5 % with
    # 54,000 declarations (baselines/SCHEME.md has it by size).
    fewest_declarations=20_000,
    oracle=(*POSTERIORS, *PRIORS),
    keywords={"y_fraud": "Fraud", "y_critical": "Critical Fraud"},
    practice_seed=307,
    motivation=(
        "An inspector who knows what to look for finds it sooner: a false value needs an invoice, "
        "a false mass a scale, a false code an expert. This edition is for learning which "
        "violation each declaration may contain."
    ),
    uses=(
        "Train on train.csv, whose Violation Code is what inspectors recorded; give every row of "
        "test.csv a score for each of the seven violations (higher is more suspicious). The "
        "ranking metric is mean average precision over the violations."
    ),
)
