"""What a model is validated on: a part of what is published."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from customs_data.errors import KitError
from customs_data.split import Split, rows_of, split_by_time
from customs_data.tasks import Choices, Groups, Task

#: Share of the known units that are asked.
_ASKED_SHARE: Final = 0.25


def validation_split(split: Split) -> Split:
    """Return a split of published data only, to be judged on what a competition would ask.

    Scores and choices: the last quarter of the training days; of scores, its labelled rows. Choices
    are compared with the declared texts, because the true ones are not published. Groups: a quarter
    of the known units.

    Raises
    ------
    KitError
        If there is nothing to be judged on.
    """
    task = split.task
    if isinstance(task.answer, Groups):
        return _ask_known_units(split)
    _, later = split_by_time(split.train["Date"])
    if isinstance(task.answer, Choices):
        judged = rows_of(split.train, later)
        return replace(
            split,
            train=rows_of(split.train, ~later),
            labels=rows_of(split.labels, ~later),
            test=judged.drop(columns=list(task.withheld)),
            answers=pd.DataFrame({new: judged[old] for new, old in task.derived.items()}),
            units=judged[task.unit.key],
        )
    parts = split.earlier_and_later(later)
    if parts.answers is None or parts.answers.empty:
        raise KitError("The later part of the training period has no labels.")
    return parts


def about_validation(task: Task) -> str:
    """Return what `validation_split` asks, as the end of a sentence."""
    if isinstance(task.answer, Groups):
        return f"a quarter of the known {task.unit.name}s"
    if isinstance(task.answer, Choices):
        return "the last quarter of training, compared with what was declared"
    return "the labelled declarations of the last quarter of training"


def about_training(split: Split) -> str:
    """Return in a few words what models learn from."""
    if isinstance(split.task.answer, Groups):
        ((name, known),) = split.given.items()
        return f"{len(known):,} {split.task.unit.name}s in {name}"
    if isinstance(split.task.answer, Choices):
        return f"{len(split.train):,} training declarations"
    return f"{int((split.y >= 0).sum()):,} of {len(split.y):,} labels"


def _ask_known_units(split: Split) -> Split:
    """Hold back some known units, one by one, as the competition asks for some of each group."""
    ((name, known),) = split.given.items()
    key, group = known.columns
    # The order of the file says nothing, but a fixed stride might: draw.
    order = np.random.default_rng(0).permutation(len(known))
    asked = np.zeros(len(known), dtype=bool)
    asked[order[: round(_ASKED_SHARE * len(known))]] = True
    if not asked.any() or asked.all():
        raise KitError(f"{name}.csv has too few {split.task.unit.name}s to hold some back.")
    own = known[group].where(known[group].notna(), known[key])
    return replace(
        split,
        units=rows_of(known, asked)[key],
        given={name: rows_of(known, ~asked)},
        answers=pd.DataFrame({group: own[asked].to_numpy(object)}),
    )
