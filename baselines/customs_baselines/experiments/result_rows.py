"""Results as rows, whichever command wrote them: `baseline run --json` or a grid."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from customs_baselines.experiments.results_file import is_grid_results, load_grid_results
from customs_data.errors import KitError


@dataclass(frozen=True)
class Group:
    """What one row of a table, or one point of a curve, is made of.

    Attributes
    ----------
    baseline : str
        Name of the model.
    recipe : str or None
        Feature recipe.
    label_rate : float
        Share of the training declarations that keep a label.
    erasure : str
        How the others lost theirs.
    with_links : bool
        Whether the worlds have the links that rings leave.
    """

    baseline: str
    recipe: str | None
    label_rate: float
    erasure: str
    with_links: bool


@dataclass(frozen=True)
class Results:
    """Runs and the editions they are of.

    Attributes
    ----------
    editions : dict of str to dict
        By an identifier: ``name``, ``lookup``, ``ceiling`` and, of grids, more.
    runs : list of dict
        Scored runs; ``edition`` is the identifier.
    failed : list of dict
        Runs with an ``error``.
    """

    editions: dict[str, dict[str, Any]]
    runs: list[dict[str, Any]]
    failed: list[dict[str, Any]]

    def at(self, label_rates: tuple[float, ...]) -> Results:
        """Return the results at some label rates only; all of them if none is named.

        Raises
        ------
        KitError
            If nothing was scored at these.
        """
        if not label_rates:
            return self
        runs = [run for run in self.runs if run["label_rate"] in label_rates]
        if not runs:
            known = sorted({run["label_rate"] for run in self.runs}, reverse=True)
            raise KitError(
                "The results must hold scored runs at the label rates to show, however: they hold "
                f"{', '.join(f'{rate:g}' for rate in known)}."
            )
        failed = [run for run in self.failed if run["label_rate"] in label_rates]
        return Results(self.editions, runs, failed)

    def only(self, models: tuple[str, ...], recipes: tuple[str, ...]) -> Results:
        """Return the results of some models and recipes only; empty names all.

        Models that take no recipe are part of every recipe's results.

        Raises
        ------
        KitError
            If nothing of these was scored.
        """

        def wanted(run: dict[str, Any]) -> bool:
            known = not recipes or run["recipe"] is None or run["recipe"] in recipes
            return known and (not models or run["baseline"] in models)

        runs = [run for run in self.runs if wanted(run)]
        if not runs:
            raise KitError(
                "The results must hold scored runs of the models to show, however: they hold "
                f"{', '.join(dict.fromkeys(run['baseline'] for run in self.runs))}."
            )
        return Results(self.editions, runs, [run for run in self.failed if wanted(run)])

    def groups(self) -> dict[Group, list[dict[str, Any]]]:
        """Runs by group, in the order they first appear."""
        found: dict[Group, list[dict[str, Any]]] = defaultdict(list)
        for run in self.runs:
            found[self.group_of(run)].append(run)
        return dict(found)

    def linked_editions(self) -> list[dict[str, Any]]:
        """Editions with links, or all where none has them: what ceilings are averaged over.

        The ablation without links is another kind of world, with a ceiling of its own.
        """
        everything = list(self.editions.values())
        return [held for held in everything if held.get("with_links", True)] or everything

    def group_of(self, run: dict[str, Any]) -> Group:
        """The group of a run, failed or not."""
        linked = self.editions.get(run["edition"], {}).get("with_links", True)
        rate = run["label_rate"]
        # With all labels there is nothing to erase.
        erasure = "none" if rate == 1 else run["erasure"]
        return Group(run["baseline"], run["recipe"], rate, erasure, linked)


def read_results(paths: list[Path]) -> Results:
    """Read results files: outputs of `baseline run --json`, grids, or both.

    Raises
    ------
    KitError
        If a file holds neither, or nothing that was scored.
    """
    editions: dict[str, dict[str, Any]] = {}
    runs: list[dict[str, Any]] = []
    for path in paths:
        content = _parsed(path)
        if is_grid_results(content):
            held = load_grid_results(path)
            editions |= held.editions
            runs += held.runs.values()
        else:
            _read_records(path, content, editions, runs)
    scored = [run for run in runs if "error" not in run and run.get("private")]
    if not scored:
        raise KitError(f"{paths[0]} must hold a scored run, however: it holds none.")
    return Results(editions, scored, [run for run in runs if "error" in run])


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KitError(f"{path} must hold results, however: {error}.") from None


def _read_records(
    path: Path, records: Any, editions: dict[str, dict[str, Any]], runs: list[dict[str, Any]]
) -> None:
    """Take over the output of `baseline run --json`."""
    try:
        for record in records:
            repeat = record["repeat"]
            name = f"{repeat['edition']} ({repeat['train_sha256'][:8]})"
            # A failed run knows no look-up; one that was scored does.
            if record["lookup"] or name not in editions:
                editions[name] = {
                    "name": repeat["edition"],
                    "lookup": record["lookup"],
                    "ceiling": record.get("ceiling"),
                }
            runs.append(record | {"edition": name})
            record["private"], record["label_rate"], record["baseline"], record["recipe"]
    except (TypeError, KeyError) as error:
        raise KitError(
            f"{path} must hold the output of `customs-kit baseline run --json` or the results of "
            f"a grid, however: {error}."
        ) from None
