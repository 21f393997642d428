"""Columns and pairs of columns that give a synthetic table away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from customs_data.fidelity.judges.features import DATE, Feature
from customs_data.fidelity.judges.out_of_fold import rate_auc
from customs_data.fidelity.metrics import Codes, Floats

#: Bins of a number that is paired with another column.
_PAIR_BINS: Final = 24
# A pair is named if its AUC is higher than that of its columns by this much.
_EXCESS: Final = 0.02
# Up to this many distinct numbers are described by shares, more by quantiles.
_FEW: Final = 12


@dataclass(frozen=True)
class TellingPair:
    """Two columns that distinguish the tables better together than alone.

    Attributes
    ----------
    first, second : Feature
    auc : float
        AUC of the out-of-fold rate by both values.
    alone : (float, float)
        AUC of each column alone.
    """

    first: Feature
    second: Feature
    auc: float
    alone: tuple[float, float]

    def as_dict(self) -> dict[str, Any]:
        """Return the pair as plain data."""
        return {
            "columns": [self.first.name, self.second.name],
            "auc": self.auc,
            "alone": list(self.alone),
        }


def find_pairs(
    features: Sequence[Feature], alone: Floats, y: npt.NDArray[np.int8], seed: int
) -> list[TellingPair]:
    """Return pairs of features with a higher AUC than either alone, by excess."""
    codes = [feature.coarse(_PAIR_BINS) for feature in features]
    pairs = []
    for i, j in combinations(range(len(features)), 2):
        auc = rate_auc(_together(codes[i], codes[j]), y, seed)
        if auc - max(alone[i], alone[j]) >= _EXCESS:
            both = (float(alone[i]), float(alone[j]))
            pairs.append(TellingPair(features[i], features[j], auc, both))
    return sorted(pairs, key=lambda pair: max(pair.alone) - pair.auc)


def describe_feature(feature: Feature, auc: float, n_rows: int) -> str:
    """Describe in one sentence how the tables differ in a feature."""
    return f"{feature.name} (AUC {auc:.3f}): {_difference(feature, n_rows)}."


def _difference(feature: Feature, n_rows: int) -> str:
    source, synthetic = feature.values[:n_rows], feature.values[n_rows:]
    distinct = np.unique(feature.values)
    if not feature.labels and len(distinct) > _FEW:
        return "; ".join(_quantile(feature, n_rows, q, word) for q, word in _QUANTILES)
    value, shares = _largest_difference(source, synthetic)
    words = (
        f"{feature.text(value)} is {shares[0]:.1%} of the source, {shares[1]:.1%} of the synthetic "
        "table"
    )
    new = np.isin(synthetic, source, invert=True).mean()
    if feature.labels and new > 0:
        words += f"; {new:.1%} of it has values that the source lacks"
    return words


_QUANTILES: Final = ((0.1, "a tenth is"), (0.5, "half"), (0.9, "nine tenths"))


def _quantile(feature: Feature, n_rows: int, q: float, word: str) -> str:
    first, second = (
        feature.text(float(np.quantile(side, q)))
        for side in (feature.values[:n_rows], feature.values[n_rows:])
    )
    return f"{word} {'before' if feature.unit == DATE else 'below'} {first} (synthetic: {second})"


def _largest_difference(source: Any, synthetic: Any) -> tuple[float, tuple[float, float]]:
    """Return the value whose share differs most between the tables, and both shares."""
    values, number = np.unique(np.concatenate([source, synthetic]), return_inverse=True)
    n = len(source)
    first, second = (
        np.bincount(part, minlength=len(values)) / len(part) for part in (number[:n], number[n:])
    )
    place = int(np.abs(first - second).argmax())
    return float(values[place]), (float(first[place]), float(second[place]))


def describe_pair(pair: TellingPair, n_rows: int) -> str:
    """Describe in one sentence how the tables differ in a pair of columns."""
    codes = [feature.coarse(_PAIR_BINS) for feature in (pair.first, pair.second)]
    key = _together(*codes)
    cell, shares = _largest_difference(key[:n_rows], key[n_rows:])
    row = int(np.flatnonzero(key == cell)[0])
    where = " and ".join(
        _place(feature, code, row)
        for feature, code in zip((pair.first, pair.second), codes, strict=True)
    )
    return (
        f"{pair.first.name} with {pair.second.name} (AUC {pair.auc:.3f}, alone "
        f"{pair.alone[0]:.3f} and {pair.alone[1]:.3f}): {where} is {shares[0]:.2%} of the "
        f"source, {shares[1]:.2%} of the synthetic table."
    )


def _place(feature: Feature, code: Codes, row: int) -> str:
    """Return a category's value, or the range of a number's bin."""
    if feature.labels:
        return f"{feature.name} {feature.labels[code[row]]}"
    values = feature.values[code == code[row]]
    low, high = values.min(), values.max()
    ends = [feature.text(float(end)) for end in dict.fromkeys((low, high))]
    return f"{feature.name} {' .. '.join(ends)}"


def _together(first: Codes, second: Codes) -> Codes:
    return first * (int(second.max()) + 1) + second
