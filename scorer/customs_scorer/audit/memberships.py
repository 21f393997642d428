"""Whether IDs, order or names tell which importers are one organisation."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from customs_scorer.audit.evidence import AuditTest, Evidence

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_N_PAIRS: Final = 200_000
_LIMIT: Final = 0.03


def audit_groups(evidence: Evidence) -> Iterator[AuditTest]:
    """Audit the known groups of an edition, and on an organizer's copy those that are asked."""
    split = evidence.split
    (known,) = split.given.values()
    tables = [known]
    if split.answers is not None:
        asked = {split.task.unit.key: split.keys.to_numpy(object)}
        tables.append(
            pd.DataFrame(asked | {n: split.answers[n].to_numpy(object) for n in split.answers})
        )
    memberships = pd.concat([table.astype(object) for table in tables], ignore_index=True)
    yield from audit_memberships(evidence.both, memberships)


def audit_memberships(X: pd.DataFrame, memberships: pd.DataFrame) -> Iterator[AuditTest]:
    """Measure what IDs, order and names say about organisations.

    Parameters
    ----------
    X : DataFrame, shape (n_declarations, n_columns)
        Importer ID and Date of all declarations, in the order of the files, training first.
    memberships : DataFrame, shape (n_importers, 2)
        Importer ID and Network of known and asked importers; a lone importer has a name of its own
        or none.

    Yields
    ------
    AuditTest
        Distance from 0.5 of the AUC of telling pairs of one organisation from random pairs, and the
        rank correlation of a network's name with its size, IDs and first day.
    """
    first = X.drop_duplicates("Importer ID")
    in_day = _place_in_day(X)[first.index.to_numpy()]
    place = pd.Series(in_day, index=first["Importer ID"].to_numpy())
    position = pd.Series(np.arange(len(first)), index=place.index)
    ids = memberships["Importer ID"].to_numpy(object)
    group = pd.factorize(memberships["Network"])[0].astype(np.int64)
    number = _number(memberships["Importer ID"])
    a, b, same = _pairs(group)
    for name, value, what in (
        ("importer IDs, by network", number, "how near their IDs are, read as numbers"),
        (
            "order within the day, by network",
            place.reindex(ids).to_numpy(np.float64),
            "how near the places of their first declarations are within their days",
        ),
    ):
        known = ~(np.isnan(value[a]) | np.isnan(value[b]))
        yield AuditTest(
            name,
            _auc_distance(np.abs(value[a] - value[b])[known], same[known]),
            _LIMIT,
            f"Distance from 0.5 of the AUC of telling importers of one organisation by {what}.",
        )
    yield _names(memberships, group, number, position.reindex(ids).to_numpy(np.float64))


def _pairs(group: Codes) -> tuple[Codes, Codes, npt.NDArray[np.bool_]]:
    """Return as many pairs within groups as across them, drawn at random; who is alone has none."""
    rng = np.random.default_rng(0)
    order = np.argsort(group, kind="stable")
    order = order[group[order] >= 0]
    size = np.bincount(group[order], minlength=1)
    start = np.cumsum(size) - size
    several = order[size[group[order]] > 1]
    if len(several) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool)
    # Each importer of a network draws as often as the others, so that large networks do not decide.
    a = rng.choice(several, _N_PAIRS // 2)
    step = 1 + np.floor(rng.random(len(a)) * (size[group[a]] - 1)).astype(np.int64)
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(order)) - start[group[order]]
    b = order[start[group[a]] + (rank[a] + step) % size[group[a]]]
    other = rng.choice(several, len(a))
    return (
        np.concatenate([a, a]),
        np.concatenate([b, other]),
        np.concatenate([np.ones(len(a), bool), group[a] == group[other]]),
    )


def _auc_distance(distance: Floats, same: npt.NDArray[np.bool_]) -> float:
    if same.all() or not same.any():
        return 0.0
    return abs(float(roc_auc_score(same, -distance)) - 0.5)


def _place_in_day(X: pd.DataFrame) -> Floats:
    """Return each row's place within its day, from 0 to 1."""
    position = pd.Series(np.arange(len(X), dtype=np.float64))
    days = position.groupby(X["Date"].to_numpy())
    return ((position - days.transform("min")) / days.transform("size")).to_numpy(np.float64)


def _number(names: pd.Series[str]) -> Floats:
    """Names as numbers: their digits where all have some, else their place in the alphabet."""
    digits = pd.to_numeric(names.str.replace(r"\D", "", regex=True), errors="coerce")
    return np.asarray(names.rank() if digits.isna().any() else digits, dtype=np.float64)


def _names(memberships: pd.DataFrame, group: Codes, number: Floats, position: Floats) -> AuditTest:
    """Correlation of names with what they must not tell."""
    frame = pd.DataFrame({"group": group, "number": number, "position": position})
    frame = frame[frame["group"] >= 0]
    by_group = frame.groupby("group")
    table = by_group.agg(number=("number", "mean"), position=("position", "min"))
    table["size"] = by_group.size()
    name = memberships["Network"].iloc[pd.Series(group).drop_duplicates().index].dropna()
    table["name"] = _number(name.reset_index(drop=True))
    table = table[table["size"] > 1]
    enough = len(table) > 2
    values = [
        abs(float(spearmanr(table["name"], table[column]).statistic))
        if enough and table[column].nunique() > 1
        else 0.0
        for column in ("number", "position", "size")
    ]
    return AuditTest(
        "names of networks",
        max(values),
        3 / sqrt(len(table)) if enough else 1.0,
        "Largest rank correlation of a network's name, read as a number, with its importers' IDs, "
        "first declaration and number; chance gives up to 3 / sqrt(networks).",
    )
