"""What a fitted model makes of an edition's columns: features that it lacks, unread columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from customs_baselines.features.kit import KitFeatures
from customs_baselines.features.paper import PaperFeatures
from customs_baselines.features.risk import RiskProfiles
from customs_baselines.mixed.design import PARTS, Design

_OWN: Final = "customs_baselines."
_FEW: Final = 3  # features that a note names; the record of a run has all


def lacking_features(model: Any, absent: Collection[str]) -> tuple[list[str], int]:
    """Return the features of a fitted model that read an absent column, and how many it has.

    Known are those of the recipes, risk profiles and the effects of mixed effects, also inside
    other models.

    Parameters
    ----------
    model : object
        Fitted baseline.
    absent : collection of str
        Declared columns.

    Returns
    -------
    lacking : list of str
        Names, each once.
    n_features : int
    """
    sources: dict[str, tuple[str, ...]] = {}
    for part in _parts(model):
        if isinstance(part, KitFeatures | PaperFeatures | RiskProfiles):
            names = part.feature_names()
            sources |= dict(zip(names, part.get_feature_sources(), strict=True))
        elif isinstance(part, Design):
            sources |= PARTS
    lacking = [name for name, columns in sources.items() if not {*columns}.isdisjoint(absent)]
    return lacking, len(sources)


def describe_lacking(model: Any, absent: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the features that lack a column (see `lacking_features`), and a note on them if any.

    Without absent columns there are none.
    """
    if not absent:
        return [], []
    lacking, n_features = lacking_features(model, absent)
    if not lacking:
        return [], []
    few, n_more = ", ".join(lacking[:_FEW]), len(lacking) - _FEW
    more = f" and {n_more} more" if n_more > 0 else ""
    return lacking, [f"{len(lacking)} of {n_features} features lack a column: {few}{more}."]


def unread_extra(model: Any, extra: Collection[str]) -> list[str]:
    """Return the extra columns that a fitted baseline does not read."""
    read = {
        name
        for part in _parts(model)
        if isinstance(part, KitFeatures)
        for name in part.statistics_.extra
    }
    return [name for name in extra if name not in read]


def _parts(model: Any) -> Iterator[Any]:
    """Yield a model of the kit, and the kit's objects inside."""
    waiting, seen = [model], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, list | tuple):
            waiting += one
            continue
        if isinstance(one, dict):
            waiting += one.values()
            continue
        if id(one) in seen or not type(one).__module__.startswith(_OWN):
            continue
        seen.add(id(one))
        yield one
        waiting += reversed(getattr(one, "__dict__", {}).values())
