"""Validating a model of any task in one line, as `baseline run --validate` does."""

from __future__ import annotations

from typing import Any

from customs_baselines.answering import fit_and_answer
from customs_data.edition.loading import Edition
from customs_scorer.metrics import metrics_of
from customs_scorer.metrics.metric import values_of
from customs_scorer.validation import validation_split


def validate_model(model: Any, edition: Edition) -> dict[str, float]:
    """Fit a model on a part of what is published, and score it on the rest.

    Parameters
    ----------
    model : object
        A model of the edition's task (`customs_baselines.contract`).
    edition : Edition

    Returns
    -------
    dict of str to float
        The task's metrics by name, as far as published answers suffice for them.

    Raises
    ------
    KitError
        If there is nothing to be judged on, or the model breaks its contract.
    """
    parts = validation_split(edition.split)
    assert parts.answers is not None
    metrics = metrics_of(edition.task).computable(parts.answers)
    return values_of(metrics, parts.answers, fit_and_answer(model, parts))
