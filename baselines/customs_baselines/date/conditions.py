"""The path to a leaf of a tree, as a conjunction of conditions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from xgboost import Booster


@dataclass(frozen=True)
class Condition:
    """A range of one feature, ``low <= value < high``; a missing value is inside if `missing`.

    Attributes
    ----------
    feature : int
        Column of the features.
    low, high : float
        Bounds, infinite where open.
    missing : bool
        Whether a missing value meets the condition.
    """

    feature: int
    low: float = -np.inf
    high: float = np.inf
    missing: bool = True

    def meets(self, value: float) -> bool:
        """Whether a value of the feature meets the condition."""
        return self.missing if np.isnan(value) else self.low <= value < self.high

    def narrowed(self, other: Condition) -> Condition:
        """Return both conditions on the feature as one."""
        return Condition(
            self.feature,
            max(self.low, other.low),
            min(self.high, other.high),
            self.missing and other.missing,
        )


@dataclass(frozen=True)
class Path:
    """A leaf and the way to it.

    Attributes
    ----------
    conditions : tuple of Condition
        One per feature on the way, in that order.
    value : float
        Number that the leaf adds to the margin.
    fold, tree : int
        Number of the booster, and of its tree.
    """

    conditions: tuple[Condition, ...]
    value: float
    fold: int = 0
    tree: int = 0

    def placed(self, fold: int, tree: int) -> Path:
        """Return the path with the number of its booster and tree."""
        return replace(self, fold=fold, tree=tree)


def read_paths(booster: Booster) -> list[dict[int, Path]]:
    """Return the path of each leaf of each tree, by node number."""
    dumped = booster.get_dump(dump_format="json")
    return [dict(_walk(json.loads(tree), {})) for tree in dumped]


def _walk(node: dict[str, Any], met: dict[int, Condition]) -> Iterator[tuple[int, Path]]:
    if "leaf" in node:
        yield node["nodeid"], Path(tuple(met.values()), float(node["leaf"]))
        return
    feature = int(node["split"].removeprefix("f"))
    # Trees compare in single precision, and the text has just the digits for that.
    split = float(np.float32(node["split_condition"]))
    for child in node["children"]:
        yes = child["nodeid"] == node["yes"]
        condition = Condition(
            feature,
            *((-np.inf, split) if yes else (split, np.inf)),
            missing=child["nodeid"] == node["missing"],
        )
        before = met.get(feature)
        yield from _walk(
            child, met | {feature: condition if before is None else before.narrowed(condition)}
        )
