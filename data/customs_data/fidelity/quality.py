"""Table 2: the eight metrics, averaged over columns and pairs, with their half-split reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import combinations
from math import isnan
from typing import Any, Final

import numpy as np

from customs_data.fidelity.comparison import Comparison, combine
from customs_data.fidelity.metrics import (
    Codes,
    bin_numbers,
    boundary_adherence,
    category_coverage,
    contingency_similarity,
    correlation_similarity,
    ks_complement,
    range_coverage,
    tv_complement,
)
from customs_data.fidelity.newness import new_row_synthesis

#: Scores of the paper's own release (Jeong et al., Table 2).
PUBLISHED: Final = {
    "KS complement": 0.8268,
    "TV complement": 0.8919,
    "Pearson similarity": 0.9569,
    "contingency similarity": 0.7633,
    "range coverage": 0.8022,
    "category coverage": 0.8801,
    "boundary adherence": 0.9869,
    "new-row synthesis": 1.0,
}

#: Random half-splits of the source behind a reference.
N_SPLITS: Final = 10

_FEWEST_ROWS: Final = 4

Parts = dict[str, float]


@dataclass(frozen=True)
class Reference:
    """Half-split reference of a metric: what a table as good as the source itself scores.

    It is no ceiling. A score within its spread is as good as can be told; a table fitted to the
    very rows that judge it can score more.

    Attributes
    ----------
    n_rows : int
        Declarations per side.
    low, mean, high : float
        Lowest, mean and highest score of one half of the source beside the other, over `N_SPLITS`
        random halves.
    score : float
        Mean score of the synthetic table at the same size, beside the same halves.
    """

    n_rows: int
    low: float
    mean: float
    high: float
    score: float

    @property
    def spread(self) -> str:
        """Lowest and highest score as text."""
        return f"{self.low:.4f} .. {self.high:.4f}"

    def as_dict(self) -> dict[str, Any]:
        """Return the reference as plain data."""
        return asdict(self) | {"n_splits": N_SPLITS}


@dataclass(frozen=True)
class Score:
    """One metric of Table 2; 1 is best.

    Attributes
    ----------
    name : str
        Key of `PUBLISHED`.
    value : float or None
        Average over columns, or pairs of columns, without entity IDs; None if defined for none.
        This is what counts.
    reference : Reference or None
        The same for halves of the source; None if defined for none, or with fewer than four rows.
    with_ids : float or None
        With the four entity columns as categories. It is reported but does not count, because
        re-issued IDs cannot equal IDs of the source.
    parts : dict of str to float
        Defined values by column, or by pair (``"A x B"``), without entity IDs.
    """

    name: str
    value: float | None
    reference: Reference | None
    with_ids: float | None
    parts: Parts

    def as_dict(self) -> dict[str, Any]:
        """Return the score as plain data."""
        return {
            "name": self.name,
            "value": self.value,
            "reference": None if self.reference is None else self.reference.as_dict(),
            "with_ids": self.with_ids,
            "published": PUBLISHED[self.name],
            "parts": self.parts,
        }


def reference_rows(scores: Iterable[Score]) -> int | None:
    """Declarations per side of the half-split references; None without any."""
    return next((score.reference.n_rows for score in scores if score.reference), None)


def reference_sentences(scores: Iterable[Score], n_rows: int) -> list[str]:
    """Return what the columns of Table 2 are, for people.

    Parameters
    ----------
    scores : iterable of Score
    n_rows : int
        Declarations of each side.
    """
    sentences = ["Scores ignore Declaration ID and the four entity IDs."]
    n = reference_rows(scores)
    if n is None:
        return sentences
    sentences.append(
        "The half-split reference is what a table as good as the source itself scores: the lowest "
        f"and highest of {N_SPLITS} random samples of {n:,} source declarations beside as many "
        "others. A score within it is as good as can be told."
    )
    if n < n_rows:
        sentences.append(
            f"Compare it with the score at n = {n:,}, the mean over the same samples: most metrics "
            "rise with the number of rows."
        )
    return sentences


def measure_quality(
    comparison: Comparison, on_metric: Callable[[str], None] = lambda name: None
) -> tuple[Score, ...]:
    """Compute Table 2.

    Parameters
    ----------
    comparison : Comparison
        At least two rows per side.
    on_metric : callable
        Called with the name of a metric or half-split before it is computed.

    Returns
    -------
    tuple of Score
        In the paper's order.

    Notes
    -----
    Pairs are those of SDMetrics' QualityReport: correlations of two numbers; contingency tables of
    two categories, or of a category and a binned number.
    """
    references = _measure_references(comparison, on_metric)
    scores = []
    for name, metric in _METRICS.items():
        on_metric(name)
        parts = metric(comparison, comparison.categorical)
        all_categories = (*comparison.categorical, *comparison.entities)
        scores.append(
            Score(
                name,
                _mean(parts.values()),
                references.get(name),
                _mean(metric(comparison, all_categories).values()),
                {key: value for key, value in parts.items() if not isnan(value)},
            )
        )
    return tuple(scores)


def score_quality(comparison: Comparison) -> dict[str, float]:
    """Return the eight metrics without entity IDs and without half-split references.

    A twentieth of the work of `measure_quality`, for comparisons of many tables with one source.
    """
    values = {
        name: _mean(metric(comparison, comparison.categorical).values())
        for name, metric in _METRICS.items()
    }
    return {name: value for name, value in values.items() if value is not None}


def _measure_references(
    comparison: Comparison, on_metric: Callable[[str], None]
) -> dict[str, Reference]:
    """Return the half-split reference of each metric that is defined in every split."""
    if comparison.n_rows < _FEWEST_ROWS:
        return {}
    values: dict[str, list[tuple[float | None, float | None]]] = {name: [] for name in _METRICS}
    n_rows = 0
    for i, (halves, beside) in enumerate(comparison.half_splits(N_SPLITS), start=1):
        on_metric(f"half-split {i} of {N_SPLITS}")
        n_rows = halves.n_rows
        for name, metric in _METRICS.items():
            both = (_mean(metric(pair, pair.categorical).values()) for pair in (halves, beside))
            values[name].append((next(both), next(both)))
    references = {}
    for name, pairs in values.items():
        own = [first for first, _ in pairs if first is not None]
        scores = [second for _, second in pairs if second is not None]
        if len(own) == len(scores) == N_SPLITS:
            score = float(np.mean(scores))
            references[name] = Reference(n_rows, min(own), float(np.mean(own)), max(own), score)
    return references


def _mean(values: Iterable[float]) -> float | None:
    """Return the mean of the defined values."""
    defined = [value for value in values if not isnan(value)]
    return float(np.mean(defined)) if defined else None


def _ks(pair: Comparison, categories: tuple[str, ...]) -> Parts:
    return {name: ks_complement(*pair.numbers(name)) for name in pair.numerical}


def _tv(pair: Comparison, categories: tuple[str, ...]) -> Parts:
    return {name: tv_complement(*pair.codes(name)) for name in categories}


def _correlation(pair: Comparison, categories: tuple[str, ...]) -> Parts:
    numbers = {name: pair.numbers(name) for name in pair.numerical}
    return {
        f"{a} x {b}": correlation_similarity(
            (numbers[a][0], numbers[b][0]), (numbers[a][1], numbers[b][1])
        )
        for a, b in combinations(pair.numerical, 2)
    }


def _contingency(pair: Comparison, categories: tuple[str, ...]) -> Parts:
    codes: dict[str, tuple[Codes, Codes]] = {name: pair.codes(name) for name in categories}
    binned = {name: bin_numbers(*pair.numbers(name)) for name in pair.numerical}
    pairs = [*combinations(categories, 2), *((a, b) for a in categories for b in binned)]
    both = codes | binned
    return {
        f"{a} x {b}": contingency_similarity((both[a][0], both[b][0]), (both[a][1], both[b][1]))
        for a, b in pairs
    }


def _range(pair: Comparison, categories: tuple[str, ...]) -> Parts:
    return {name: range_coverage(*pair.numbers(name)) for name in pair.numerical}


def _coverage(pair: Comparison, categories: tuple[str, ...]) -> Parts:
    return {name: category_coverage(*pair.codes(name)) for name in categories}


def _boundary(pair: Comparison, categories: tuple[str, ...]) -> Parts:
    return {name: boundary_adherence(*pair.numbers(name)) for name in pair.numerical}


def _newness(pair: Comparison, categories: tuple[str, ...]) -> Parts:
    groups = combine(pair, categories)
    columns = [pair.numbers(name) for name in pair.numerical]
    numbers = [
        np.column_stack([column[side] for column in columns])
        if columns
        else np.zeros((pair.n_rows, 0))
        for side in (0, 1)
    ]
    return {"all columns": new_row_synthesis((groups[0], numbers[0]), (groups[1], numbers[1]))}


_METRICS: Final[dict[str, Callable[[Comparison, tuple[str, ...]], Parts]]] = {
    "KS complement": _ks,
    "TV complement": _tv,
    "Pearson similarity": _correlation,
    "contingency similarity": _contingency,
    "range coverage": _range,
    "category coverage": _coverage,
    "boundary adherence": _boundary,
    "new-row synthesis": _newness,
}
