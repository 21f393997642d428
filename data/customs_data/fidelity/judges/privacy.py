"""Privacy: whether synthetic rows are nearer to source rows than these to each other."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from customs_data.fidelity.comparison import Comparison, to_numbers
from customs_data.fidelity.judges.judgement import Finding, Judgement
from customs_data.fidelity.metrics import Floats
from customs_data.schema import COLUMN

JUDGE: Final = "privacy"
_N_QUERIES: Final = 1_000
_CHUNK: Final = 50
_FEWEST_ROWS: Final = 20


def judge_privacy(pair: Comparison, held_out: pd.DataFrame | None = None) -> Judgement:
    """Measure nearest-neighbour distances and, with held-out rows, membership inference.

    Parameters
    ----------
    pair : Comparison
        At least 20 rows per side.
    held_out : DataFrame, optional
        Declarations like the source but not used by the generator.

    Notes
    -----
    The distance of two rows (Gower) is a mean over columns without key, entities and labels: 0 or 1
    for categories, the difference of ranks in [0, 1] for numbers. Synthetic rows and rows of one
    half of the source are compared with the other half, so that both have equally many possible
    neighbours. A thousand rows of each are drawn with the seed.
    """
    if pair.n_rows < _FEWEST_ROWS:
        sentence = f"Needs {_FEWEST_ROWS} declarations per side; there are {pair.n_rows}."
        return Judgement(JUDGE, sentences=(sentence,))
    columns = [
        name for name in (*pair.numerical, *pair.categorical) if COLUMN[name].role != "label"
    ]
    half, _ = next(pair.half_splits())
    space = _Space(half.source, columns)
    rng = np.random.default_rng(pair.seed)
    synthetic, source = (
        space.nearest_two(_draw(side, rng), half.source)
        for side in (pair.synthetic, half.synthetic)
    )
    nearer = np.r_[np.zeros(len(source)), np.ones(len(synthetic))]
    findings = [
        Finding(
            "distance to the nearest source row, median",
            float(np.median(synthetic[:, 0])),
            float(np.median(source[:, 0])),
            "Gower distance; a smaller one than within the source means copying.",
        ),
        Finding(
            "nearest-neighbour distance ratio, median",
            _ratio(synthetic),
            _ratio(source),
            "Distance to the nearest source row, divided by that to the second nearest.",
        ),
        Finding(
            "AUC of being nearer than the source's own rows",
            float(roc_auc_score(nearer, -np.r_[source[:, 0], synthetic[:, 0]])),
            0.5,
            "Above 0.5, synthetic rows are nearer to source rows than these to each other.",
        ),
    ]
    if held_out is None:
        sentence = "Membership inference needs source declarations the generator has not used."
        return Judgement(JUDGE, tuple(findings), (sentence,))
    findings.append(_infer_membership(pair, held_out, columns, rng))
    return Judgement(JUDGE, tuple(findings))


def _infer_membership(
    pair: Comparison, held_out: pd.DataFrame, columns: list[str], rng: np.random.Generator
) -> Finding:
    space = _Space(pair.synthetic, columns)
    distances = [
        space.nearest_two(_draw(side, rng), pair.synthetic)[:, 0]
        for side in (held_out, pair.source)
    ]
    member = np.repeat([0, 1], [len(side) for side in distances])
    return Finding(
        "membership inference, AUC",
        float(roc_auc_score(member, -np.concatenate(distances))),
        0.5,
        "How well the distance to the nearest synthetic row distinguishes source rows from rows "
        "that the generator has not used.",
    )


def _draw(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.iloc[rng.permutation(len(frame))[:_N_QUERIES]]


def _ratio(distances: Floats) -> float:
    nearest, second = distances.T
    # Where both distances are 0, the ratio is 1.
    return float(np.median(np.divide(nearest, second, out=np.ones(len(nearest)), where=second > 0)))


class _Space:
    """Distances, with the ranks and codes of one table."""

    def __init__(self, frame: pd.DataFrame, columns: list[str]) -> None:
        self._columns = columns
        self._sorted = {
            name: np.sort(to_numbers(frame[name])) for name in columns if _is_number(name)
        }
        self._values = {
            name: pd.Index(frame[name].dropna().unique())
            for name in columns
            if not _is_number(name)
        }

    def nearest_two(self, queries: pd.DataFrame, rows: pd.DataFrame) -> Floats:
        """Return distances to the nearest and second nearest of `rows`, shape (n_queries, 2)."""
        query_columns = [self._place(queries[name]) for name in self._columns]
        row_columns = [self._place(rows[name]) for name in self._columns]
        nearest = []
        for start in range(0, len(queries), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            distance = np.zeros((len(query_columns[0][chunk]), len(rows)), np.float32)
            for name, query, row in zip(self._columns, query_columns, row_columns, strict=True):
                if _is_number(name):
                    distance += np.abs(query[chunk, None] - row)
                else:
                    distance += query[chunk, None] != row
            nearest.append(np.sort(np.partition(distance, 1, axis=1)[:, :2], axis=1))
        return np.asarray(np.concatenate(nearest) / len(self._columns), dtype=np.float64)

    def _place(self, column: pd.Series[Any]) -> Any:
        """Return a number's rank in [0, 1] (the middle of ties), or a category's code."""
        name = str(column.name)
        if not _is_number(name):
            known = self._values[name]
            code = known.get_indexer(pd.Index(column)).astype(np.int32)
            # Missing cells are equal; a value that the table lacks equals none of it.
            return np.where(column.isna().to_numpy(), -1, np.where(code < 0, -2, code))
        numbers = self._sorted[name]
        values = to_numbers(column)
        below = np.searchsorted(numbers, values, side="left")
        up_to = np.searchsorted(numbers, values, side="right")
        return ((below + up_to) / (2 * len(numbers))).astype(np.float32)


def _is_number(name: str) -> bool:
    return COLUMN[name].role in ("number", "time")
