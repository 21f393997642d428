"""Label erasure: which training declarations keep a label.

Every scheme is an *order* of the training rows. A label rate keeps the labels of the first rows, so
that masks are nested across rates and the rate is exact; they are found by a threshold, because
sorting a nation's rows takes long. The order depends on declared columns, on labels of the past and
on its own random stream, never on the label of the row itself.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor
from typing import Any, Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.columns.column_set import is_absent
from customs_data.errors import KitError
from customs_data.exact_rates import exact_rate
from customs_data.keyed_random import random_order, random_words
from customs_data.schema import ERASED

Erasure = Literal["random", "importer", "inspection", "delay"]
ERASURES: Final[tuple[str, ...]] = get_args(Erasure)

Rows = npt.NDArray[np.int64]
Keys = tuple[npt.NDArray[Any], ...]
Labels = npt.NDArray[np.int8]

#: `inspection`: share of the declarations that the office opens each month and learns from
#: (offices open 5-10 %).
REFERENCE_INSPECTION_RATE: Final = Fraction(1, 20)
#: Share of the opened declarations chosen at random, as offices do to test their risk model.
RANDOM_INSPECTION_SHARE: Final = Fraction(1, 5)
# Columns of the office's risk score, and the number of imaginary declarations at the base rate with
# which each history is smoothed.
_RISK_COLUMNS: Final = ("Importer ID", "Declarant ID", "Seller ID", "HS6 Code", "Country of Origin")
_SMOOTHING: Final = 10.0

#: Declared columns that each erasure reads.
COLUMNS_READ: Final[dict[str, tuple[str, ...]]] = {
    "random": (),
    "importer": ("Date", "Importer ID"),
    "inspection": ("Date", *_RISK_COLUMNS),
    "delay": ("Date",),
}


def n_kept(label_rate: float, n_rows: int) -> int:
    """Return the number of labels kept: `label_rate * n_rows`, rounded, halves up.

    Examples
    --------
    >>> n_kept(0.1, 37385), n_kept(1.0, 10), n_kept(0.35, 10)
    (3739, 10, 4)
    """
    exact = exact_rate(label_rate, "label rate")
    kept = int(exact * n_rows + Fraction(1, 2))
    if kept == 0:
        raise KitError(
            f"The label rate {label_rate} keeps none of {n_rows:,} labels. Raise it to keep at "
            "least one."
        )
    return kept


def erasure_order(train: pd.DataFrame, y: npt.ArrayLike, erasure: str, secret: bytes) -> Rows:
    """Return the training rows, from the first to keep its label to the first to lose it.

    Parameters
    ----------
    train : DataFrame, shape (n_declarations, any)
        Declared columns, at least `COLUMNS_READ` of the erasure.
    y : array_like of int8, shape (n_declarations,)
        Labels 0, 1 or -1. Only `inspection` reads them, and only those of earlier months.
    erasure : {'random', 'importer', 'inspection', 'delay'}
        ``random``: completely at random. ``importer``: importers in random order; all declarations
        of an importer lose their label together (the importer at the cut loses the latest ones).
        ``inspection``: see Notes. ``delay``: the newest labels are missing.
    secret : bytes
        Source of the random stream; the same bytes give the same order.

    Returns
    -------
    ndarray of int64, shape (n_declarations,)
        Row positions.

    Raises
    ------
    KitError
        If `erasure` is unknown.

    Notes
    -----
    `inspection` models why labels are missing in reality: only opened goods have a label. Each
    month, the office ranks the declarations by the sum of the smoothed fraud rates
    (frauds + 10 * base) / (opened + 10) of importer, declarant, seller, HS6 code and origin, over
    the declarations it opened in earlier months (the first 5 % of each month's ranking). One place
    in five of the ranking, chosen at random, goes to a random declaration instead. The first month
    has no history and is random. The office learns from these 5 % at every label rate, so that the
    masks of all rates are nested. Each month gets labels in proportion to its declarations. `erase`
    refuses a rate so low that a label the office learned from would stay unpublished: the mask
    would reveal something about hidden labels.
    """
    keys = _sort_keys(train, np.asarray(y, dtype=np.int8), erasure, secret)
    return np.lexsort(keys[::-1]).astype(np.int64)


def erase(
    train: pd.DataFrame,
    y: npt.ArrayLike,
    *,
    label_rate: float,
    erasure: str,
    secret: bytes,
) -> npt.NDArray[np.bool_]:
    """Choose the rows that keep a label.

    Only labels that are present (not -1) are chosen, so that the mask can be drawn on an edition
    that lacks labels already.

    Returns
    -------
    ndarray of bool, shape (n_declarations,)
        Exactly ``n_kept(label_rate, n_declarations)`` rows are true.

    Raises
    ------
    KitError
        If the rate asks for more labels than there are.
    """
    labels = np.asarray(y, dtype=np.int8)
    wanted = n_kept(label_rate, len(labels))
    read = np.zeros(0, dtype=np.int64)
    if erasure == "inspection":
        *keys, read = _inspect(train, labels, secret)
    else:
        keys = list(_sort_keys(train, labels, erasure, secret))
    present = np.flatnonzero(labels != ERASED)
    if wanted > len(present):
        raise KitError(
            f"The label rate {label_rate} asks for {wanted:,} labels of {len(labels):,} "
            f"declarations, but only {len(present):,} have one "
            f"({len(present) / len(labels):.4f}). Lower the label rate."
        )
    kept = np.zeros(len(labels), dtype=bool)
    kept[_first(wanted, present, tuple(keys))] = True
    if not kept[read].all():
        raise KitError(
            f"The label rate {label_rate} is too low for the erasure `inspection`: labels that the "
            "office learned from would stay hidden, and the mask would reveal some of them. "
            f"Raise it above {float(REFERENCE_INSPECTION_RATE):g}, or use another erasure."
        )
    return kept


def _first(wanted: int, rows: Rows, keys: Keys) -> Rows:
    """Return the first rows by (keys, row), without sorting more than the ties of a threshold.

    Parameters
    ----------
    wanted : int
        Number of rows, at least 1.
    rows : ndarray of int64
        Rows to choose from, in ascending order.
    keys : tuple of ndarray, shape (n_declarations,) each
        The most important key first.
    """
    if wanted == len(rows):
        return rows
    if not keys:
        return rows[:wanted]
    values = keys[0][rows]
    threshold = np.partition(values, wanted - 1)[wanted - 1]
    below, ties = rows[values < threshold], rows[values == threshold]
    return np.concatenate([below, _first(wanted - len(below), ties, keys[1:])])


def _sort_keys(train: pd.DataFrame, y: Labels, erasure: str, secret: bytes) -> Keys:
    """Return what the rows are ordered by, most important first; equal ones stay as they are."""
    if erasure not in _KEYS:
        raise KitError(f"Unknown erasure {erasure!r}: choose one of {', '.join(ERASURES)}.")
    return _KEYS[erasure](train, y, secret)


def _by_chance(train: pd.DataFrame, y: Labels, secret: bytes) -> Keys:
    return (random_words(secret, "erasure", "random", n=len(train)),)


def _by_importer(train: pd.DataFrame, y: Labels, secret: bytes) -> Keys:
    if is_absent(train["Importer ID"]):
        raise KitError(
            "The erasure `importer` needs Importer ID, which this edition lacks. Use another one."
        )
    # Importers are numbered by ID, so that the result does not depend on the order of the rows.
    codes, uniques = pd.factorize(train["Importer ID"], sort=True)
    place = np.empty(len(uniques), dtype=np.int64)
    place[random_order(secret, "erasure", "importer", n=len(uniques))] = np.arange(len(uniques))
    return place[codes], train["Date"].to_numpy()


def _by_delay(train: pd.DataFrame, y: Labels, secret: bytes) -> Keys:
    return train["Date"].to_numpy(), random_words(secret, "erasure", "delay", n=len(train))


def _by_inspection(train: pd.DataFrame, y: Labels, secret: bytes) -> Keys:
    inspected = _inspect(train, y, secret)
    return inspected.depth, inspected.chance


class _Inspection(NamedTuple):
    """Places of all rows in their month's ranking.

    Attributes
    ----------
    depth : ndarray of float64, shape (n_declarations,)
        Place in (0, 1).
    chance : ndarray of uint64, shape (n_declarations,)
        Decides between equal places.
    read : ndarray of int64
        Rows whose labels the office learned from.
    """

    depth: npt.NDArray[np.float64]
    chance: npt.NDArray[np.uint64]
    read: Rows


def _inspect(train: pd.DataFrame, y: Labels, secret: bytes) -> _Inspection:
    """Rank the declarations month by month, as an office does that learns from what it opened."""
    months = train["Date"].to_numpy().astype("datetime64[M]")
    keys = [pd.factorize(train[name], use_na_sentinel=False)[0] for name in _RISK_COLUMNS]
    chance = random_words(secret, "erasure", "inspection", n=len(train))
    lottery = random_words(secret, "erasure", "inspection places", n=len(train))
    lasting = np.unique(months)[:-1]  # no month follows the last one
    depth = np.empty(len(train))  # place in its month's ranking, in (0, 1)
    opened: list[Rows] = []
    for month in np.unique(months):
        rows = np.flatnonzero(months == month)
        risk = _risk(keys, y, np.concatenate(opened) if opened else rows[:0], rows)
        ranked = _interleave(
            by_risk=rows[np.lexsort((chance[rows], -risk))],
            by_chance=rows[np.argsort(chance[rows], kind="stable")],
            is_random=lottery[rows] < int(RANDOM_INSPECTION_SHARE * 2**64),
        )
        depth[ranked] = (np.arange(len(rows)) + 0.5) / len(rows)
        if month in lasting:
            opened.append(ranked[: floor(REFERENCE_INSPECTION_RATE * len(rows))])
    read = np.concatenate(opened) if opened else np.zeros(0, dtype=np.int64)
    return _Inspection(depth, chance, read[y[read] != ERASED])


def _risk(
    keys: list[npt.NDArray[np.intp]], y: Labels, past: Rows, rows: Rows
) -> npt.NDArray[np.float64]:
    """Return the sum over columns of the smoothed past fraud rate of each row's value."""
    risk = np.zeros(len(rows))
    past = past[y[past] != ERASED]
    if len(past) == 0:
        return risk
    base = float((y[past] == 1).mean())
    for key in keys:
        size = int(key.max()) + 1
        n_opened = np.bincount(key[past], minlength=size)
        n_fraud = np.bincount(key[past], weights=y[past] == 1, minlength=size)
        risk += ((n_fraud + _SMOOTHING * base) / (n_opened + _SMOOTHING))[key[rows]]
    return risk


def _interleave(by_risk: Rows, by_chance: Rows, is_random: npt.NDArray[np.bool_]) -> Rows:
    """Fill each place from one of two queues of the same rows, skipping rows already placed."""
    queues = {False: iter(by_risk.tolist()), True: iter(by_chance.tolist())}
    placed: set[int] = set()
    ranked = []
    for lot in is_random.tolist():
        row = next(row for row in queues[lot] if row not in placed)
        placed.add(row)
        ranked.append(row)
    return np.array(ranked, dtype=np.int64)


_KEYS: Final[dict[str, Callable[[pd.DataFrame, Labels, bytes], Keys]]] = {
    "random": _by_chance,
    "importer": _by_importer,
    "inspection": _by_inspection,
    "delay": _by_delay,
}
