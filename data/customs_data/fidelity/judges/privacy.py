"""Privacy: whether synthetic rows lie nearer to source rows than these to each other."""

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
    """Measure nearest-neighbour distances and, with rows held out, membership inference.

    Parameters
    ----------
    pair : Comparison
        At least 20 rows a side.
    held_out : DataFrame, optional
        Declarations like the source that the generator has not seen.

    Notes
    -----
    The distance of two rows is the mean over columns (without key, entities and labels) of 0 or 1
    for categories and of the difference of ranks, in [0, 1], for numbers (Gower). Synthetic rows
    and rows of one half of the source are held against the other half, so that both have as many
    neighbours to find. A thousand rows of each are asked, drawn with the seed.
    """
    if pair.n_rows < _FEWEST_ROWS:
        sentence = f"Needs at least {_FEWEST_ROWS} declarations a side, however: {pair.n_rows}."
        return Judgement(JUDGE, sentences=(sentence,))
    columns = [
        name for name in (*pair.numerical, *pair.categorical) if COLUMN[name].role != "label"
    ]
    half = pair.half_split()
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
            "Gower distance; smaller than the source's own means copying.",
        ),
        Finding(
            "nearest-neighbour distance ratio, median",
            _ratio(synthetic),
            _ratio(source),
            "Distance to the nearest source row by that to the second nearest.",
        ),
        Finding(
            "AUC of being nearer than the source's own rows",
            float(roc_auc_score(nearer, -np.r_[source[:, 0], synthetic[:, 0]])),
            0.5,
            "Above 0.5, synthetic rows lie nearer to source rows than these to each other.",
        ),
    ]
    if held_out is None:
        said = "Membership inference needs source declarations the generator has not seen."
        return Judgement(JUDGE, tuple(findings), (said,))
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
        "How well the distance to the nearest synthetic row tells source rows from rows that the "
        "generator has not seen.",
    )


def _draw(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.iloc[rng.permutation(len(frame))[:_N_QUERIES]]


def _ratio(distances: Floats) -> float:
    nearest, second = distances.T
    # Two twins at distance 0 are as near as each other.
    return float(np.median(np.divide(nearest, second, out=np.ones(len(nearest)), where=second > 0)))


class _Space:
    """Distances to the rows of one table; ranks and codes are that table's."""

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
        """Distances to the nearest and second nearest of `rows`, shape (n_queries, 2)."""
        asked = [self._place(queries[name]) for name in self._columns]
        held = [self._place(rows[name]) for name in self._columns]
        nearest = []
        for start in range(0, len(queries), _CHUNK):
            distance = np.zeros((len(asked[0][start : start + _CHUNK]), len(rows)), np.float32)
            for name, question, answer in zip(self._columns, asked, held, strict=True):
                block = question[start : start + _CHUNK, None]
                if _is_number(name):
                    distance += np.abs(block - answer)
                else:
                    distance += block != answer
            nearest.append(np.sort(np.partition(distance, 1, axis=1)[:, :2], axis=1))
        return np.asarray(np.concatenate(nearest) / len(self._columns), dtype=np.float64)

    def _place(self, column: pd.Series[Any]) -> Any:
        """A number's rank in [0, 1] (the middle of ties), or a category's code."""
        name = str(column.name)
        if not _is_number(name):
            known = self._values[name]
            code = known.get_indexer(pd.Index(column)).astype(np.int32)
            # Missing equals missing; a value that the table does not have equals none of it.
            return np.where(column.isna().to_numpy(), -1, np.where(code < 0, -2, code))
        numbers = self._sorted[name]
        asked = to_numbers(column)
        below = np.searchsorted(numbers, asked, side="left")
        up_to = np.searchsorted(numbers, asked, side="right")
        return ((below + up_to) / (2 * len(numbers))).astype(np.float32)


def _is_number(name: str) -> bool:
    return COLUMN[name].role in ("number", "time")
