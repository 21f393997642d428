"""Groups of declarations that share the values of some columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customs_data.errors import KitError

#: Group of each row; Codes where memory matters.
Group = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

# Largest size of a table over all possible combinations (4 bytes per entry), as a multiple of the
# number of rows; sorting the rows takes more memory and ten times as long.
_MAX_SPARSITY: Final = 8

#: Columns derived from the HS code, usable in keys like declared ones.
HS_LEVELS = {"Heading": 4, "Chapter": 2}


class Codebook:
    """Numbers the values of columns in training, in their own order (text by its bytes).

    One codebook can serve many groupings. Each column is then read once, which saves time and
    memory with millions of declarations. The numbers depend on the set of values only, not on the
    order of the rows, so that codebooks of parts can be united. A column may be text, or a
    dictionary of text (see `customs_data.columns.mapped_frames.frame_of`).
    """

    def __init__(self) -> None:
        self._values: dict[str, pa.Array] = {}

    def fit(self, X: pd.DataFrame) -> CodedTable:
        """Return the training declarations as codes; a column is encoded when it is first read."""
        self._values = {}
        return CodedTable(X, self, is_training=True)

    def find(self, X: pd.DataFrame) -> CodedTable:
        """Return later declarations as codes."""
        return CodedTable(X, self, is_training=False)

    @classmethod
    def unite(cls, books: Sequence[Codebook]) -> Codebook:
        """Return the codebook of the declarations of several; they number the same columns."""
        union = cls()
        for name, values in books[0]._values.items():
            all_values = [book._values[name].cast(values.type) for book in books]
            union._values[name] = _sorted(pc.unique(pa.chunked_array(all_values)))
        return union

    def only(self, names: Iterable[str]) -> Codebook:
        """Return the codebook of some columns."""
        book = Codebook()
        book._values = {name: self._values[name] for name in names}
        return book

    def add_columns(self, other: Codebook) -> None:
        """Add the columns of a codebook of the same declarations."""
        self._values |= other._values

    def places_in(self, union: Codebook, name: str) -> Codes:
        """Return the code of each value of a column in a union, shape (n_values,)."""
        values = union._values[name]
        return np.asarray(pc.index_in(self._values[name].cast(values.type), value_set=values))

    def n_values(self, name: str) -> int:
        """Return the number of distinct values of a column in training."""
        return len(self._values[name])

    def values(self, name: str) -> list[str]:
        """Return the distinct values of a column in training, sorted."""
        return [str(value) for value in self._values[name].to_pylist()]

    def encode(self, X: pd.DataFrame, name: str) -> Codes:
        """Return the codes of a column, shape (n_rows,); -1 is empty or unseen in training."""
        own = _dictionary(X, name)
        values = own.dictionary
        if name in HS_LEVELS:
            values = pc.utf8_slice_codeunits(values, 0, HS_LEVELS[name])
        return _recode(pc.index_in(values, value_set=self._values[name]), _places(own))

    def learn(self, X: pd.DataFrame, name: str) -> Codes:
        """Number the values of a declared column; return its codes as `encode` does."""
        own = _dictionary(X, name)
        places = _places(own)
        is_used = np.bincount(places + 1, minlength=len(own.dictionary) + 1)[1:] > 0
        order = pc.array_sort_indices(own.dictionary).to_numpy()
        order = order[is_used[order]]  # a given dictionary may have values that no cell has
        self._values[name] = own.dictionary.take(pa.array(order))
        new = np.full(len(is_used), -1, dtype=np.int32)
        new[order] = np.arange(len(order), dtype=np.int32)
        return _recode(new, places)

    def learn_level(self, name: str, hs6: Codes) -> Codes:
        """Number the values of a level of the HS code, given the codes of 'HS6 Code' in training.

        The first digits of sorted codes are sorted.
        """
        values = pc.utf8_slice_codeunits(self._values["HS6 Code"], 0, HS_LEVELS[name])
        level = pc.dictionary_encode(values)
        self._values[name] = level.dictionary
        return _recode(level.indices, hs6)


def _sorted(values: pa.Array) -> pa.Array:
    return values.take(pc.array_sort_indices(values))


def _recode(new: pa.Int32Array | Codes, codes: Codes) -> Codes:
    """Return the new code of each code, or -1."""
    known = new if isinstance(new, np.ndarray) else pc.fill_null(new, -1).to_numpy()
    return np.append(known, np.int32(-1)).astype(np.int32, copy=False).take(codes)


def _dictionary(X: pd.DataFrame, name: str) -> pa.DictionaryArray:
    """Return a column as a dictionary of its values, in the order of their appearance."""
    column = pa.array(X["HS6 Code" if name in HS_LEVELS else name], from_pandas=True)
    if pa.types.is_null(column.type):  # every cell is empty
        column = pc.cast(column, pa.large_string())
    if isinstance(column, pa.ChunkedArray):
        return pc.dictionary_encode(column).unify_dictionaries().combine_chunks()
    return pc.dictionary_encode(column)


def _places(own: pa.DictionaryArray) -> Codes:
    """Return the place of each cell's value in the dictionary, -1 for an empty cell."""
    places: Codes = pc.fill_null(own.indices.cast(pa.int32()), -1).to_numpy()
    return places


class CodedTable:
    """Declarations as codes, created by a `Codebook`.

    Attributes
    ----------
    book : Codebook
    """

    def __init__(self, X: pd.DataFrame, book: Codebook, is_training: bool) -> None:
        self.book = book
        self._X = X
        self._is_training = is_training
        self._codes: dict[str, Codes] = {}

    @classmethod
    def of_codes(cls, book: Codebook, codes: dict[str, Codes]) -> CodedTable:
        """Return rows whose codes are known, as arrays of one length by column."""
        table = cls(pd.DataFrame(index=pd.RangeIndex(len(next(iter(codes.values()))))), book, True)
        table._codes = dict(codes)
        return table

    def __len__(self) -> int:
        return len(self._X)

    def __getitem__(self, name: str) -> Codes:
        """Return the codes of a declared column or a level of the HS code, shape (n_rows,)."""
        if name not in self._codes:
            if not self._is_training:
                self._codes[name] = self.book.encode(self._X, name)
            elif name in HS_LEVELS:
                self._codes[name] = self.book.learn_level(name, self["HS6 Code"])
            else:
                self._codes[name] = self.book.learn(self._X, name)
        return self._codes[name]

    def slice(self, start: int, stop: int) -> CodedSlice:
        """Return the rows ``start .. stop - 1``."""
        return CodedSlice(self, start, stop)


class CodedSlice:
    """Consecutive rows of a `CodedTable`."""

    def __init__(self, table: CodedTable, start: int, stop: int) -> None:
        self.book = table.book
        self._table = table
        self._rows = slice(start, stop)

    def __len__(self) -> int:
        return self._rows.stop - self._rows.start

    def __getitem__(self, name: str) -> Codes:
        """Return the codes of a column, shape (n_rows,)."""
        return self._table[name][self._rows]


Declarations = pd.DataFrame | CodedTable | CodedSlice


class Grouping:
    """Numbers the distinct values in training of a key of one or more columns.

    Parameters
    ----------
    key : sequence of str
        Declared columns, or 'Heading' and 'Chapter' (the HS code's first 4 and 2 digits).

    Attributes
    ----------
    n_groups : int
        Number of distinct values in training.

    Notes
    -----
    The group is -1 if a cell of the key is empty (such as a missing seller) or the value of the key
    does not occur in training.

    After fitting on a `CodedTable`, `find` accepts tables of the same codebook only.
    """

    def __init__(self, key: Sequence[str]) -> None:
        self.key = tuple(key)
        self.n_groups = 0

    def fit(self, X: Declarations) -> Group:
        """Number the values of `X` and return the group of each row, shape (n_rows,)."""
        return self.fit_codes(X).astype(np.int64)

    def fit_codes(self, X: Declarations) -> Codes:
        """Return the groups as `fit` does, but in four bytes each."""
        coded = Codebook().fit(X) if isinstance(X, pd.DataFrame) else X
        self._own_book = coded.book if isinstance(X, pd.DataFrame) else None
        group = coded[self.key[0]]
        self._sizes = [coded.book.n_values(self.key[0])]
        self._combinations: list[Group] = [np.arange(self._sizes[0])]  # the codes themselves
        for name in self.key[1:]:
            codes = coded[name]
            self._sizes.append(coded.book.n_values(name))
            pair = self._pair(group, codes, self._sizes[-1])
            known, group = _number(pair, len(self._combinations[-1]) * self._sizes[-1])
            self._combinations.append(known)
        self.n_groups = len(self._combinations[-1])
        return group

    def find(self, X: Declarations) -> Group:
        """Return the group of each row, or -1, shape (n_rows,)."""
        if isinstance(X, pd.DataFrame):
            if self._own_book is None:
                raise ValueError("The grouping was fitted on codes: pass codes, not a frame.")
            coded: CodedTable | CodedSlice = self._own_book.find(X)
        else:
            coded = X
        group = coded[self.key[0]].astype(np.int64)
        rest = zip(self.key[1:], self._sizes[1:], self._combinations[1:], strict=True)
        for name, size, known in rest:
            pair = self._pair(group, coded[name], size)
            place = np.minimum(np.searchsorted(known, pair), max(len(known) - 1, 0))
            is_known = known[place] == pair if len(known) else np.zeros(len(pair), dtype=bool)
            group = np.where(is_known & (pair >= 0), place, -1)
        return group

    def values(self) -> dict[str, Codes]:
        """Return the code of each group's value by column of the key, shape (n_groups,) each."""
        group, codes = np.arange(self.n_groups), {}
        steps = list(zip(self.key, self._sizes, self._combinations, strict=True))
        for name, size, known in steps[:0:-1]:
            group, code = np.divmod(known[group], size)
            codes[name] = code.astype(np.int32)
        codes[self.key[0]] = group.astype(np.int32)
        return {name: codes[name] for name in self.key}

    @staticmethod
    def _pair(group: Group | Codes, codes: Codes, size: int) -> Group:
        """Return one integer per pair of a group and a further value, -1 if either is unknown.

        Groups are renumbered after each column, so that the product stays far below 2^63.
        """
        pair = np.multiply(group, size, dtype=np.int64)
        pair += codes
        pair[(group < 0) | (codes < 0)] = -1
        return pair


def _number(pair: Group, n_possible: int) -> tuple[Group, Codes]:
    """Return the sorted distinct values >= 0, and each row's place among them (-1 for none).

    Values lie below `n_possible`. If a table over all of them is not much longer than the rows, no
    sorting is needed.
    """
    if n_possible > _MAX_SPARSITY * len(pair):
        return _number_by_sorting(pair)
    places = np.full(n_possible + 1, -1, dtype=np.int32)  # the last entry is for -1
    places[pair] = 0
    places[-1] = -1
    known = np.flatnonzero(places == 0)
    places[known] = np.arange(len(known), dtype=np.int32)
    return known, places.take(pair)


def _number_by_sorting(pair: Group) -> tuple[Group, Codes]:
    """Return what `_number` does, in half the time and memory of `numpy.unique`."""
    order = np.argsort(pair)
    known = pair.take(order)
    is_first = known[1:] != known[:-1]
    rank = np.zeros(len(pair), dtype=np.int32)
    np.cumsum(is_first, dtype=np.int32, out=rank[1:])
    known = np.append(known[:1], known[1:][is_first])
    if len(known) and known[0] < 0:
        known = known[1:]
        rank -= 1
    place = np.empty(len(pair), dtype=np.int32)
    place[order] = rank
    return known, place


def declared_columns(key: Sequence[str]) -> tuple[str, ...]:
    """Return the declared columns a key reads, each once.

    Examples
    --------
    >>> declared_columns(("Chapter", "HS6 Code", "Country of Origin"))
    ('HS6 Code', 'Country of Origin')
    """
    if isinstance(key, str):  # a sequence of letters, but no key
        raise KitError(
            f"A key is a tuple of columns, but it is the text {key!r}: write ({key!r},)."
        )
    return tuple(dict.fromkeys("HS6 Code" if name in HS_LEVELS else name for name in key))


def group_sums(
    group: Group | Codes, n_groups: int, weights: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """Return the sum of weights (or the count) of each group, shape (n_groups + 1,).

    The last entry is 0, so that indexing the result with a group of -1 gives 0.
    """
    known = group >= 0
    kept = None if weights is None else weights[known]
    sums = np.bincount(group[known], weights=kept, minlength=n_groups).astype(np.float64)
    return np.append(sums, 0.0)
