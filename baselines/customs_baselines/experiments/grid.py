"""A grid: which models, recipes, label rates, erasures and seeds are run on which editions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from customs_baselines.running.own_model import split_reference
from customs_baselines.running.plan import Plan, Run
from customs_data.errors import KitError
from customs_data.toml import from_table, read_toml


@dataclass(frozen=True)
class Source:
    """Where editions come from: a folder, or worlds simulated from published seeds.

    Attributes
    ----------
    path : path or None
        Folder of an edition, relative to the grid's file.
    seeds : tuple of int
        Worlds: one edition a seed.
    name : str
        Of worlds; with several seeds each is ``NAME-SEED``.
    configuration : str
        Of worlds: a shipped name or a TOML file.
    rows : int or None
        Of worlds: declarations; the configuration's by default.
    with_links : bool
        Of worlds: False for the ablation whose rings use brokers and sellers like anybody else.
    """

    path: Path | None = None
    seeds: tuple[int, ...] = ()
    name: str = "world"
    configuration: str = "practice"
    rows: int | None = None
    with_links: bool = True

    def __post_init__(self) -> None:
        if (self.path is None) == (not self.seeds):
            raise KitError("An entry of [[editions]] must have either a path or seeds.")
        if min(self.seeds, default=0) < 0:
            raise KitError("seeds of [[editions]] must be whole numbers of at least 0.")

    def names(self) -> dict[str, int | None]:
        """Name of each edition, and the seed it is made from (None for a folder)."""
        if self.path is not None:
            return {self.path.name: None}
        suffix = "" if self.with_links else "-without-links"
        if len(self.seeds) == 1:
            return {self.name + suffix: self.seeds[0]}
        return {f"{self.name}-{seed}{suffix}": seed for seed in self.seeds}


@dataclass(frozen=True)
class Block:
    """Runs: every model with every recipe, label rate, erasure and seed.

    Attributes
    ----------
    models : tuple of str
        Baselines and ``FILE.py:CLASS``, files relative to the grid's file.
    recipes, label_rates, erasures, seeds : tuple
        As in `customs_baselines.running.plan.Plan`.
    editions : tuple of str
        Names of the editions to run on; empty for all.
    """

    models: tuple[str, ...]
    recipes: tuple[str, ...] = ()
    label_rates: tuple[float, ...] = ()
    erasures: tuple[str, ...] = ("random",)
    seeds: tuple[int, ...] = (0,)
    editions: tuple[str, ...] = ()

    def plans(self) -> list[Plan]:
        """One plan an erasure; each checks its own settings."""
        return [
            Plan(self.models, self.recipes, self.label_rates, erasure, self.seeds)
            for erasure in self.erasures
        ]


@dataclass(frozen=True)
class Cell:
    """One run on one edition."""

    edition: str
    run: Run

    @property
    def key(self) -> str:
        """Key of the cell in the results file, unique within its grid."""
        return f"{self.edition}/{self.run.key}"


@dataclass(frozen=True)
class Grid:
    """What `baseline table` runs.

    Attributes
    ----------
    sources : tuple of Source
        Editions.
    blocks : tuple of Block
        Runs.
    """

    sources: tuple[Source, ...]
    blocks: tuple[Block, ...]
    _origin: dict[str, tuple[Source, int | None]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        origin: dict[str, tuple[Source, int | None]] = {}
        for source in self.sources:
            for name, seed in source.names().items():
                if name in origin:
                    raise KitError(f"Editions of a grid must have different names: {name} repeats.")
                origin[name] = source, seed
        object.__setattr__(self, "_origin", origin)
        if not origin or not self.blocks:
            raise KitError("A grid must have [[editions]] and [[runs]].")
        files: dict[str, Path] = {}
        for block in self.blocks:
            for plan in block.plans():
                for run in plan.runs():
                    own = split_reference(run.model)
                    if own is not None and files.setdefault(run.name, own[0]) != own[0]:
                        raise KitError(
                            f"Two models of this grid are called {run.name}. Rename one file."
                        )
            if unknown := sorted(set(block.editions) - origin.keys()):
                raise KitError(
                    f"editions of [[runs]] must be among {', '.join(origin)}, however: "
                    f"{', '.join(unknown)}."
                )

    def origin(self, edition: str) -> tuple[Source, int | None]:
        """Return where the edition of a cell comes from, and its seed."""
        return self._origin[edition]

    def cells(self) -> Iterator[Cell]:
        """Yield every cell once, edition by edition."""
        done = set()
        for edition in self._origin:
            for block in self.blocks:
                if block.editions and edition not in block.editions:
                    continue
                for plan in block.plans():
                    for run in plan.runs():
                        cell = Cell(edition, run)
                        if cell.key not in done:
                            done.add(cell.key)
                            yield cell


def read_grid(path: Path) -> Grid:
    """Read a grid from TOML.

    Raises
    ------
    KitError
        If the file cannot be read, or an entry is unknown or unsound.
    """
    content = from_table(_File, read_toml(path), str(path))
    try:
        return Grid(
            tuple(_placed(source, path.parent) for source in content.editions),
            tuple(_anchored(block, path.parent) for block in content.runs),
        )
    except KitError as error:
        raise KitError(f"{path}: {error}") from None


@dataclass(frozen=True)
class _File:
    """The tables of a grid's file."""

    editions: tuple[Source, ...] = ()
    runs: tuple[Block, ...] = ()


def _placed(source: Source, folder: Path) -> Source:
    if source.path is None:
        return source
    return Source(path=Path(folder, source.path))


def _anchored(block: Block, folder: Path) -> Block:
    """Files of own models are named relative to the grid's file."""
    models = tuple(str(folder / model) if ".py:" in model else model for model in block.models)
    for model in models:
        split_reference(model)
    return Block(
        models, block.recipes, block.label_rates, block.erasures, block.seeds, block.editions
    )
