"""The scorecard: everything a submission is told about, in both test periods."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.edition.layout import USAGES
from customs_scorer.bootstrap import precision_intervals
from customs_scorer.metrics.inspection import RANKED_RATES, inspect_all

N_REPLICATES: Final = 1000
# A nation's declarations need fewer samples: their intervals are narrow, and each takes a second.
_MOST_DRAWS: Final = 1_000_000_000
_FEWEST_REPLICATES: Final = 200


@dataclass(frozen=True)
class PeriodScore:
    """Scores of one test period.

    Attributes
    ----------
    n_declarations, n_fraud, n_critical : int
        What the period holds.
    precision_at_5, precision_at_10 : float
        What teams are ranked on.
    recall_at_5, recall_at_10, lift_at_5, lift_at_10 : float
        Reported beside it; NaN where the period holds no fraud.
    critical_precision_at_5, critical_precision_at_10 : float
        Share of critical fraud among the declarations opened.
    n_unseen : int
        Declarations whose six-tuple (`customs_data.schema.LOOKUP_TUPLE`) no training declaration
        has, so that there is no label to copy.
    unseen_precision_at_5, unseen_precision_at_10 : float
        Precision on these declarations alone; NaN where there is none.
    interval_at_5, interval_at_10 : (float, float) or None
        Bootstrap 95 % interval of the precision.
    """

    n_declarations: int
    n_fraud: int
    n_critical: int
    precision_at_5: float
    precision_at_10: float
    recall_at_5: float
    recall_at_10: float
    lift_at_5: float
    lift_at_10: float
    critical_precision_at_5: float
    critical_precision_at_10: float
    n_unseen: int
    unseen_precision_at_5: float
    unseen_precision_at_10: float
    interval_at_5: tuple[float, float] | None
    interval_at_10: tuple[float, float] | None


@dataclass(frozen=True)
class Scorecard:
    """Scores of a submission: the public and the private period."""

    public: PeriodScore
    private: PeriodScore

    def as_dict(self) -> dict[str, Any]:
        """Return the scorecard as plain data; NaN becomes None, which JSON can hold."""
        return {
            period: {
                name: None if isinstance(value, float) and np.isnan(value) else value
                for name, value in asdict(getattr(self, period)).items()
            }
            for period in USAGES
        }

    @property
    def rank_key(self) -> tuple[float, float]:
        """Sorts better submissions first: private precision@5 %, then precision@10 %."""
        return (-self.private.precision_at_5, -self.private.precision_at_10)


def score_submission(
    solution: pd.DataFrame,
    fraud_score: npt.NDArray[np.float64],
    unseen: npt.NDArray[np.bool_],
    *,
    n_replicates: int = N_REPLICATES,
    seed: int = 0,
) -> Scorecard:
    """Score a submission in both periods.

    Parameters
    ----------
    solution : DataFrame, shape (n_test, >= 3)
        Fraud, Critical Fraud and Usage.
    fraud_score : ndarray of float64, shape (n_test,)
        In the order of `solution`.
    unseen : ndarray of bool, shape (n_test,)
        Whether there is no label to copy (`customs_data.lookup.is_unseen`).
    n_replicates : int
        Bootstrap replicates of the intervals; 0 leaves them out.
    seed : int
        Of the bootstrap.
    """
    scores = np.asarray(fraud_score)
    periods = {}
    for period, usage in USAGES.items():
        rows = (solution["Usage"] == usage).to_numpy()
        periods[period] = score_rows(
            solution["Fraud"].to_numpy()[rows],
            solution["Critical Fraud"].to_numpy()[rows],
            scores[rows],
            unseen[rows],
            n_replicates=n_replicates,
            seed=seed,
        )
    return Scorecard(**periods)


def score_rows(
    fraud: npt.NDArray[np.int8],
    critical: npt.NDArray[np.int8],
    fraud_score: npt.NDArray[np.float64],
    unseen: npt.NDArray[np.bool_],
    *,
    n_replicates: int = N_REPLICATES,
    seed: int = 0,
) -> PeriodScore:
    """Score one set of declarations; arrays of shape (n_declarations,)."""
    (five, ten), (critical_five, critical_ten) = inspect_all(
        [fraud, critical == 2], fraud_score, RANKED_RATES
    )
    unseen_five, unseen_ten = (
        [
            held.precision
            for held in inspect_all([fraud[unseen]], fraud_score[unseen], RANKED_RATES)[0]
        ]
        if unseen.any()
        else [float("nan")] * 2
    )
    intervals: list[tuple[float, float] | None] = [None] * len(RANKED_RATES)
    if n_replicates:
        samples = min(n_replicates, max(_FEWEST_REPLICATES, _MOST_DRAWS // len(fraud)))
        intervals = [
            *precision_intervals(fraud, fraud_score, RANKED_RATES, n_replicates=samples, seed=seed)
        ]
    return PeriodScore(
        n_declarations=five.n_declarations,
        n_fraud=five.n_positive,
        n_critical=critical_five.n_positive,
        precision_at_5=five.precision,
        precision_at_10=ten.precision,
        recall_at_5=five.recall,
        recall_at_10=ten.recall,
        lift_at_5=five.lift,
        lift_at_10=ten.lift,
        critical_precision_at_5=critical_five.precision,
        critical_precision_at_10=critical_ten.precision,
        n_unseen=int(np.count_nonzero(unseen)),
        unseen_precision_at_5=unseen_five,
        unseen_precision_at_10=unseen_ten,
        interval_at_5=intervals[0],
        interval_at_10=intervals[1],
    )
