"""What the audit's tests look at: labelled training rows, and later rows whose labels are known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.columns.matching import arrow_text, match_ids
from customs_data.edition.loading import Edition, load_solution, load_train_labels
from customs_data.errors import KitError
from customs_data.schema import COLUMN, DECLARED_COLUMNS, ENTITY_COLUMNS, ERASED, KEY
from customs_scorer.metrics.inspection import inspect

#: Columns a look-up may be built on: everything declared but the key and the four entities.
OPEN_COLUMNS: Final = tuple(n for n in DECLARED_COLUMNS if n not in (KEY, *ENTITY_COLUMNS))

#: Declarations that tests with models, or with hundreds of look-ups, look at; a sample beyond.
MOST_ROWS: Final = 300_000

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class AuditTest:
    """One measured test.

    Attributes
    ----------
    name : str
        What was tested.
    value, threshold : float
        What was measured, and the largest value that passes.
    explanation : str
        One sentence.
    """

    name: str
    value: float
    threshold: float
    explanation: str

    @property
    def passed(self) -> bool:
        """Whether the value does not exceed the threshold."""
        return bool(self.value <= self.threshold)

    def as_dict(self) -> dict[str, object]:
        """Return the test as plain data."""
        return {
            "name": self.name,
            "value": float(self.value),
            "threshold": float(self.threshold),
            "passed": self.passed,
            "explanation": self.explanation,
        }

    def of_sample(self, what: str, n_rows: int, n_all: int) -> AuditTest:
        """Return the test, its explanation saying that it looked at a sample."""
        seen = f"On a sample ({what}): {n_rows:,} of {n_all:,} declarations."
        return replace(self, explanation=f"{self.explanation} {seen}")


@dataclass(frozen=True)
class Evidence:
    """Labelled rows of an edition, split by time.

    Attributes
    ----------
    train : DataFrame, shape (n_train, 20)
        Labelled training declarations.
    y : ndarray of int8, shape (n_train,)
        Their labels, 0 or 1.
    later : DataFrame, shape (n_later, 20)
        Private declarations on an organizer's copy; else the last quarter of the training period.
    y_later : ndarray of int8, shape (n_later,)
        Their labels, 0 or 1.
    """

    train: pd.DataFrame
    y: npt.NDArray[np.int8]
    later: pd.DataFrame
    y_later: npt.NDArray[np.int8]

    @cached_property
    def both(self) -> pd.DataFrame:
        """Training and later rows together, shape (n_train + n_later, 20)."""
        return pd.concat([self.train, self.later], ignore_index=True)

    @cached_property
    def y_both(self) -> npt.NDArray[np.int8]:
        """Labels of `both`."""
        return np.concatenate([self.y, self.y_later])

    @cached_property
    def is_later(self) -> npt.NDArray[np.bool_]:
        """Which rows of `both` are later ones."""
        return np.arange(len(self.y_both)) >= len(self.y)

    @cached_property
    def codes(self) -> _ColumnCodes:
        """Declared columns of `both` as integers, a missing cell being a value of its own."""
        return _ColumnCodes(self.both)

    def sampled(self, most: int) -> Evidence:
        """The same, or a random sample of `most` rows in their order, split as the whole is."""
        n_train, n_later = len(self.y), len(self.y_later)
        if n_train + n_later <= most:
            return self
        rng = np.random.default_rng(0)
        n_kept = round(most * n_train / (n_train + n_later))
        early = np.sort(rng.choice(n_train, n_kept, replace=False))
        late = np.sort(rng.choice(n_later, most - n_kept, replace=False))
        sample = Evidence(
            self.train.take(early).reset_index(drop=True),
            self.y[early],
            self.later.take(late).reset_index(drop=True),
            self.y_later[late],
        )
        # Codes count by first appearance: within the sample, nearly every trader would be new.
        rows = np.concatenate([early, n_train + late])
        for name in ENTITY_COLUMNS:
            sample.codes[name] = self.codes[name][rows]
        return sample

    def encoded(self, columns: tuple[str, ...]) -> npt.NDArray[np.float64]:
        """Columns of `both` for a tree model: numbers as they are, text by order of appearance."""
        return np.column_stack(
            [
                self.both[name].to_numpy(np.float64)
                if COLUMN[name].role == "number"
                else self.codes[name].astype(np.float64)
                for name in columns
            ]
        )


class _ColumnCodes(dict[str, Codes]):
    """Codes of a frame's columns, each made when it is first asked for."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def __missing__(self, name: str) -> Codes:
        codes = pd.factorize(self._frame[name], use_na_sentinel=False)[0].astype(np.int64)
        self[name] = codes
        return codes


def gather_evidence(edition: Edition) -> Evidence:
    """Split an edition's labelled declarations for the audit.

    Raises
    ------
    KitError
        If labels are too few to measure anything.
    """
    train, y = edition.train, edition.y
    if edition.layout.has_hidden:
        # The organizer knows the erased labels, too: the audit is of the world, not of the erasure.
        erased = load_train_labels(edition.layout)
        places = match_ids(arrow_text(train[KEY]), arrow_text(erased[KEY]))
        labels = np.append(erased["Fraud"].to_numpy(np.int8), np.int8(ERASED))
        y = np.where(places >= 0, labels[places], y)
        solution = load_solution(edition.layout, edition.test[KEY])
        private = (solution["Usage"] == "Private").to_numpy()
        later = _rows(edition.test, private)
        y_later = solution["Fraud"].to_numpy()[private]
    else:
        days = train["Date"]
        is_later = (days > days.quantile(0.75)).to_numpy()
        later, y_later = _rows(train, is_later), y[is_later]
        train, y = _rows(train, ~is_later), y[~is_later]
    known, known_later = y != ERASED, y_later != ERASED
    evidence = Evidence(
        _rows(train, known), y[known], _rows(later, known_later), y_later[known_later]
    )
    for name, labels in (("training", evidence.y), ("later", evidence.y_later)):
        if (labels == 1).sum() < 20 or (labels == 0).sum() < 20:
            raise KitError(
                f"An audit must see at least 20 frauds and 20 honest declarations among the {name} "
                f"labels, however: {int((labels == 1).sum())} and {int((labels == 0).sum())}."
            )
    return evidence


def _rows(frame: pd.DataFrame, chosen: Mask) -> pd.DataFrame:
    """The chosen rows, numbered anew; not copied where they lie side by side."""
    places = np.flatnonzero(chosen)
    side_by_side = len(places) > 0 and places[-1] - places[0] + 1 == len(places)
    rows = frame.iloc[places[0] : places[-1] + 1] if side_by_side else frame[chosen]
    return rows.reset_index(drop=True)


def upper_precision(evidence: Evidence, fraud_score: npt.NDArray[np.float64]) -> float:
    """precision@5 % of a model on the later rows, plus two standard errors.

    What a verdict on one edition is held against: beating a model that learned from the labels by
    less than its sampling error is no proof that labels can be had without learning.
    """
    learned = inspect(evidence.y_later, fraud_score, 0.05)
    return learned.precision + 2 * sqrt(learned.precision * (1 - learned.precision) / learned.k)
