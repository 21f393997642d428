"""Candidates of each declaration, and what is known about each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from customs_baselines.goods.codes import Integers, best_first
from customs_baselines.goods.densities import ln_mass_and_unit_price
from customs_baselines.goods.histories import History
from customs_baselines.goods.mixture import Mixture
from customs_data.columns.grouping import Grouping

Features = npt.NDArray[np.float32]

N_CANDIDATES: Final = 60
_ROUTE: Final = ("Country of Departure", "Country of Origin")
_SELLER, _IMPORTER, _BROKER = ("Seller ID",), ("Importer ID",), ("Declarant ID",)
#: Keys whose histories describe a candidate.
KEYS: Final[tuple[tuple[str, ...], ...]] = (
    _ROUTE,
    _SELLER,
    (*_SELLER, *_ROUTE),
    _IMPORTER,
    (*_IMPORTER, *_ROUTE),
    (*_IMPORTER, *_SELLER),
    _BROKER,
    (*_BROKER, "Country of Departure"),
    (*_BROKER, *_ROUTE),
    (*_BROKER, *_SELLER),
)
#: Keys whose histories by chapter do, too.
CHAPTER_KEYS: Final = (_SELLER, _IMPORTER, (*_BROKER, "Country of Departure"))
_CHAPTER_WEIGHT: Final = 0.3  # declarations of a seller that count as much as the mixture
#: Keys whose lines (importer, route and goods, each once) describe a candidate, if asked for.
LINE_KEYS: Final = (
    _ROUTE,
    _SELLER,
    (*_BROKER, "Country of Departure"),
    (*_BROKER, *_ROUTE),
)
#: Keys with whose earlier declarations of the same goods mass and unit price are compared.
VALUE_KEYS: Final = (_IMPORTER, _SELLER)


class Candidates:
    """The goods that the mixture finds most probable, with features of each.

    Parameters
    ----------
    X : DataFrame, shape (n_train, n_columns)
    codes : ndarray of str, shape (n_train,)
        As declared.
    n_candidates : int
    by_trader : bool
        Whether traders are read more widely: the seller's chapters count in the choice of
        candidates, because it may sell anything of a chapter, and a candidate is also described by
        how many importers went with it, because one with many declarations is one of many.

    Attributes
    ----------
    mixture : Mixture
    n : int
        Candidates of a declaration: `n_candidates`, or all goods if they are fewer.
    """

    def __init__(
        self,
        X: pd.DataFrame,
        codes: npt.NDArray[np.str_],
        n_candidates: int = N_CANDIDATES,
        *,
        by_trader: bool = False,
    ) -> None:
        self.mixture = Mixture(X, codes, KEYS)
        known, goods = self.mixture.codes, self.mixture.goods
        self.n = min(n_candidates, len(known))
        self._by_trader = by_trader
        coded, chapter = self.mixture.histories.coded, known.chapter
        n_chapters = int(chapter.max()) + 1
        self._chapters = {
            key: History.of(key, coded, chapter[goods], n_chapters) for key in CHAPTER_KEYS
        }
        values = ln_mass_and_unit_price(X)
        self._values = {
            key: [History.of(key, coded, goods, len(known), column) for column in values.T]
            for key in VALUE_KEYS
        }

        self._lines: dict[tuple[str, ...], History] = {}
        if by_trader:
            line = Grouping((*_IMPORTER, *_ROUTE)).fit(coded) * len(known) + goods
            _, place, size = np.unique(line, return_inverse=True, return_counts=True)
            self._lines = {
                key: History.of(key, coded, goods, len(known), 1.0 / size[place])
                for key in LINE_KEYS
            }

    def describe(self, X: pd.DataFrame) -> Iterator[tuple[slice, Integers, Features]]:
        """Yield rows, their candidates (n_rows, n), and features (n_rows, n, n_features).

        The first feature is the mixture's score, relative to the best one.
        """
        mixture = self.mixture
        groups, values = mixture.histories.groups(X), ln_mass_and_unit_price(X)
        for rows, scores in mixture.score(X):
            here = {key: group[rows] for key, group in groups.items()}
            chosen = scores + self._lift_chapters(here, rows) if self._by_trader else scores
            goods = best_first(chosen, self.n)
            own = np.take_along_axis(scores, goods, axis=1)
            columns: list[npt.NDArray[np.floating]] = [own - own.max(axis=1, keepdims=True)]
            columns.append(np.log(mixture.prior)[goods])
            columns += self._likelihoods(values[rows], goods)
            columns += self._histories(here, goods)
            columns += self._deviations(here, values[rows], goods)
            yield rows, goods, np.stack([it.astype(np.float32) for it in columns], axis=-1)

    def _lift_chapters(self, groups: dict[tuple[str, ...], Integers], rows: slice) -> Features:
        """Return ln of how much more frequent each chapter is with the seller than by the mixture.

        Shape (n_rows, n_codes).
        """
        share = np.exp(self.mixture.log_shares(groups, slice(0, rows.stop - rows.start)))
        chapter = self.mixture.codes.chapter
        by_chapter = csr_matrix(
            (np.ones(len(chapter), dtype=np.float32), (np.arange(len(chapter)), chapter))
        )
        expected = share @ by_chapter
        history, group = self._chapters[_SELLER], groups[_SELLER]
        own = history.counts[group].toarray() + _CHAPTER_WEIGHT * expected
        seen = own / (history.total[group, None] + _CHAPTER_WEIGHT)
        lift: Features = np.log(seen / np.maximum(expected, 1e-9))[:, chapter]
        return lift

    def _likelihoods(
        self, values: npt.NDArray[np.float64], goods: Integers
    ) -> list[npt.NDArray[np.floating]]:
        """Deviations of mass and unit price from the usual ones, and their densities."""
        each = np.repeat(values, goods.shape[1], axis=0)
        density = self.mixture.densities.of(each, goods.ravel())
        away = each - self.mixture.densities.mean[goods.ravel()]
        return [it.reshape(goods.shape) for it in (*density.T, *away.T)]

    def _histories(
        self, groups: dict[tuple[str, ...], Integers], goods: Integers
    ) -> list[Features]:
        """Declarations of each key with the candidate, with its chapter, and of the key."""
        columns: list[npt.NDArray[np.floating]] = []
        for key in KEYS:
            history = self.mixture.histories.by_key[key]
            group = np.broadcast_to(groups[key][:, None], goods.shape)
            count, total = history.of_pairs(group, goods), history.total[group]
            columns += [count, count / np.maximum(total, 1.0), total]
        chapter = self.mixture.codes.chapter[goods]
        for key, history in self._chapters.items():
            group = np.broadcast_to(groups[key][:, None], goods.shape)
            count = history.of_pairs(group, chapter)
            columns.append(count / np.maximum(history.total[group], 1.0))
        for key, history in self._lines.items():
            group = np.broadcast_to(groups[key][:, None], goods.shape)
            count = history.of_pairs(group, goods)
            columns += [count, count / np.maximum(history.total[group], 1.0)]
        return columns

    def _deviations(
        self,
        groups: dict[tuple[str, ...], Integers],
        values: npt.NDArray[np.float64],
        goods: Integers,
    ) -> list[npt.NDArray[np.floating]]:
        """Distances from the mean mass and unit price of earlier declarations; NaN without any."""
        columns: list[npt.NDArray[np.floating]] = []
        for key, sums in self._values.items():
            group = np.broadcast_to(groups[key][:, None], goods.shape)
            count = self.mixture.histories.by_key[key].of_pairs(group, goods)
            for column, history in enumerate(sums):
                mean = history.of_pairs(group, goods) / np.maximum(count, 1.0)
                away = np.abs(values[:, column, None] - mean)
                columns.append(np.where(count > 0, away, np.nan))
        return columns
