"""Codes of goods as numbers, with their chapters and headings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class GoodsCodes:
    """Codes that training declares.

    Attributes
    ----------
    texts : ndarray of str, shape (n_codes,)
        Sorted; a number of goods is a place in it.
    chapter, heading : ndarray of int64, shape (n_codes,)
        Numbers of the first two and four digits of each code.
    """

    texts: npt.NDArray[np.str_]
    chapter: Integers
    heading: Integers

    @classmethod
    def of(cls, codes: npt.NDArray[np.str_]) -> tuple[GoodsCodes, Integers]:
        """Return the codes, and the number of each declaration's goods, shape (n_train,)."""
        texts, goods = np.unique(np.asarray(codes, dtype=np.str_), return_inverse=True)
        chapter, heading = (
            np.unique(texts.astype(f"<U{n}"), return_inverse=True)[1].astype(np.int64)
            for n in (2, 4)
        )
        return cls(texts, chapter, heading), goods.astype(np.int64)

    def __len__(self) -> int:
        return len(self.texts)

    def named(self, goods: Integers) -> npt.NDArray[np.str_]:
        """Return the texts of numbers of goods, ``""`` for -1; shape of `goods`."""
        width = max(self.texts.dtype.itemsize // 4, 1)
        return np.append(self.texts, "").astype(f"<U{width}")[goods]


def best_first(scores: npt.NDArray[np.floating], k: int) -> Integers:
    """Return the places of the k highest scores of each row, best first, shape (n, k).

    Rows with fewer scores have -1 at their end; ties go to the earlier place.
    """
    n, n_codes = scores.shape
    some = min(k, n_codes)
    top = np.argpartition(-scores, some - 1, axis=1)[:, :some] if some < n_codes else None
    top = np.tile(np.arange(n_codes), (n, 1)) if top is None else np.sort(top, axis=1)
    order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
    ranked = np.full((n, k), -1, dtype=np.int64)
    ranked[:, :some] = np.take_along_axis(top, order, axis=1)
    return ranked
