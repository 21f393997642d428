"""What the audit's tests look at: labelled training rows, and later rows whose labels are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.columns.column_set import extra_names
from customs_data.columns.matching import arrow_text, match_ids
from customs_data.edition.hidden import load_solution, load_train_labels
from customs_data.edition.loading import Edition
from customs_data.errors import KitError
from customs_data.schema import ENTITY_COLUMNS, ERASED, KEY, NUMBER_DTYPE
from customs_data.split import Split, rows_of
from customs_data.tasks import Choices, Groups
from customs_scorer.bootstrap import joint_bootstrap
from customs_scorer.metrics import Metric, metrics_of
from customs_scorer.validation import validation_split

#: Declarations that tests with models, or with hundreds of look-ups, look at; a sample beyond.
MOST_ROWS: Final = 300_000

#: Bootstrap samples for the standard error of a metric that is no mean of gains.
_N_SAMPLES: Final = 100

Codes = npt.NDArray[np.int64]


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
class Skipped:
    """A test that an edition does not allow.

    Attributes
    ----------
    name : str
        What was not tested.
    reason : str
        Why, and the way out if there is one; one or two sentences.
    """

    name: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        """Return name and reason as plain data."""
        return {"name": self.name, "reason": self.reason}


def lacks(name: str, column: str) -> Skipped:
    """Return a test that an edition does not allow because a column is absent."""
    return Skipped(name, f"The edition lacks {column}.")


@dataclass(frozen=True)
class Evidence:
    """Labelled rows of an edition, split by time.

    Attributes
    ----------
    split : Split
        Labelled training declarations, and later ones to be judged on: private declarations on an
        organizer's copy, else the last quarter of the training period.
    """

    split: Split

    @property
    def train(self) -> pd.DataFrame:
        """Training declarations, shape (n_train, 20)."""
        return self.split.train

    @property
    def later(self) -> pd.DataFrame:
        """Later declarations, shape (n_later, 20)."""
        return self.split.test

    @cached_property
    def y(self) -> npt.NDArray[np.int8]:
        """Labels of the training declarations, shape (n_train,): 0, or 1 for any violation."""
        return np.minimum(self.split.y, np.int8(1))

    @cached_property
    def y_later(self) -> npt.NDArray[np.int8]:
        """Labels of the later declarations, likewise, shape (n_later,)."""
        return np.minimum(self.split.y_test, np.int8(1))

    def answer_by(
        self, score: Callable[[npt.NDArray[np.int8]], npt.NDArray[np.float64]]
    ) -> npt.NDArray[np.float64]:
        """Return an answer to the later rows: `score` of each label that the task asks for.

        Parameters
        ----------
        score : callable
            From labels of the training declarations, 0 or 1, to scores of the later ones.

        Returns
        -------
        ndarray of float64, shape (n_later,), or (n_later, n_columns) for several answer columns
        """
        n_columns = len(self.split.task.answer.columns)
        if n_columns == 1:
            return score(self.y)
        labels = ((self.split.y == code).astype(np.int8) for code in range(1, n_columns + 1))
        return np.column_stack([score(label) for label in labels])

    @cached_property
    def metric(self) -> Metric:
        """The yardstick: what teams are ranked on first, if the answers here suffice for it."""
        assert self.split.answers is not None
        return metrics_of(self.split.task).computable(self.split.answers)[0]

    def score(self, answer: npt.NDArray[Any]) -> float:
        """Value of the yardstick for an answer to the later rows."""
        assert self.split.answers is not None
        return self.metric.value(self.split.answers, answer)

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
        return np.arange(len(self.both)) >= len(self.train)

    @cached_property
    def open_columns(self) -> tuple[str, ...]:
        """Columns a look-up may be built on: all that test has but the key and the entities."""
        return tuple(str(n) for n in self.later if n not in (KEY, *ENTITY_COLUMNS))

    @cached_property
    def traders(self) -> tuple[str, ...]:
        """Entities that the edition has."""
        return tuple(name for name in ENTITY_COLUMNS if name in self.later)

    @cached_property
    def extra(self) -> dict[str, str]:
        """Name and type of the extra columns."""
        return extra_names(self.later)

    @cached_property
    def codes(self) -> _ColumnCodes:
        """Declared columns of `both` as integers, a missing cell being a value of its own."""
        return _ColumnCodes(self.both)

    def sampled(self, most: int) -> Evidence:
        """The same, or a random sample of `most` rows in their order, split as the whole is."""
        n_train, n_later = len(self.train), len(self.later)
        if n_train + n_later <= most:
            return self
        rng = np.random.default_rng(0)
        n_kept = round(most * n_train / (n_train + n_later))
        early = np.sort(rng.choice(n_train, n_kept, replace=False))
        late = np.sort(rng.choice(n_later, most - n_kept, replace=False))
        sample = self.at(early, late)
        # Codes count by first appearance: within the sample, nearly every trader would be new.
        rows = np.concatenate([early, n_train + late])
        for name in self.traders:
            sample.codes[name] = self.codes[name][rows]
        return sample

    def at(self, early: npt.NDArray[np.intp], late: npt.NDArray[np.intp]) -> Evidence:
        """The training and later declarations at some places only."""
        split = self.split
        train, labels = (f.take(early).reset_index(drop=True) for f in (split.train, split.labels))
        test, answers = split.test.take(late).reset_index(drop=True), None
        if split.task.asks_declarations and split.answers is not None:
            answers = split.answers.take(late).reset_index(drop=True)
        return Evidence(
            replace(split, train=train, labels=labels, test=test, answers=answers, units=None)
        )

    def encoded(self, columns: tuple[str, ...]) -> npt.NDArray[np.float64]:
        """Columns of `both` for a tree model: numbers as they are, text by order of appearance."""
        return np.column_stack(
            [
                self.both[name].to_numpy(np.float64)
                if self.both[name].dtype == NUMBER_DTYPE
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
    answer = edition.task.answer
    if isinstance(answer, Choices):
        return Evidence(_without_absent(edition, _judged_choices(edition)))
    if isinstance(answer, Groups):
        return Evidence(_without_absent(edition, _with_answers(edition)))
    evidence = Evidence(_labelled(edition).labelled())
    for part, y in (("training", evidence.y), ("later", evidence.y_later)):
        n_positive = int((y == 1).sum())
        if min(n_positive, len(y) - n_positive) < 20:
            raise KitError(
                f"An audit needs at least 20 frauds and 20 honest declarations among the {part} "
                f"labels, but there are {n_positive} and {len(y) - n_positive}."
            )
    return evidence


def _without_absent(edition: Edition, split: Split) -> Split:
    """Return a split without the columns that the edition lacks: nothing can be looked up there."""
    absent = edition.manifest.absent
    train, test = (
        frame.drop(columns=[name for name in absent if name in frame])
        for frame in (split.train, split.test)
    )
    return replace(split, train=train, test=test)


def _with_answers(edition: Edition) -> Split:
    """Return the split of an edition, with the hidden answers to all units if they are at hand."""
    if not edition.layout.has_hidden:
        return edition.split
    solution = load_solution(edition.layout, edition.units)
    return replace(edition.split, answers=solution[list(edition.task.target_names)])


def _judged_choices(edition: Edition) -> Split:
    """Return training declarations, and the private ones, or else those of a validation."""
    if not edition.layout.has_hidden:
        return validation_split(edition.split)
    solution = load_solution(edition.layout, edition.units)
    private = (solution["Usage"] == "Private").to_numpy()
    answers = rows_of(solution[list(edition.task.target_names)], private)
    test = rows_of(edition.test, private)
    return replace(edition.split, test=test, answers=answers, units=test[edition.task.unit.key])


def _labelled(edition: Edition) -> Split:
    """Return training declarations with all labels known, and later ones to be judged on."""
    split = _without_absent(edition, edition.split)
    withheld = [name for name in edition.task.withheld if name in split.train]
    split = replace(split, train=split.train.drop(columns=withheld))
    if not edition.layout.has_hidden:
        days = edition.train["Date"]
        return split.earlier_and_later((days > days.quantile(0.75)).to_numpy())
    # The organizer knows the erased labels, too: the audit is of the world, not of the erasure.
    erased = load_train_labels(edition.layout)
    places = match_ids(arrow_text(edition.train[KEY]), arrow_text(erased[KEY]))
    labels = split.labels.copy()
    for name in split.task.labels:
        known = np.append(erased[name].to_numpy(np.int8), np.int8(ERASED))
        labels[name] = np.where(places >= 0, known[places], labels[name])
    solution = load_solution(edition.layout, edition.units)
    private = (solution["Usage"] == "Private").to_numpy()
    answers = rows_of(solution[list(split.task.target_names)], private)
    return replace(
        split, labels=labels, test=rows_of(split.test, private), answers=answers, units=None
    )


def upper_score(evidence: Evidence, answer: npt.NDArray[np.float64]) -> float:
    """Score of a model on the later rows, plus two standard errors.

    A threshold of the audit: a look-up that beats a trained model by less than the sampling error
    does not prove that it can replace learning.
    """
    answers, metric = evidence.split.answers, evidence.metric
    assert answers is not None
    value = evidence.score(answer)
    if not metric.has_gains:
        samples = joint_bootstrap([metric], answers, [answer], n_replicates=_N_SAMPLES, seed=0)
        return value + 2 * float(samples.std())
    return value + 2 * sqrt(value * (1 - value) / float(metric.gains(answers, answer).weight))
