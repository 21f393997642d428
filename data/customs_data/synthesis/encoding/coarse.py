"""Coarser codes in place of codes with thousands of levels.

9,000 kinds of goods are too many for a network, with an output per level, and for a forest. Such
models draw coarser codes instead: chapter, route, tariff. The level is then drawn from the source's
rows with the same coarser codes, or with as many of them as possible.
"""

from __future__ import annotations

from typing import Final, Self

import numpy as np

from customs_data.synthesis.encoding.rows import Ints, Rows

#: Codes with more levels are coarsened.
MOST_LEVELS: Final = 200


class Coarsening:
    """Replace fine codes by coarse ones, and back.

    Attributes
    ----------
    n_levels : dict of str to int
        Levels of each coarse code.
    """

    def fit(self, rows: Rows) -> Self:
        """Choose coarse codes, and store the fine codes of rows as donors."""
        self._format = rows.format
        self._fine = [name for name, n in rows.format.n_levels.items() if n > MOST_LEVELS]
        self._families: dict[str, dict[str, Ints]] = {}
        self.n_levels = {n: k for n, k in rows.format.n_levels.items() if n not in self._fine}
        for name in self._fine:
            usable = {
                f"{name}/{family}": coarser
                for family, coarser in rows.format.families[name].items()
                if coarser.max() < MOST_LEVELS
            }
            # The family with most levels says most, so it comes first.
            self._families[name] = dict(sorted(usable.items(), key=lambda item: -item[1].max()))
            self.n_levels |= {family: int(c.max()) + 1 for family, c in usable.items()}
        self._donors = {name: rows.codes[name] for name in self._fine}
        self._donor_label = rows.label
        return self

    def encode(self, rows: Rows) -> dict[str, Ints]:
        """Return the coarse codes of rows, in the order of `n_levels`."""
        codes = {n: c for n, c in rows.codes.items() if n not in self._fine}
        for name, families in self._families.items():
            codes |= {family: c[rows.codes[name]] for family, c in families.items()}
        return {name: codes[name] for name in self.n_levels}

    def decode(
        self, codes: dict[str, Ints], label: Ints, rng: np.random.Generator
    ) -> dict[str, Ints]:
        """Draw fine codes from donors with the same coarse codes, of the same label if possible."""
        full = {n: c for n, c in codes.items() if n in self._format.n_levels}
        for name, families in self._families.items():
            keys = [(label, self._donor_label)]
            keys += [(codes[f], c[self._donors[name]]) for f, c in families.items()]
            # Fewer and fewer keys: first without the label, then without the smallest families.
            choices = [keys, *(keys[1 : len(keys) - i] for i in range(len(families))), []]
            full[name] = _draw_alike(choices, self._donors[name], len(label), rng)
        return {name: full[name] for name in self._format.n_levels}


def _draw_alike(
    choices: list[list[tuple[Ints, Ints]]], donors: Ints, n_rows: int, rng: np.random.Generator
) -> Ints:
    """Draw a donor with equal keys for each row, by the first choice of keys that has one."""
    drawn = np.zeros(n_rows, dtype=np.int64)
    open_rows = np.arange(n_rows)
    for keys in choices:
        row_group = np.zeros(len(open_rows), dtype=np.int64)
        donor_group = np.zeros(len(donors), dtype=np.int64)
        for row_key, donor_key in keys:
            both = np.concatenate([row_key[open_rows], donor_key])
            joined = np.concatenate([row_group, donor_group]) * (both.max() + 1) + both
            _, number = np.unique(joined, return_inverse=True)
            row_group, donor_group = number[: len(open_rows)], number[len(open_rows) :]
        count = np.bincount(
            donor_group, minlength=int(max(row_group.max(initial=0), donor_group.max())) + 1
        )
        by_group = donors[np.argsort(donor_group, kind="stable")]
        first = np.cumsum(count) - count
        has = count[row_group] > 0
        pick = first[row_group] + np.floor(rng.random(len(open_rows)) * count[row_group])
        drawn[open_rows[has]] = by_group[pick[has].astype(np.int64)]
        open_rows = open_rows[~has]
        if not len(open_rows):
            break
    return drawn
