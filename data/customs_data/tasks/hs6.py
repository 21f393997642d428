"""The task hs6: to name the goods, whose declared code may be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from customs_data.schema import COLUMN, LABEL_COLUMNS, Column
from customs_data.tasks.answers import Choices
from customs_data.tasks.task import Task

_CODE: Final = COLUMN["HS6 Code"]


def _code(name: str, description: str) -> Column:
    words = _CODE.pattern_in_words
    return Column(name, "code", description, pattern=_CODE.pattern, pattern_in_words=words)


def _truth(columns: Mapping[str, Any]) -> dict[str, Any]:
    labels = {name: columns[name] for name in LABEL_COLUMNS}
    return labels | {
        "True HS6 Code": columns["True HS6 Code"],
        "Declared HS6 Code": columns["HS6 Code"],
    }


TASK: Final = Task(
    name="hs6",
    question="Which goods is this really?",
    target=(
        _code("True HS6 Code", "Goods that were imported."),
        _code("Declared HS6 Code", "Goods as declared."),
    ),
    answer=Choices(
        "HS6 Code",
        5,
        "000000",
        pattern=_CODE.pattern,
        pattern_in_words=_CODE.pattern_in_words,
        examples=("841821 841899", "300490"),
    ),
    published=tuple(COLUMN[name] for name in LABEL_COLUMNS),
    # Tax rate and type follow from the declared code, so they would lead to the lie.
    withheld=("HS6 Code", "Tax Rate", "Tax Type"),
    truth=_truth,
    derived={"Declared HS6 Code": "HS6 Code"},
    keywords={"y_fraud": "Fraud"},
    practice_seed=107,
    motivation=(
        "Duty depends on the HS code, so goods are declared under the code of other goods, by "
        "mistake or on purpose. This edition is for learning which goods a declaration is really "
        "about: where that differs from the declared code, an officer should look."
    ),
    uses=(
        "Train on train.csv, whose codes are as declared, wrong ones included; name up to five "
        "HS6 codes for every row of test.csv, best first, with blanks between them: submit "
        "`Declaration ID,HS6 Code`. Judged on the true goods: the ranking metric is top-1 "
        "accuracy, then top-5. test.csv lacks HS6 Code, Tax Rate and Tax Type."
    ),
)
