"""Table 3 of the paper: scores of its seven models.

Jeong, Kim, Park, Choi, 'Customs Import Declaration Datasets', arXiv:2208.02484, Table 3: precision
at 5 % and 10 % on the last three months, mean of five runs; label encoding and min-max scaling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class PaperScore:
    """Precision@5 % and @10 % on the synthetic release and on the real declarations behind it."""

    synthetic: tuple[float, float]
    source: tuple[float, float]


#: SHA-256 of the training declarations of the public release, with all labels. Scores on another
#: edition cannot be compared with the paper's.
RELEASE_SHA256: Final = "080ab4725b24c1811d969e4f84465a6f0ed191adb3b1d4306844037039bcefa7"
#: Scores by baseline, in the order of the paper.
TABLE_3: Final[dict[str, PaperScore]] = {
    "logistic_regression": PaperScore((0.2759, 0.2606), (0.3921, 0.3859)),
    "adaboost": PaperScore((0.3608, 0.3113), (0.4902, 0.4896)),
    "decision_tree": PaperScore((0.3561, 0.3196), (0.5128, 0.4600)),
    "random_forest": PaperScore((0.3608, 0.3420), (0.5035, 0.4739)),
    "catboost": PaperScore((0.6698, 0.5342), (0.5151, 0.4786)),
    "xgboost": PaperScore((0.6745, 0.6132), (0.5220, 0.4762)),
    "lightgbm": PaperScore((0.7783, 0.6462), (0.5313, 0.4913)),
}


def is_release(edition: Mapping[str, Any]) -> bool:
    """Return whether an edition of results is the public release, which the paper scored."""
    return edition.get("train_sha256") == RELEASE_SHA256
