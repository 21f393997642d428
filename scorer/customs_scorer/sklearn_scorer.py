"""The metric of the competition for GridSearchCV, cross_val_score and Optuna."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import make_scorer

from customs_data.errors import KitError
from customs_data.exact_rates import exact_rate
from customs_data.schema import ERASED
from customs_scorer.metrics.inspection import precision_at


def precision_scorer(rate: float = 0.05) -> Any:
    """Return precision among the declarations ranked highest as a scikit-learn scorer.

    Unlabelled declarations (y = -1) are not judged, as in `customs-kit baseline run`.

    Parameters
    ----------
    rate : float
        Share of the labelled declarations to open, in (0, 1].

    Returns
    -------
    callable
        ``scorer(model, X, y)``, from `sklearn.metrics.make_scorer`: the model may be a Pipeline and
        has predict_proba or decision_function. Higher is better.

    Raises
    ------
    KitError
        If the rate is out of range. When it is called: if no declaration has a label, or the model
        was fitted with -1 as a class of its own.

    Examples
    --------
    One of the two highest scores is fraud; the last declaration has no label.

    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]]), np.array([0, 0, 1, 0, -1])
    >>> model = LogisticRegression().fit(X[:4], y[:4])
    >>> precision_scorer(0.5)(model, X, y)
    0.5
    """
    exact_rate(rate, "inspection rate")
    return make_scorer(
        _precision, response_method=("predict_proba", "decision_function"), rate=rate
    )


# scikit-learn reads the class whose probability is judged from the default of `pos_label`.
def _precision(
    y_true: npt.ArrayLike, fraud_score: npt.ArrayLike, *, rate: float, pos_label: int = 1
) -> float:
    labels, scores = np.asarray(y_true), np.asarray(fraud_score)
    if scores.ndim > 1:
        raise KitError(
            f"The model has {scores.shape[1]} classes instead of honest and fraud: it was fitted "
            "with -1 (unlabelled) as a class. Fit it on the rows with y >= 0."
        )
    judged = labels != ERASED
    if not judged.any():
        raise KitError("No declaration to be judged has a label. Choose other folds.")
    return precision_at((labels == pos_label)[judged], scores[judged], rate)
