"""Copying answers from training: the look-up that an edition must resist."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.columns.grouping import Grouping
from customs_data.lookup import LookupTable, is_unseen, tuple_of
from customs_data.split import Split
from customs_data.tasks import Choices, Groups


def twin_share(split: Split) -> float:
    """Return the share of test declarations whose six-tuple, as far as test has it, is known."""
    return 1.0 - float(is_unseen(split.train, split.test).mean())


def copied_answer(split: Split) -> npt.NDArray[Any] | None:
    """Return the answer of copying from training declarations with the same six-tuple.

    Scores: the mean label of the twins, for each violation if there are several. Choices: the
    twins' texts, the most frequent first, by what test has of the tuple. Groups: None, because an
    importer that is asked has no twin.

    Returns
    -------
    ndarray or None
        As `customs_data.tasks.answers` describes it. None also if no label is known.
    """
    answer = split.task.answer
    if isinstance(answer, Groups):
        return None
    if isinstance(answer, Choices):
        return _copied_choices(split, answer)
    y = split.y
    if not (y >= 0).any():
        return None
    n_columns = len(answer.columns)
    if n_columns == 1:
        return LookupTable(split.train, y, split.test).rate(split.test)
    table = LookupTable(split.train, y, split.test)
    group = table.find(split.test)
    rates = []
    for value in range(1, n_columns + 1):
        labels = np.where(y < 0, y, y == value).astype(np.int8)
        rates.append(table.mean_label(*table.relabel(labels).twins_in(group)))
    return np.column_stack(rates)


def _copied_choices(split: Split, answer: Choices) -> npt.NDArray[np.str_]:
    grouping = Grouping(tuple_of(split.test))
    group = grouping.fit(split.train)
    codes, texts = pd.factorize(split.train[answer.column], sort=True)
    pairs = pd.DataFrame({"group": group, "code": codes}).value_counts().reset_index(name="n")
    pairs = pairs.sort_values(["group", "n", "code"], ascending=[True, False, True])
    rank = pairs.groupby("group").cumcount()
    pairs, rank = pairs[rank < answer.most], rank[rank < answer.most]
    # The last row is for tuples that training lacks.
    table = np.full((grouping.n_groups + 1, answer.most), "", dtype=f"<U{len(answer.neutral)}")
    table[pairs["group"].to_numpy(), rank.to_numpy()] = np.asarray(texts)[pairs["code"].to_numpy()]
    table[-1] = ""
    return table[grouping.find(split.test)]
