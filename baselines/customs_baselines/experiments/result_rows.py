"""Results as rows: from the JSON of `baseline run`, or from a grid."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from customs_baselines.experiments.results_file import (
    is_grid_results,
    load_grid_results,
    read_json,
)
from customs_data.errors import KitError
from customs_data.tasks import DEFAULT
from customs_scorer.metrics import TaskMetrics, metrics_of


@dataclass(frozen=True)
class Group:
    """Model and setting: the runs of one row of a table, or of one point of a curve.

    Attributes
    ----------
    baseline : str
        Name of the model.
    recipe : str or None
        Feature recipe.
    label_rate : float
        Share of the training declarations that keep a label.
    erasure : str
        How the other labels were erased.
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
    """Runs and their editions.

    Attributes
    ----------
    editions : dict of str to dict
        By identifier: ``name``, ``task`` (absent = fraud), ``lookup``, ``ceiling``; more for grids.
    runs : list of dict
        Scored runs; ``edition`` is the identifier.
    failed : list of dict
        Runs with an ``error``.
    """

    editions: dict[str, dict[str, Any]]
    runs: list[dict[str, Any]]
    failed: list[dict[str, Any]]

    @property
    def task(self) -> str:
        """Name of the task of all editions.

        Raises
        ------
        KitError
            If there are several.
        """
        names = {str(edition.get("task", DEFAULT)) for edition in self.editions.values()}
        if len(names) > 1:
            raise KitError(f"These results are of several tasks: {', '.join(sorted(names))}.")
        return names.pop()

    @property
    def metrics(self) -> TaskMetrics:
        """Metrics of the task."""
        return metrics_of(self.task)

    def at(self, label_rates: tuple[float, ...]) -> Results:
        """Return the results at some label rates; all results if none is named.

        Raises
        ------
        KitError
            If no run was scored at these.
        """
        if not label_rates:
            return self
        runs = [run for run in self.runs if run["label_rate"] in label_rates]
        if not runs:
            known = sorted({run["label_rate"] for run in self.runs}, reverse=True)
            raise KitError(
                "No run was scored at these label rates. Choose from "
                f"{', '.join(f'{rate:g}' for rate in known)}."
            )
        failed = [run for run in self.failed if run["label_rate"] in label_rates]
        return Results(self.editions, runs, failed)

    def only(self, models: tuple[str, ...], recipes: tuple[str, ...]) -> Results:
        """Return the results of some models and recipes; empty means all.

        Models without a recipe are part of the results of every recipe.

        Raises
        ------
        KitError
            If none of these was scored.
        """

        def wanted(run: dict[str, Any]) -> bool:
            known = not recipes or run["recipe"] is None or run["recipe"] in recipes
            return known and (not models or run["baseline"] in models)

        runs = [run for run in self.runs if wanted(run)]
        if not runs:
            raise KitError(
                "No run of these models and recipes was scored. Scored were "
                f"{', '.join(dict.fromkeys(run['baseline'] for run in self.runs))}."
            )
        return Results(self.editions, runs, [run for run in self.failed if wanted(run)])

    def groups(self) -> dict[Group, list[dict[str, Any]]]:
        """Return the runs by group, in order of first appearance."""
        groups: dict[Group, list[dict[str, Any]]] = defaultdict(list)
        for run in self.runs:
            groups[self.group_of(run)].append(run)
        return dict(groups)

    def linked_editions(self) -> list[dict[str, Any]]:
        """Return the editions with links, or all if none has them; for means of the ceiling.

        The ablation without links is another kind of world, with its own ceiling.
        """
        editions = list(self.editions.values())
        return [edition for edition in editions if edition.get("with_links", True)] or editions

    def group_of(self, run: dict[str, Any]) -> Group:
        """Return the group of a run, scored or failed."""
        linked = self.editions.get(run["edition"], {}).get("with_links", True)
        rate = run["label_rate"]
        erasure = "none" if rate == 1 else run["erasure"]  # with all labels nothing is erased
        return Group(run["baseline"], run["recipe"], rate, erasure, linked)


def read_results(paths: list[Path]) -> Results:
    """Read results files: outputs of `baseline run --json`, grids, or both.

    Raises
    ------
    KitError
        If a file contains neither, or no scored run.
    """
    editions: dict[str, dict[str, Any]] = {}
    runs: list[dict[str, Any]] = []
    for path in paths:
        content = read_json(path)
        if is_grid_results(content):
            grid = load_grid_results(path)
            editions |= grid.editions
            runs += grid.runs.values()
        else:
            _read_records(path, content, editions, runs)
    scored = [run for run in runs if "error" not in run and run.get("private")]
    if not scored:
        raise KitError(f"{paths[0]} contains no scored run.")
    return Results(editions, scored, [run for run in runs if "error" in run])


def _read_records(
    path: Path, records: Any, editions: dict[str, dict[str, Any]], runs: list[dict[str, Any]]
) -> None:
    """Add the output of `baseline run --json` to editions and runs."""
    try:
        for record in records:
            repeat = record["repeat"]
            name = f"{repeat['edition']} ({repeat['train_sha256'][:8]})"
            # Only scored runs have the scores of the look-up.
            if record["lookup"] or name not in editions:
                editions[name] = {
                    "name": repeat["edition"],
                    "train_sha256": repeat["train_sha256"],
                    "task": record.get("task", DEFAULT),
                    "lookup": record["lookup"],
                    "ceiling": record.get("ceiling"),
                    "prior": record.get("prior"),
                }
            runs.append(record | {"edition": name})
            record["private"], record["label_rate"], record["baseline"], record["recipe"]
    except (TypeError, KeyError) as error:
        raise KitError(
            f"{path} is neither the output of `customs-kit baseline run --json` nor a results file "
            f"of a grid: {type(error).__name__} ({error})."
        ) from None
