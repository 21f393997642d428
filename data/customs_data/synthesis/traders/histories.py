"""Histories of traders: who files for whom, how often and with whom.

Drawing four IDs independently would destroy the histories. So each importer's history in the source
stays: its declarations with their declarants, sellers, couriers, goods and days. Each drawn row
takes the place of a similar declaration (label, given entities, heading, day). Then some links of
importers with declarants, sellers and couriers are swapped with links of the same size, which keeps
every degree and repetition. Last, all traders get new anonymous IDs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from customs_data.schema import ENTITY_COLUMNS, TEXT_DTYPE
from customs_data.synthesis.encoding.codec import GIVEN
from customs_data.synthesis.encoding.rows import Ints
from customs_data.synthesis.traders.identity import issue_ids

_IMPORTER: Final = "Importer ID"
_PARTNERS: Final = tuple(name for name in ENTITY_COLUMNS if name != _IMPORTER)
_MOST_SWAPS: Final = 20
# What a row and its place have in common: as much as possible, tried in this order.
_LIKENESS: Final = (
    ("Given", "Label", "Heading"),
    ("Given", "Label", "Chapter"),
    ("Given", "Label"),
    ("Given",),
    (),
)


def lay_on_histories(
    rows: pd.DataFrame, source: pd.DataFrame, *, rewired: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Give drawn declarations their importers, declarants, sellers and couriers.

    Parameters
    ----------
    rows : DataFrame
        From `Codec.decode`.
    source : DataFrame
        Declarations with entity IDs.
    rewired : float
        Share of swapped links, in [0, 1].
    rng : Generator
        Random numbers.

    Returns
    -------
    DataFrame
        The rows with four entity columns of new IDs.
    """
    places = _draw_places(source[_IMPORTER], len(rows), rng)
    skeleton = source.iloc[places.row].reset_index(drop=True)
    taken = _match(_context(rows, given=rows), _context(skeleton, given=None), rng)
    importer = places.importer[taken]
    frame = rows.drop(columns=list(GIVEN))
    frame[_IMPORTER] = issue_ids(_IMPORTER, importer, rng)
    for name in _PARTNERS:
        partner = pd.factorize(skeleton[name])[0].astype(np.int64)[taken]  # -1: none
        given = rows[f"{name} Given"].to_numpy() if f"{name} Given" in rows else None
        if given is not None:
            partner = _complete(partner, given, rng)
        partner = _rewire(importer, partner, rewired, rng)
        frame[name] = issue_ids(name, partner, rng)
    return frame.astype(dict.fromkeys(ENTITY_COLUMNS, TEXT_DTYPE))


class _Places:
    """Places in the histories of importers: rows of the source, and their importers."""

    def __init__(self, row: Ints, importer: Ints) -> None:
        self.row, self.importer = row, importer


def _draw_places(importers: pd.Series, n_rows: int, rng: np.random.Generator) -> _Places:
    """Repeat every history equally often, as far as the number of rows allows."""
    code = pd.factorize(importers)[0].astype(np.int64)
    n_importers = int(code.max()) + 1
    whole, rest = divmod(n_rows, len(code))
    # The rest is filled with whole histories in random order.
    order = np.argsort(rng.permutation(n_importers)[code], kind="stable")[:rest]
    row = np.concatenate([np.tile(np.arange(len(code)), whole), order])
    copy = np.concatenate([np.repeat(np.arange(whole), len(code)), np.full(rest, whole)])
    return _Places(row, copy * n_importers + code[row])


def _context(frame: pd.DataFrame, given: pd.DataFrame | None) -> pd.DataFrame:
    """Return the columns by which rows and places are matched."""
    if given is None:
        flags = [frame[entity].notna() for entity in GIVEN.values()]
    else:
        flags = [given[name] for name in GIVEN]
    return pd.DataFrame(
        {
            "Given": sum(flag.to_numpy(np.int64) << i for i, flag in enumerate(flags)),
            "Label": frame["Fraud"].to_numpy(),
            "Heading": frame["HS6 Code"].str[:4].to_numpy(object),
            "Chapter": frame["HS6 Code"].str[:2].to_numpy(object),
            "Day": frame["Date"].to_numpy().astype("datetime64[D]").astype(np.int64),
        }
    )


def _match(rows: pd.DataFrame, places: pd.DataFrame, rng: np.random.Generator) -> Ints:
    """Return a place for each row, every place once, shape (n_rows,)."""
    taken = np.full(len(rows), -1, dtype=np.int64)
    is_free = np.ones(len(places), dtype=bool)
    for columns in _LIKENESS:
        row, place = np.flatnonzero(taken < 0), np.flatnonzero(is_free)
        for some_rows, some_places in _alike(rows, row, places, place, list(columns), rng):
            taken[some_rows] = some_places
            is_free[some_places] = False
    return taken


def _alike(
    rows: pd.DataFrame,
    row: Ints,
    places: pd.DataFrame,
    place: Ints,
    columns: list[str],
    rng: np.random.Generator,
) -> Iterator[tuple[Ints, Ints]]:
    """Pair rows and places with equal values, in the order of their days."""
    if not len(row):
        return
    both = pd.concat([rows.iloc[row], places.iloc[place]], ignore_index=True)
    group = (
        both.groupby(columns, sort=False).ngroup().to_numpy()
        if columns
        else np.zeros(len(both), dtype=np.int64)
    )
    day = both["Day"].to_numpy()
    sides = [np.arange(len(row)), np.arange(len(row), len(both))]
    size = int(group.max()) + 1
    fewer = np.minimum(*(np.bincount(group[side], minlength=size) for side in sides))
    pairs = []
    for side in sides:
        shuffled = rng.permutation(side)
        number = pd.Series(group[shuffled]).groupby(group[shuffled]).cumcount().to_numpy()
        chosen = shuffled[number < fewer[group[shuffled]]]
        pairs.append(chosen[np.lexsort((day[chosen], group[chosen]))])
    yield row[pairs[0]], place[pairs[1] - len(row)]


def _complete(
    partner: Ints, given: np.ndarray[tuple[int], np.dtype[np.bool_]], rng: np.random.Generator
) -> Ints:
    """Remove the partner where none is given, and draw one where it is missing."""
    known = partner[partner >= 0]
    lacking = given & (partner < 0)
    completed = np.where(given, partner, -1)
    if lacking.any():
        completed[lacking] = rng.choice(known, int(lacking.sum()))
    return completed


def _rewire(importer: Ints, partner: Ints, share: float, rng: np.random.Generator) -> Ints:
    """Swap the partners of a share of all links with those of links of the same size."""
    has = np.flatnonzero(partner >= 0)
    pairs = pd.DataFrame({"importer": importer[has], "partner": partner[has]})
    link = pairs.groupby(["importer", "partner"]).ngroup().to_numpy()
    size = np.bincount(link)
    to = np.zeros(len(size), dtype=np.int64)
    to[link] = partner[has]
    chosen = np.flatnonzero(rng.random(len(size)) < share)
    before = chosen[np.argsort(size[chosen], kind="stable")]
    shuffled = chosen[np.lexsort((rng.random(len(chosen)), size[chosen]))]
    swapped = to.copy()
    swapped[before] = to[shuffled]
    of = np.zeros(len(size), dtype=np.int64)
    of[link] = importer[has]
    _part_doubles(of, swapped, size, chosen, rng)
    rewired = partner.copy()
    rewired[has] = swapped[link]
    return rewired


def _part_doubles(
    importer: Ints, partner: Ints, size: Ints, chosen: Ints, rng: np.random.Generator
) -> None:
    """Swap again, in place, where two links of an importer lead to the same partner.

    Merged links would repeat a pair more often than the source does.
    """
    alike = pd.Series(chosen).groupby(size[chosen]).indices
    for _ in range(_MOST_SWAPS):
        double = pd.DataFrame({"importer": importer, "partner": partner}).duplicated(keep=False)
        again = chosen[double.to_numpy()[chosen]]
        if not len(again):
            return
        for link in again:
            other = chosen[rng.choice(alike[size[link]])]
            partner[link], partner[other] = partner[other], partner[link]
