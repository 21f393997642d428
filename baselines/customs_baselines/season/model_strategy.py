"""Any fraud model as a strategy: learn from what is known, open the highest scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from customs_baselines.answering import fit_and_score
from customs_baselines.contract import FraudModel, is_transductive
from customs_baselines.season.week import NOTHING_LEARNED, Week
from customs_data.schema import DECLARED_COLUMNS
from customs_data.split import Split
from customs_data.tasks import find_task
from customs_scorer.season.selection import Selection


class ModelStrategy:
    """Fit a new model every few weeks.

    Parameters
    ----------
    make : callable
        Returns an unfitted model.
    refit_every : int
        Weeks between trainings. A transductive model, which reads what it scores, is trained every
        week whatever this says.
    """

    def __init__(self, make: Callable[[], FraudModel], refit_every: int = 1) -> None:
        self.make = make
        self.refit_every = refit_every
        self._model: FraudModel | None = None

    def select(self, week: Week) -> Selection:
        """Return the arrivals with the highest score; draw while labels are of one kind."""
        if len(np.unique(week.known_labels)) < 2:
            return week.random(reason=NOTHING_LEARNED)
        columns = list(DECLARED_COLUMNS)
        arrivals = week.arrivals[columns]
        due = (week.number - 1) % self.refit_every == 0
        if self._model is not None and not due and not is_transductive(type(self._model)):
            scores: Any = self._model.predict_proba(arrivals)
            return week.highest(np.asarray(scores)[:, 1])
        y = week.history_labels
        labels = pd.DataFrame({"Fraud": y, "Critical Fraud": _critical(week, y)})
        split = Split(find_task(), week.history[columns], labels, arrivals)
        self._model = self.make()
        return week.highest(fit_and_score(self._model, split))


def _critical(week: Week, y: Any) -> Any:
    critical = np.full(len(y), -1, dtype=np.int8)
    critical[week.known_rows] = week.reports["Critical Fraud"].to_numpy(np.int8)
    return critical
