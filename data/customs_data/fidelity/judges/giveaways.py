"""What gives a synthetic table away, in numbers and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from customs_data.fidelity.judges.features import Feature
from customs_data.fidelity.judges.out_of_fold import rate_auc
from customs_data.fidelity.metrics import Codes, Floats

#: Bins of a number that is paired with another column.
_PAIR_BINS: Final = 24
# A pair is named where it tells so much more than the better of its two columns.
_EXCESS: Final = 0.02
# Up to so many distinct numbers are described by their shares, more by their quantiles.
_FEW: Final = 12


@dataclass(frozen=True)
class PairFound:
    """Two columns that tell more together than alone.

    Attributes
    ----------
    first, second : Feature
    auc : float
        Of the out-of-fold rate by both values.
    alone : (float, float)
        Of each by itself.
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
) -> list[PairFound]:
    """Pairs of features by the AUC they have beyond the better of the two, largest first."""
    codes = [feature.coarse(_PAIR_BINS) for feature in features]
    found = []
    for i, j in combinations(range(len(features)), 2):
        auc = rate_auc(_together(codes[i], codes[j]), y, seed)
        if auc - max(alone[i], alone[j]) >= _EXCESS:
            held = (float(alone[i]), float(alone[j]))
            found.append(PairFound(features[i], features[j], auc, held))
    return sorted(found, key=lambda pair: max(pair.alone) - pair.auc)


def describe_feature(feature: Feature, auc: float, n_rows: int) -> str:
    """Say in one sentence how the two tables differ in a feature; the source's rows come first."""
    return f"{feature.name} (AUC {auc:.3f}): {_difference(feature, n_rows)}."


def _difference(feature: Feature, n_rows: int) -> str:
    source, synthetic = feature.values[:n_rows], feature.values[n_rows:]
    distinct = np.unique(feature.values)
    if not feature.labels and len(distinct) > _FEW:
        return "; ".join(_quantile(source, synthetic, q, word) for q, word in _QUANTILES)
    value, shares = _largest_difference(source, synthetic)
    shown = feature.labels[int(value)] if feature.labels else f"{value:g}"
    words = f"{shown} is {shares[0]:.1%} of the source, {shares[1]:.1%} of the synthetic table"
    new = np.isin(synthetic, source, invert=True).mean()
    if feature.labels and new > 0:
        words += f"; {new:.1%} of it has a value that the source does not"
    return words


_QUANTILES: Final = ((0.1, "a tenth lies below"), (0.5, "half below"), (0.9, "nine tenths below"))


def _quantile(source: Floats, synthetic: Floats, q: float, word: str) -> str:
    first, second = (_number(float(np.quantile(side, q))) for side in (source, synthetic))
    return f"{word} {first} (synthetic: {second})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _largest_difference(source: Any, synthetic: Any) -> tuple[float, tuple[float, float]]:
    """The value whose shares differ most, and these shares."""
    values, number = np.unique(np.concatenate([source, synthetic]), return_inverse=True)
    n = len(source)
    first, second = (
        np.bincount(part, minlength=len(values)) / len(part) for part in (number[:n], number[n:])
    )
    place = int(np.abs(first - second).argmax())
    return float(values[place]), (float(first[place]), float(second[place]))


def describe_pair(found: PairFound, n_rows: int) -> str:
    """Say in one sentence how two columns go together differently."""
    codes = [feature.coarse(_PAIR_BINS) for feature in (found.first, found.second)]
    key = _together(*codes)
    cell, shares = _largest_difference(key[:n_rows], key[n_rows:])
    row = int(np.flatnonzero(key == cell)[0])
    where = " and ".join(
        _place(feature, code, row)
        for feature, code in zip((found.first, found.second), codes, strict=True)
    )
    return (
        f"{found.first.name} with {found.second.name} (AUC {found.auc:.3f}, alone "
        f"{found.alone[0]:.3f} and {found.alone[1]:.3f}): {where} is {shares[0]:.2%} of the "
        f"source, {shares[1]:.2%} of the synthetic table."
    )


def _place(feature: Feature, code: Codes, row: int) -> str:
    """A category's value, or the range of a number's bin."""
    if feature.labels:
        return f"{feature.name} {feature.labels[code[row]]}"
    values = feature.values[code == code[row]]
    low, high = values.min(), values.max()
    return f"{feature.name} {_number(low)}" + ("" if low == high else f" .. {_number(high)}")


def _together(first: Codes, second: Codes) -> Codes:
    return first * (int(second.max()) + 1) + second
