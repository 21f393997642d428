"""Fitting a model and taking its answer, whatever kind of answer the task asks for."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.contract import (
    ChoiceModel,
    FraudModel,
    GroupModel,
    accepted_keywords,
    reads_unlabelled,
)
from customs_data.errors import KitError
from customs_data.schema import ERASED
from customs_data.split import Split
from customs_data.tasks import Choices, Groups


def fit_and_answer(model: Any, split: Split) -> npt.NDArray[Any]:
    """Fit a model and return its answer, as `customs_data.tasks.answers` describes it.

    Raises
    ------
    KitError
        If what the model returns breaks its contract (`customs_baselines.contract`).
    """
    answer = split.task.answer
    if isinstance(answer, Choices):
        return _fit_and_rank(model, split, answer)
    if isinstance(answer, Groups):
        return _fit_and_group(model, split)
    return fit_and_score(model, split)


def fit_and_score(model: FraudModel, split: Split) -> npt.NDArray[np.float64]:
    """Fit a model and return its scores, shape (n_test,), or (n_test, n_columns) for several.

    A model that does not know y = -1 (`reads_unlabelled`) is fitted on labelled declarations only.

    Raises
    ------
    KitError
        If the training labels are of one class only, or predict_proba breaks the contract.
    """
    known = np.unique(split.y[split.y >= 0])
    if len(known) < 2:
        classes = {0: "honest only", 1: "fraud only"}.get(
            int(known[0]) if len(known) else -1, "all unknown"
        )
        raise KitError(
            f"The training labels are {classes}: models need both classes. Raise the label rate."
        )
    # Copies, so that a model that changes its input does not change which rows are scored.
    X, y = split.train, split.y.copy()
    offered: dict[str, Any] = {name: labels.copy() for name, labels in split.keywords.items()}
    if (y < 0).any() and not reads_unlabelled(model):
        X = X[y >= 0].reset_index(drop=True)
        offered = {name: labels[y >= 0] for name, labels in offered.items()}
        y = y[y >= 0]
    offered["X_test"] = split.test.copy()
    model.fit(X, y, **accepted_keywords(model.fit, offered))
    proba = np.asarray(model.predict_proba(split.test.copy()), dtype=np.float64)
    n_test, n_columns = len(split.test), len(split.task.answer.columns)
    if n_columns > 1 and proba.shape != (n_test, n_columns + 1):
        raise KitError(
            f"predict_proba must return shape ({n_test}, {n_columns + 1}): the first column for "
            f"label 0, then one for each of {', '.join(split.task.answer.columns)}. It returned "
            f"{proba.shape}. A class without training rows has a column of zeros."
        )
    if n_columns == 1 and proba.shape != (n_test, 2):
        raise KitError(_shape_error(proba.shape, n_test, has_unlabelled=bool((y < 0).any())))
    scores = proba[:, 1:] if n_columns > 1 else proba[:, 1]
    if wrong := int((~np.isfinite(scores)).sum()):
        raise KitError(
            f"predict_proba must return finite numbers, but {wrong:,} of its {scores.size:,} are "
            "NaN or infinite."
        )
    return scores


def _fit_and_rank(model: ChoiceModel, split: Split, answer: Choices) -> npt.NDArray[np.str_]:
    """Fit on the columns that test has and the declared texts; return texts, best first."""
    X = split.train[list(split.task.test_columns)]
    texts = split.train[answer.column].to_numpy(dtype=object).astype(np.str_)
    offered: dict[str, Any] = {"X_test": split.test.copy(), **split.keywords}
    model.fit(X.copy(), texts, **accepted_keywords(model.fit, offered))
    shape = (len(split.test), answer.most)
    ranked = _padded(model.rank(split.test.copy(), answer.most), shape)
    codes = np.unique(ranked)
    if wrong := [code for code in codes if code and not re.fullmatch(answer.pattern, code)]:
        raise KitError(
            f"rank must return codes, each {answer.pattern_in_words}, unlike '{wrong[0]}'."
        )
    ordered = np.sort(ranked, axis=1)
    repeated = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != "")).any(axis=1)
    if repeated.any():
        raise KitError(
            f"rank must return different codes, but {int(repeated.sum()):,} of {shape[0]:,} rows "
            f"repeat one, such as {' '.join(filter(None, ranked[np.argmax(repeated)]))}."
        )
    return ranked


def _padded(ranked: Any, shape: tuple[int, int]) -> npt.NDArray[np.str_]:
    """Return the texts of each row, up to as many as are allowed, "" where there are fewer."""
    rows = [list(row) if isinstance(row, list | tuple | np.ndarray) else None for row in ranked]
    if len(rows) != shape[0] or any(row is None or len(row) > shape[1] for row in rows):
        returned = getattr(ranked, "shape", f"{len(rows)} rows")
        raise KitError(
            f"rank must return up to {shape[1]} texts for each of {shape[0]} rows, best first, "
            f"but it returned {returned}."
        )
    if odd := next((text for row in rows for text in row or () if not isinstance(text, str)), None):
        raise KitError(f"rank must return texts, but it returned {odd!r}.")
    padded = [[*(row or ()), *[""] * (shape[1] - len(row or ()))] for row in rows]
    return np.array(padded, dtype=np.str_).reshape(shape)


def _fit_and_group(model: GroupModel, split: Split) -> npt.NDArray[np.int64]:
    """Fit on all declarations and the known groups; return a number for each group."""
    X = pd.concat([split.train, split.test], ignore_index=True)
    nothing = np.full(len(split.test), ERASED, dtype=np.int8)
    offered = {name: np.concatenate([labels, nothing]) for name, labels in split.keywords.items()}
    (known,) = split.given.values()
    model.fit(X, known.copy(), **accepted_keywords(model.fit, offered))
    asked = split.keys.to_numpy(dtype=object)
    groups = np.asarray(model.group(asked.copy()))
    if groups.shape != (len(asked),):
        raise KitError(
            f"group must return one group for each importer, shape ({len(asked)},), but it "
            f"returned {groups.shape}."
        )
    missing = pd.isna(groups)
    if missing.any():
        raise KitError(
            f"group must name a group for every importer, but {int(missing.sum()):,} of "
            f"{len(groups):,} are missing. A lone importer has a group of its own."
        )
    return np.asarray(pd.factorize(groups)[0], dtype=np.int64)


def _shape_error(shape: tuple[int, ...], n_test: int, *, has_unlabelled: bool) -> str:
    expected = f"({n_test}, 2), columns honest and fraud"
    if shape == (n_test, 3) and has_unlabelled:
        return (
            "predict_proba returned 3 columns instead of 2: y contains -1 for unlabelled "
            "declarations, which your model took for a class. Fit it on X[y >= 0] and y[y >= 0]."
        )
    text = f"predict_proba must return shape {expected}, but it returned {shape}."
    if shape == (n_test,):
        text += " Return np.column_stack([1 - p, p]) of these probabilities p."
    return text
