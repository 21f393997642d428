"""The editions of a grid: loaded or simulated when first needed, a few cached at a time."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

from customs_baselines.experiments.grid import Grid
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.loading import Edition, load_edition
from customs_data.keyed_random import secret_of_seed
from customs_scorer.yardsticks import Reference, make_reference

# One per process, so that `Editions` can be sent to another one.
_LOCK = Lock()


@dataclass(frozen=True)
class GridEdition:
    """An edition of a grid, with the scores of look-up and ceiling on it."""

    edition: Edition

    @cached_property
    def reference(self) -> Reference:
        """Scores of look-up and ceiling, computed on first use: after the first submission."""
        return make_reference(self.edition)


class Editions:
    """Cache of the editions of a grid.

    Parameters
    ----------
    grid : Grid
        Grid of the editions.
    scratch : path
        Folder for simulated editions.
    n_cached : int
        Editions to keep in memory; cells come edition by edition.
    """

    def __init__(self, grid: Grid, scratch: Path, n_cached: int) -> None:
        self.grid = grid
        self.scratch = scratch
        self._n_cached = n_cached
        self._cache: OrderedDict[str, GridEdition] = OrderedDict()

    def get(self, name: str) -> GridEdition:
        """Return an edition; load or simulate it if it is not cached."""
        with _LOCK:
            if name not in self._cache:
                self._cache[name] = GridEdition(load_edition(self._folder(name)))
                if len(self._cache) > self._n_cached:
                    self._cache.popitem(last=False)
            return self._cache[name]

    def _folder(self, name: str) -> Path:
        source, seed = self.grid.origin(name)
        if source.path is not None:
            return source.path
        assert seed is not None
        folder = self.scratch / name
        if not folder.exists():
            blueprint = read_blueprint(
                config=source.configuration,
                n_declarations=source.rows,
                task=source.task,
                with_links=source.with_links,
            )
            with tempfile.TemporaryDirectory(dir=self.scratch) as parent:
                path = Path(parent) / name
                secret = secret_of_seed(seed)
                generate_edition(blueprint, secret, path, origin="published-seed", seed=seed)
                with suppress(OSError):  # another process was faster
                    path.rename(folder)
        return folder
