"""The editions of a grid: loaded or simulated when first needed, a few kept at a time."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

from customs_baselines.experiments.grid import Grid
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.loading import Edition, load_edition
from customs_data.keyed_random import secret_of_seed
from customs_scorer.yardsticks import Reference, make_reference


@dataclass(frozen=True)
class HeldEdition:
    """An edition of a grid, and what copying labels scores on it."""

    edition: Edition

    @cached_property
    def reference(self) -> Reference:
        """Measured when it is first asked for: after the first submission is on disk."""
        return make_reference(self.edition)


class Editions:
    """Makes the editions of a grid at hand.

    Parameters
    ----------
    grid : Grid
        Whose editions.
    scratch : path
        Folder for simulated editions.
    n_kept : int
        Editions held in memory; cells come edition by edition.
    """

    def __init__(self, grid: Grid, scratch: Path, n_kept: int) -> None:
        self._grid = grid
        self._scratch = scratch
        self._n_kept = n_kept
        self._held: OrderedDict[str, HeldEdition] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str) -> HeldEdition:
        """Return an edition, loading or simulating it if it is not held."""
        with self._lock:
            if name not in self._held:
                self._held[name] = HeldEdition(load_edition(self._folder(name)))
                if len(self._held) > self._n_kept:
                    self._held.popitem(last=False)
            return self._held[name]

    def _folder(self, name: str) -> Path:
        source, seed = self._grid.origin(name)
        if source.path is not None:
            return source.path
        assert seed is not None
        folder = self._scratch / name
        if not folder.exists():
            blueprint = read_blueprint(
                config=source.configuration,
                n_declarations=source.rows,
                with_links=source.with_links,
            )
            generate_edition(
                blueprint,
                secret_of_seed(seed),
                folder,
                origin="published-seed",
                seed=seed,
                name=name,
            )
        return folder
