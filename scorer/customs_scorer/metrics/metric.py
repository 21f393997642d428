"""Metrics: what a submission is worth, unit by unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.lookup import is_unseen
from customs_data.split import Split
from customs_data.tasks import DECLARATION
from customs_scorer.metrics.gains import Gains
from customs_scorer.metrics.inspection import Opened, n_inspected, open_highest
from customs_scorer.metrics.resampling import Counts, Per, RankedSamples

Amounts = Callable[[pd.DataFrame], npt.NDArray[Any]]


@dataclass(frozen=True)
class Metric:
    """A number that says how good a submission is.

    A metric that is a mean of gains defines `gains`; value, bootstrap, the Ladder's paired test and
    the final standings follow from them. One that is not (average precision, say) defines `value`
    and keeps `has_gains` False: its bootstrap draws units, and a competition ranked by it has the
    step Ladder.

    Attributes
    ----------
    name : str
        Key in JSON, database and result files: ``precision_at_5``.
    title : str
        For people: ``precision@5 %``.
    short : str
        Column heading where the metric is known: ``@5 %``. Metrics with the same one are shown
        together.
    interval : str
        Key of its 95 % interval; NAME_interval if it is empty.
    higher_is_better : bool
        Direction of the ranking.
    definition : str
        What the value is, to follow "TITLE is": "the share of the opened declarations that is
        fraud".
    hidden : tuple of str
        Target columns that it reads and that are not published with training declarations, so that
        no validation can compute it.
    resampled_by : str
        Target column by whose values the bootstrap draws, all units of a value together; by default
        it draws units. All metrics of a task have the same.
    """

    name: str
    title: str
    short: str = ""
    interval: str = ""
    higher_is_better: bool = True
    definition: str = ""
    hidden: tuple[str, ...] = ()
    resampled_by: str = ""

    @property
    def interval_name(self) -> str:
        """Key of the metric's 95 % interval."""
        return self.interval or f"{self.name}_interval"

    @property
    def has_gains(self) -> bool:
        """Whether the value is a mean of gains."""
        return type(self).gains is not Metric.gains

    def gains(self, answers: pd.DataFrame, answer: npt.NDArray[Any]) -> Gains:
        """Return what each unit adds.

        Parameters
        ----------
        answers : DataFrame, shape (n_units, n_targets)
            True target columns.
        answer : ndarray, shape (n_units,) or (n_units, n_columns)
            Submitted columns, in the same order.
        """
        raise TypeError(f"{self.title} is no mean of gains.")

    def chance(self, answers: pd.DataFrame) -> Gains:
        """Return the gains of an answer that says the same of every unit."""
        return self.gains(answers, np.zeros(len(answers)))

    def chance_value(self, answers: pd.DataFrame) -> float:
        """Return the value of an answer that says nothing; NaN if the metric does not define it."""
        return self.chance(answers).value if self.has_gains else float("nan")

    def value(self, answers: pd.DataFrame, answer: npt.NDArray[Any]) -> float:
        """Return the metric's value; NaN where it has none."""
        return self.gains(answers, answer).value

    def sampler(
        self, answers: pd.DataFrame, answer: npt.NDArray[Any]
    ) -> Callable[[Counts], npt.NDArray[np.float64]]:
        """Return a function from bootstrap counts to the value of each sample, (n_samples,)."""
        if self.has_gains:
            gains = self.gains(answers, answer)
            by_unit, weight = gains.by_unit(), float(gains.weight) / gains.n_units
            return lambda counts: counts @ by_unit / (weight * counts.sum(axis=1))
        units = np.arange(len(answers))

        def sample(counts: Counts) -> npt.NDArray[np.float64]:
            drawn = [np.repeat(units, count) for count in counts]
            return np.array([self.value(answers.iloc[rows], answer[rows]) for rows in drawn])

        return sample


@dataclass(frozen=True, kw_only=True)
class InspectionMetric(Metric):
    """What an inspection of the highest-scored declarations yields: precision, recall, revenue.

    Attributes
    ----------
    rate : float
        Inspection rate in (0, 1].
    amounts : callable
        Takes the true target columns and returns what each declaration adds if it is opened, bool
        or int64, shape (n_units,), at least 0.
    per : {"opened", "all", "chance"}
        What the sum is divided by: the declarations opened (precision), the sum over all
        declarations (recall), or what opening at random would bring (lift).
    oracle : str
        Column of hidden/oracle that would be the best answer, if the task's is not.
    """

    rate: float
    amounts: Amounts
    per: Per = "opened"
    oracle: str = ""

    def gains(self, answers: pd.DataFrame, answer: npt.NDArray[Any]) -> Gains:
        """See `Metric.gains`."""
        (opened,) = open_highest(answer, [self.rate])
        return self.gains_if(opened, self.amounts(answers))

    def gains_if(self, opened: Opened, amounts: npt.NDArray[Any]) -> Gains:
        """Return the gains of an inspection whose declarations are known."""
        if self.per == "opened":
            return opened.gains(amounts, opened.k)
        everything = int(amounts.sum())
        share = Fraction(opened.k, opened.n_units) if self.per == "chance" else Fraction(1)
        return opened.gains(amounts, share * everything)


def values_of(
    metrics: Sequence[Metric], answers: pd.DataFrame, answer: npt.NDArray[Any]
) -> dict[str, float]:
    """Return the value of each metric by its name; inspections rank the declarations once."""
    inspections = [metric for metric in metrics if isinstance(metric, InspectionMetric)]
    rates = sorted({metric.rate for metric in inspections})
    opened = dict(zip(rates, open_highest(answer, rates), strict=True)) if rates else {}
    amounts = {function: function(answers) for function in {m.amounts for m in inspections}}
    return {
        metric.name: metric.gains_if(opened[metric.rate], amounts[metric.amounts]).value
        if isinstance(metric, InspectionMetric)
        else metric.value(answers, answer)
        for metric in metrics
    }


def joint_sampler(
    metrics: Sequence[Metric], answers: pd.DataFrame, answer: npt.NDArray[Any]
) -> Callable[[Counts], npt.NDArray[np.float64]]:
    """Return a function from bootstrap counts to the values of several metrics.

    Inspections rank the declarations once for all of them, and choose anew what each sample opens.

    Returns
    -------
    callable
        From counts of shape (n_samples, n_units) to values of shape (n_metrics, n_samples).
    """
    inspections: dict[Amounts, list[int]] = {}
    others = {}
    for i, metric in enumerate(metrics):
        if isinstance(metric, InspectionMetric):
            inspections.setdefault(metric.amounts, []).append(i)
        else:
            others[i] = metric.sampler(answers, answer)
    ranked = {amounts: RankedSamples(answer, amounts(answers)) for amounts in inspections}
    sizes = {
        i: (n_inspected(len(answers), metric.rate), metric.per)
        for i, metric in enumerate(metrics)
        if isinstance(metric, InspectionMetric)
    }

    def sample(counts: Counts) -> npt.NDArray[np.float64]:
        values = np.empty((len(metrics), len(counts)))
        for i, function in others.items():
            values[i] = function(counts)
        for amounts, places in inspections.items():
            values[places] = ranked[amounts].values(counts, [sizes[i] for i in places])
        return values

    return sample


_TUPLE: Final = "tuple (HS6, departure, origin, tax rate, tax type, net mass)"


@dataclass(frozen=True)
class Words:
    """Titles of a task's yardsticks in tables, and what they mean.

    Attributes
    ----------
    chance, chance_meaning : str
        An answer that says nothing.
    copied, copied_meaning : str
        Copying from training (`customs_scorer.copying`).
    copied_sentence : str
        The same as the begin of a sentence that goes on with scores.
    unseen, unseen_meaning : str
        Units that training has nothing to copy for, as a row's title, and to follow "Private METRIC
        on the SHARE ".
    unseen_definition : str
        The same to follow "unseen: ".
    """

    chance: str = "base rate"
    chance_meaning: str = "opening at random"
    copied: str = "copied labels"
    copied_meaning: str = f"the label of a training declaration of the same {_TUPLE}, if any"
    copied_sentence: str = "Copying the label of the exact twin scores"
    unseen: str = "no label to copy"
    unseen_meaning: str = "where no label can be copied"
    unseen_definition: str = f"on declarations whose {_TUPLE} no training declaration has"


@dataclass(frozen=True)
class TaskMetrics:
    """The metrics of a task.

    Attributes
    ----------
    ranked : tuple of Metric
        What teams are ranked on, the most important first; at least one.
    reported : tuple of Metric
        Shown beside it, never ranked on.
    counts : callable
        Takes true target columns and returns what a period contains beside its number of units, by
        key: ``{"n_fraud": 17}``.
    count_titles : mapping of str to str
        The same keys for people: ``{"n_fraud": "fraud"}``.
    oracle : str, tuple of str or None
        Column or columns of hidden/oracle that would be the best answer; what they score is the
        ceiling. None if there is none.
    prior : str, tuple of str or None
        The same before the declaration is written: what the ceiling was until world version 2.
    unseen : callable
        Takes a split and returns which of its units have nothing to copy from training, bool, shape
        (n_units,); for declarations, by default those whose six-tuple no training declaration has.
    unit : str
        What is counted as ``n_UNITs`` of a period.
    words : Words
        Titles of yardsticks in tables.
    """

    ranked: tuple[Metric, ...]
    reported: tuple[Metric, ...] = ()
    counts: Callable[[pd.DataFrame], dict[str, int]] = field(default=lambda answers: {})
    count_titles: Mapping[str, str] = field(default_factory=dict)
    oracle: str | tuple[str, ...] | None = None
    prior: str | tuple[str, ...] | None = None
    unseen: Callable[[Split], npt.NDArray[np.bool_]] = field(
        default=lambda split: is_unseen(split.train, split.test)
    )
    unit: str = DECLARATION.name
    words: Words = field(default_factory=lambda: Words())

    @property
    def n_units(self) -> str:
        """Key of the number of units of a period: ``n_declarations``."""
        return f"n_{self.unit}s"

    @property
    def all(self) -> tuple[Metric, ...]:
        """Ranked metrics, then reported ones."""
        return (*self.ranked, *self.reported)

    def computable(self, answers: pd.DataFrame) -> tuple[Metric, ...]:
        """Return the ranked metrics that `answers` suffice for; if there is none, reported ones."""
        for metrics in (self.ranked, self.reported):
            if able := tuple(m for m in metrics if set(m.hidden) <= set(answers)):
                return able
        return ()

    def named(self, name: str) -> Metric:
        """Return the metric of a name; KeyError if the task has none."""
        return {metric.name: metric for metric in self.all}[name]

    def rank_key(self, values: Mapping[str, Any]) -> tuple[float, ...]:
        """Sort key that puts better values first: the ranked metrics, in order."""
        return tuple(
            -values[metric.name] if metric.higher_is_better else values[metric.name]
            for metric in self.ranked
        )
