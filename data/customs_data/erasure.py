"""Label erasure: which training declarations keep a label.

Every scheme is an *order* of the training rows: a label rate keeps the labels of the first rows of
that order, so masks are nested across rates and the rate is exact. An order reads declared columns,
labels of the past and its own random stream; never the label of the row it places.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.errors import KitError
from customs_data.exact_rates import exact_rate
from customs_data.keyed_random import random_order, random_words
from customs_data.schema import ERASED

Erasure = Literal["random", "importer", "inspection", "delay"]
ERASURES: Final[tuple[str, ...]] = get_args(Erasure)

Order = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int8]

#: `inspection`: the office learns only from the share of declarations it opens each month
#: (offices open 5-10 %) ...
REFERENCE_INSPECTION_RATE: Final = Fraction(1, 20)
#: ... of which one in five is picked at random, as offices do to keep their risk model honest.
RANDOM_INSPECTION_SHARE: Final = Fraction(1, 5)
# Columns of the office's risk score, and the number of imaginary declarations at the base rate that
# each history is smoothed with.
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
    """Number of labels kept: `label_rate * n_rows`, to the nearest integer, halves up.

    Examples
    --------
    >>> n_kept(0.1, 37385), n_kept(1.0, 10), n_kept(0.35, 10)
    (3739, 10, 4)
    """
    exact = exact_rate(label_rate, "label rate")
    kept = int(exact * n_rows + Fraction(1, 2))
    if kept == 0:
        raise KitError(
            f"The label rate must keep at least one of {n_rows:,} labels, however: {label_rate} "
            "keeps none. Raise it."
        )
    return kept


def erasure_order(train: pd.DataFrame, y: npt.ArrayLike, erasure: str, secret: bytes) -> Order:
    """Order training rows from the first to keep its label to the first to lose it.

    Parameters
    ----------
    train : DataFrame, shape (n_declarations, any)
        Declared columns, at least `COLUMNS_READ` of the erasure.
    y : array_like of int8, shape (n_declarations,)
        Labels 0, 1 or -1. Only `inspection` reads them, and only those of earlier months.
    erasure : {'random', 'importer', 'inspection', 'delay'}
        ``random``: completely at random. ``importer``: importers in random order; all declarations
        of an importer lose their label together (the one importer at the cut loses its latest).
        ``inspection``: see `Notes`. ``delay``: the newest labels are missing.
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
    `inspection` models how reality loses labels: a label exists where the goods were opened. Month
    by month, the office ranks the declarations by the sum of smoothed fraud rates
    (frauds + 10 * base) / (opened + 10) of importer, declarant, seller, HS6 code and origin, over
    the declarations it opened in earlier months (5 % each month, by this very rule). One place in
    five of the ranking, chosen at random, goes to a random declaration instead. The first month has
    no history and is random throughout. The knowledge is that of the 5 % whatever the label rate,
    so that the masks of all rates are nested; the months share the labels in proportion to their
    declarations. `erase` refuses a rate so low that a label the office learned from would not be
    published: the mask would then tell of hidden labels.
    """
    if erasure not in _ORDERS:
        raise KitError(f"The erasure must be one of {', '.join(ERASURES)}, however: {erasure!r}.")
    return _ORDERS[erasure](train, np.asarray(y, dtype=np.int8), secret)


def erase(
    train: pd.DataFrame,
    y: npt.ArrayLike,
    *,
    label_rate: float,
    erasure: str,
    secret: bytes,
) -> npt.NDArray[np.bool_]:
    """Choose the rows that keep a label.

    Only labels that are present (not -1) are ever kept, so that a mask can be drawn on an edition
    from which labels are missing already.

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
    order = erasure_order(train, labels, erasure, secret)
    present = order[labels[order] != ERASED]
    if wanted > len(present):
        raise KitError(
            f"The label rate must not ask for more labels than there are, however: {label_rate} of "
            f"{len(labels):,} declarations is {wanted:,}, and {len(present):,} have a label "
            f"({len(present) / len(labels):.4f}). Lower the label rate."
        )
    kept = np.zeros(len(labels), dtype=bool)
    kept[present[:wanted]] = True
    if erasure == "inspection" and not kept[_inspect(train, labels, secret)[1]].all():
        raise KitError(
            "The label rate of `inspection` must be so high that every label the office learned "
            f"from is published (above {float(REFERENCE_INSPECTION_RATE):g}), or the mask would "
            f"tell of hidden labels, however: {label_rate}. Raise it, or use another erasure."
        )
    return kept


def _by_chance(train: pd.DataFrame, y: Labels, secret: bytes) -> Order:
    return random_order(secret, "erasure", "random", n=len(train))


def _by_importer(train: pd.DataFrame, y: Labels, secret: bytes) -> Order:
    # Importers are numbered by ID, so that the order does not depend on that of the rows.
    codes, uniques = pd.factorize(train["Importer ID"], sort=True)
    place = np.empty(len(uniques), dtype=np.int64)
    place[random_order(secret, "erasure", "importer", n=len(uniques))] = np.arange(len(uniques))
    return np.lexsort((train["Date"].to_numpy(), place[codes])).astype(np.int64)


def _by_delay(train: pd.DataFrame, y: Labels, secret: bytes) -> Order:
    chance = random_words(secret, "erasure", "delay", n=len(train))
    return np.lexsort((chance, train["Date"].to_numpy())).astype(np.int64)


def _by_inspection(train: pd.DataFrame, y: Labels, secret: bytes) -> Order:
    return _inspect(train, y, secret)[0]


def _inspect(train: pd.DataFrame, y: Labels, secret: bytes) -> tuple[Order, Order]:
    """Order of `inspection`, and the rows whose labels it was learned from."""
    months = train["Date"].to_numpy().astype("datetime64[M]")
    keys = [pd.factorize(train[name], use_na_sentinel=False)[0] for name in _RISK_COLUMNS]
    chance = random_words(secret, "erasure", "inspection", n=len(train))
    lottery = random_words(secret, "erasure", "inspection places", n=len(train))
    lasting = np.unique(months)[:-1]  # nothing is learned from the last month any more
    depth = np.empty(len(train))  # place within its month, as a fraction of the month
    opened: list[Order] = []
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
    return np.lexsort((chance, depth)).astype(np.int64), read[y[read] != ERASED]


def _risk(
    keys: list[npt.NDArray[np.intp]], y: Labels, past: Order, rows: Order
) -> npt.NDArray[np.float64]:
    """Sum over columns of the smoothed fraud rate of each row's value in the opened past."""
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


def _interleave(by_risk: Order, by_chance: Order, is_random: npt.NDArray[np.bool_]) -> Order:
    """Fill each place from one of two queues over the same rows, skipping rows already placed."""
    queues = {False: iter(by_risk.tolist()), True: iter(by_chance.tolist())}
    placed: set[int] = set()
    ranked = []
    for lot in is_random.tolist():
        row = next(row for row in queues[lot] if row not in placed)
        placed.add(row)
        ranked.append(row)
    return np.array(ranked, dtype=np.int64)


_ORDERS: Final[dict[str, Callable[[pd.DataFrame, Labels, bytes], Order]]] = {
    "random": _by_chance,
    "importer": _by_importer,
    "inspection": _by_inspection,
    "delay": _by_delay,
}
