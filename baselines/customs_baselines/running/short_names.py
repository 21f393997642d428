"""Names of runs that are shown together: the model, and only what distinguishes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from customs_baselines.running.plan import Run

_SETTINGS: Final[tuple[Callable[[Run], str], ...]] = (
    lambda run: run.recipe or "",
    lambda run: "all labels" if run.label_rate is None else f"labels {run.label_rate:g}",
    lambda run: "" if run.label_rate is None else run.erasure,
    lambda run: f"seed {run.seed}",
)


def short_names(runs: Sequence[Run]) -> list[str]:
    """Return a name for each run, in their order; no two are equal.

    Examples
    --------
    >>> runs = [Run("xgboost", "kit", None, "random", seed) for seed in (0, 1)]
    >>> short_names(runs), short_names(runs[:1])
    (['xgboost, seed 0', 'xgboost, seed 1'], ['xgboost'])
    """
    by_title: dict[str, list[Run]] = {}
    for run in runs:
        by_title.setdefault(run.title, []).append(run)
    names = []
    for run in runs:
        alike = by_title[run.title]
        parts = [run.title if len({it.model for it in alike}) == 1 else run.name]
        parts += [of(run) for of in _SETTINGS if len({of(it) for it in alike}) > 1 and of(run)]
        names.append(", ".join(parts))
    # The same class of two files of one name, or the same run twice.
    return [
        name if names.count(name) == 1 else f"{name} ({1 + names[:i].count(name)})"
        for i, name in enumerate(names)
    ]
