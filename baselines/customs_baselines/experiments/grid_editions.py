"""The editions of a grid: loaded or simulated when first needed, a few kept at a time."""

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
        self.grid = grid
        self.scratch = scratch
        self._n_kept = n_kept
        self._held: OrderedDict[str, HeldEdition] = OrderedDict()

    def get(self, name: str) -> HeldEdition:
        """Return an edition, loading or simulating it if it is not held."""
        with _LOCK:
            if name not in self._held:
                self._held[name] = HeldEdition(load_edition(self._folder(name)))
                if len(self._held) > self._n_kept:
                    self._held.popitem(last=False)
            return self._held[name]

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
                with_links=source.with_links,
            )
            with tempfile.TemporaryDirectory(dir=self.scratch) as parent:
                path = Path(parent) / name
                secret = secret_of_seed(seed)
                generate_edition(blueprint, secret, path, origin="published-seed", seed=seed)
                with suppress(OSError):  # another process was faster
                    path.rename(folder)
        return folder
