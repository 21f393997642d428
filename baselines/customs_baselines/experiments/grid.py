"""Grids: which models, recipes, label rates, erasures and seeds to run on which editions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from customs_baselines.running.own_model import split_reference
from customs_baselines.running.plan import Plan, Run
from customs_data.edition.layout import Layout
from customs_data.edition.manifest import read_manifest
from customs_data.errors import KitError
from customs_data.tasks import DEFAULT
from customs_data.toml import from_table, read_toml


@dataclass(frozen=True)
class EditionSource:
    """Source of editions: a folder, or worlds simulated from published seeds.

    Attributes
    ----------
    path : path or None
        Folder of an edition, relative to the grid's file.
    seeds : tuple of int
        Seeds of worlds, one edition per seed.
    name : str
        Name of the world; with several seeds each is called ``NAME-SEED``.
    configuration : str
        Configuration of the worlds: a shipped name or a TOML file.
    rows : int or None
        Declarations per world; by default as the configuration says.
    task : str
        Task of the worlds.
    with_links : bool
        False for the ablation, in which rings use brokers and sellers like anybody else.
    """

    path: Path | None = None
    seeds: tuple[int, ...] = ()
    name: str = "world"
    configuration: str = "practice"
    rows: int | None = None
    task: str = DEFAULT
    with_links: bool = True

    def __post_init__(self) -> None:
        if (self.path is None) == (not self.seeds):
            raise KitError("An entry of [[editions]] needs a path or seeds, and not both.")
        if min(self.seeds, default=0) < 0:
            raise KitError("A seed of [[editions]] must be at least 0.")

    @property
    def asked_task(self) -> str:
        """Task of the worlds, or of the edition in the folder."""
        return self.task if self.path is None else read_manifest(Layout.find(self.path).public).task

    def names(self) -> dict[str, int | None]:
        """Return the seed of each edition by name (None for a folder)."""
        if self.path is not None:
            return {self.path.name: None}
        suffix = "" if self.with_links else "-without-links"
        if len(self.seeds) == 1:
            return {self.name + suffix: self.seeds[0]}
        return {f"{self.name}-{seed}{suffix}": seed for seed in self.seeds}


@dataclass(frozen=True)
class Block:
    """Entry of [[runs]]: every model with every recipe, label rate, erasure and seed.

    Attributes
    ----------
    models : tuple of str
        Baselines and ``FILE.py:NAME``, with files relative to the file of the grid.
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

    def plans(self, task: str = DEFAULT) -> list[Plan]:
        """Return one plan per erasure; `Plan` validates the settings."""
        return [
            Plan(self.models, self.recipes, self.label_rates, erasure, self.seeds, task)
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
    """Runs of `baseline table`, and their editions."""

    sources: tuple[EditionSource, ...]
    blocks: tuple[Block, ...]
    _origin: dict[str, tuple[EditionSource, int | None]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        origin: dict[str, tuple[EditionSource, int | None]] = {}
        for source in self.sources:
            for name, seed in source.names().items():
                if name in origin:
                    raise KitError(f"Two editions of this grid are called {name}. Rename one.")
                origin[name] = source, seed
        object.__setattr__(self, "_origin", origin)
        if not origin or not self.blocks:
            raise KitError("A grid needs [[editions]] and [[runs]].")
        files: dict[str, Path] = {}
        for block in self.blocks:
            for plan in block.plans(self.task):
                for run in plan.runs():
                    own = split_reference(run.model)
                    if own is not None and files.setdefault(run.name, own[0]) != own[0]:
                        raise KitError(
                            f"Two models of this grid are called {run.name}. Rename one file."
                        )
            if unknown := sorted(set(block.editions) - origin.keys()):
                raise KitError(
                    f"Unknown editions in [[runs]]: {', '.join(unknown)}. Choose from "
                    f"{', '.join(origin)}."
                )

    @property
    def task(self) -> str:
        """Task of all editions.

        Raises
        ------
        KitError
            If there are several.
        """
        tasks = sorted({source.asked_task for source in self.sources})
        if len(tasks) > 1:
            raise KitError(f"The editions of a grid have one task, not {', '.join(tasks)}.")
        return tasks[0]

    def origin(self, edition: str) -> tuple[EditionSource, int | None]:
        """Return source and seed of an edition."""
        return self._origin[edition]

    def cells(self) -> Iterator[Cell]:
        """Yield every cell once, edition by edition."""
        done = set()
        for edition in self._origin:
            for block in self.blocks:
                if block.editions and edition not in block.editions:
                    continue
                for plan in block.plans(self.task):
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
        If the file cannot be read, or an entry is unknown or invalid.
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
    """Tables in the file of a grid."""

    editions: tuple[EditionSource, ...] = ()
    runs: tuple[Block, ...] = ()


def _placed(source: EditionSource, folder: Path) -> EditionSource:
    return source if source.path is None else EditionSource(path=folder / source.path)


def _anchored(block: Block, folder: Path) -> Block:
    """Resolve files of own models relative to the file of the grid."""
    models = tuple(str(folder / model) if ".py:" in model else model for model in block.models)
    for model in models:
        split_reference(model)
    return replace(block, models=models)
