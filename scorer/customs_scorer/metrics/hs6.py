"""Metrics of the task hs6: how often the true goods are among the codes named first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.split import Split
from customs_scorer.metrics.gains import Gains, Part
from customs_scorer.metrics.metric import Metric, TaskMetrics, Words

_TRUE: Final = "True HS6 Code"
_DECLARED: Final = "Declared HS6 Code"


def _text(answers: pd.DataFrame, name: str) -> npt.NDArray[np.str_]:
    return answers[name].to_numpy(dtype=object).astype(np.str_)


def _everybody(answers: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return np.ones(len(answers), dtype=bool)


def _misdeclared(answers: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return np.asarray(_text(answers, _TRUE) != _text(answers, _DECLARED))


@dataclass(frozen=True, kw_only=True)
class HitRate(Metric):
    """Share of declarations whose goods are among the first codes.

    Attributes
    ----------
    first : int
        Number of codes that count, best first.
    digits : int
        Digits that must agree: 6, 4 (heading) or 2 (chapter).
    target : str
        Column with the right code.
    counts : callable
        Takes the true target columns and returns which declarations count, bool, shape (n_units,).
    """

    first: int
    digits: int = 6
    target: str = _TRUE
    counts: Callable[[pd.DataFrame], npt.NDArray[np.bool_]] = _everybody

    def gains(self, answers: pd.DataFrame, answer: npt.NDArray[Any]) -> Gains:
        """See `Metric.gains`; `answer` are codes, str, shape (n_units, most)."""
        width = f"<U{self.digits}"
        right = _text(answers, self.target).astype(width)
        hits = (answer[:, : self.first].astype(width) == right[:, None]).any(axis=1)
        counted = self.counts(answers)
        rows = np.flatnonzero(hits & counted)
        weight = Fraction(int(np.count_nonzero(counted)))
        return Gains(len(answers), weight, (Part(rows, None, Fraction(1)),))

    def chance(self, answers: pd.DataFrame) -> Gains:
        """Gains of naming the most frequent goods of the period for every declaration."""
        right = pd.Series(_text(answers, self.target)).value_counts()
        # Codes of equal frequency in their order, so that the value does not depend on the rows.
        first = sorted(right.index, key=lambda code: (-right[code], code))[: self.first]
        named = np.array(first or [""], dtype=np.str_)
        return self.gains(answers, np.tile(named, (len(answers), 1)))

    def sampler(
        self, answers: pd.DataFrame, answer: npt.NDArray[Any]
    ) -> Callable[[npt.NDArray[np.int32]], npt.NDArray[np.float64]]:
        """See `Metric.sampler`: a sample's divisor is what counts in it."""
        by_unit, counted = self.gains(answers, answer).by_unit(), self.counts(answers).astype(float)

        def sample(counts: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
            n = counts @ counted
            return np.where(n > 0, counts @ by_unit / np.maximum(n, 1), np.nan)

        return sample


def _unseen_importers(split: Split) -> npt.NDArray[np.bool_]:
    known = split.train["Importer ID"].unique()
    return np.asarray(~split.test["Importer ID"].isin(known).to_numpy())


def _counts(answers: pd.DataFrame) -> dict[str, int]:
    return {"n_misdeclared": int(np.count_nonzero(_misdeclared(answers)))}


METRICS: Final = TaskMetrics(
    ranked=tuple(
        HitRate(
            f"top_{first}",
            f"top-{first} accuracy",
            f"top-{first}",
            definition="the share of declarations whose true HS6 code is "
            + ("the first one named" if first == 1 else f"among the first {first} named"),
            first=first,
            hidden=(_TRUE,),
        )
        for first in (1, 5)
    ),
    reported=(
        HitRate("heading", "heading accuracy", "heading", first=1, digits=4, hidden=(_TRUE,)),
        HitRate("chapter", "chapter accuracy", "chapter", first=1, digits=2, hidden=(_TRUE,)),
        HitRate(
            "correction", "correction", "correction", first=1, counts=_misdeclared,
            hidden=(_TRUE, _DECLARED),
        ),
        HitRate(
            "declared_top_1", "top-1 of the declared code", "declared", first=1, target=_DECLARED,
            hidden=(_DECLARED,),
        ),
    ),
    counts=_counts,
    count_titles={"n_misdeclared": "misdeclared"},
    unseen=_unseen_importers,
    words=Words(
        chance="chance",
        chance_meaning="naming the most frequent goods",
        copied="copied codes",
        copied_meaning="the codes of training declarations with the same departure, origin and "
        "net mass, if any",
        copied_sentence="Copying the code of the same departure, origin and net mass scores",
        unseen="unseen importers",
        unseen_meaning="of importers that training lacks",
        unseen_definition="on declarations of importers that training lacks",
    ),
)  # fmt: skip
