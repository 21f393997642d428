"""Running a grid: several models at a time, each in its own process, resumed after a stop."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any, Final

from customs_baselines.experiments.grid import Cell, Grid
from customs_baselines.experiments.grid_editions import Editions, GridEdition
from customs_baselines.experiments.results_file import GridResults, code_sha256, load_grid_results
from customs_baselines.running.job import JobResult
from customs_baselines.running.records import RunRecord, library_versions, make_record
from customs_baselines.running.runner import n_processors, run_one
from customs_data.errors import KitError
from customs_data.parallel import count_workers, map_in_order
from customs_data.tasks import DEFAULT
from customs_data.temporary import scratch_folder, temporary_folder
from customs_scorer.scorecard import N_REPLICATES

_DIGITS: Final = 6
#: Name of this package among the versions.
_KIT: Final = "customs-kit"


def run_grid(
    grid: Grid,
    path: Path,
    *,
    executor: Executor | None = None,
    n_jobs: int | None = None,
    device: str = "auto",
    fresh: bool = False,
    shared: Path | None = None,
    on_plan: Callable[[int, int, list[str]], None] = lambda done, total, notes: None,
    on_done: Callable[[Cell, dict[str, Any]], None] = lambda cell, run: None,
) -> GridResults:
    """Run what is missing of a grid.

    Parameters
    ----------
    grid : Grid
        Editions and runs.
    path : path
        Results file; runs that it contains without an error are not repeated.
    executor : Executor, optional
        Runs the cells, each of which trains its model in a process of its own.
    n_jobs : int, optional
        Threads of each model; by default the processors shared among the executor's workers.
    device : str
        Passed to models that take it.
    fresh : bool
        Ignore the runs in `path` and repeat them all.
    shared : path, optional
        Folder that all workers of the executor write, for simulated editions; by default that for
        temporary files.
    on_plan : callable
        Called once with the number of finished cells, the number of cells, and notes for the user.
    on_done : callable
        Called after each run.

    Returns
    -------
    GridResults
        As saved; failed runs have an ``error``.

    Raises
    ------
    KitError
        If `path` was written with other library versions or for another edition.
    """
    cells = list(grid.cells())
    results, notes = _begin(path, cells, fresh=fresh)
    missing = [cell for cell in cells if "error" in results.runs.get(cell.key, {"error": ""})]
    on_plan(len(cells) - len(missing), len(cells), notes)
    # Over several editions, the spread between them says more than resampling one of them.
    n_replicates = N_REPLICATES if len({cell.edition for cell in cells}) == 1 else 0
    n_workers = count_workers(executor)
    offered = {"device": device, "n_jobs": n_jobs or max(n_processors() // n_workers, 1)}

    def save(cell: Cell, entries: tuple[dict[str, Any], dict[str, Any]]) -> None:
        edition, run = entries
        _check_edition(results, cell.edition, edition)
        results.editions[cell.edition] = edition
        results.runs[cell.key] = run
        # In the order of the grid, so that the file does not depend on which run ends first.
        results.runs = {c.key: results.runs[c.key] for c in cells if c.key in results.runs}
        results.save(path)
        on_done(cell, run)

    with scratch_folder() if shared is None else temporary_folder(shared) as scratch:
        editions = Editions(grid, scratch, n_cached=n_workers + 1)
        run = partial(_run_cell, editions, offered, n_replicates)
        deque(map_in_order(run, missing, executor, n_ahead=len(missing), on_done=save), maxlen=0)
    names = dict.fromkeys(cell.edition for cell in cells)
    results.editions = {name: results.editions[name] for name in names if name in results.editions}
    results.save(path)
    return results


def _begin(path: Path, cells: list[Cell], *, fresh: bool) -> tuple[GridResults, list[str]]:
    """Read earlier results, leave out runs that are not in the grid, and say so in notes."""
    versions, code = library_versions(), code_sha256()
    if fresh or not path.exists():
        return GridResults({"versions": versions, "code_sha256": code}), []
    results = load_grid_results(path)
    # Of the kit itself the code decides, not the number of its release: see below.
    changed = [
        f"{name} {before} -> {versions.get(name)}"
        for name, before in results.made_by["versions"].items()
        if versions.get(name) != before and name != _KIT
    ]
    if changed:
        raise KitError(
            f"{path} was begun with other versions: {', '.join(changed)}. Start over with --fresh, "
            "or name another file with --results."
        )
    notes = []
    if results.made_by["code_sha256"] != code:
        notes.append(f"{path} was begun with other code of the kit; --fresh repeats all of it.")
    known = {cell.key for cell in cells}
    if dropped := results.runs.keys() - known:
        notes.append(f"{len(dropped)} runs of {path} are not part of the grid and are left out.")
        results.runs = {key: run for key, run in results.runs.items() if key in known}
    return results, notes


def _run_cell(
    editions: Editions, offered: dict[str, Any], n_replicates: int, cell: Cell
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run one cell, and return what the results contain of its edition and of the run."""
    on = editions.get(cell.edition)
    with tempfile.TemporaryDirectory(dir=editions.scratch) as folder:
        try:
            record = run_one(
                cell.run,
                on.edition,
                Path(folder),
                offered,
                lambda: on.reference,
                n_replicates=n_replicates,
            )
        except KitError as error:  # one failed row, not the end of the grid
            result = JobResult(error=str(error), is_kit_error=True)
            record = make_record(cell.run, on.edition, result, n_labels=0)
        return _edition_entry(editions.grid, cell.edition, on), _run_entry(cell, record)


def _check_edition(results: GridResults, name: str, edition: dict[str, Any]) -> None:
    known = results.editions.get(name)
    if known is None or known["commitment"] == edition["commitment"]:
        return
    # The commitment contains the release that made the edition. Another release's edition is the
    # same one if training data, and look-up and ceiling on the hidden labels, are the same.
    is_of_other_release = results.made_by["versions"].get(_KIT) != library_versions()[_KIT]
    is_same = {**known, "commitment": ""} == {**edition, "commitment": ""}
    if not (is_of_other_release and is_same):
        raise KitError(
            f"The edition {name} is not the one that the results began with: its commitment "
            "differs. Start over with --fresh, or name another file with --results."
        )


def _edition_entry(grid: Grid, name: str, on: GridEdition) -> dict[str, Any]:
    manifest, reference = on.edition.manifest, on.reference
    source, seed = grid.origin(name)
    task = {} if manifest.task == DEFAULT else {"task": manifest.task}
    return task | {
        "name": manifest.name,
        "origin": manifest.origin,
        "seed": seed,
        "with_links": source.with_links,
        "rows": manifest.rows,
        "commitment": manifest.commitment,
        "train_sha256": manifest.files["train"].sha256,
        "twin_share": round(reference.twin_share, _DIGITS),
        "lookup": _rounded(reference.lookup),
        "ceiling": _rounded(reference.ceiling),
        "prior": _rounded(reference.prior),
        **({"absent": [*manifest.absent]} if manifest.absent else {}),
        **({"extra": dict(manifest.extra)} if manifest.extra else {}),
    }


def _run_entry(cell: Cell, record: RunRecord) -> dict[str, Any]:
    whole = record.as_dict()
    entry = {"edition": cell.edition} | {
        name: whole[name]
        for name in ("baseline", "recipe", "transductive", "label_rate", "erasure", "seed")
    }
    if record.failed:
        return entry | {"error": record.result.error}
    for period in ("public", "private"):
        entry[period] = _rounded(whole[period] or {})
    costs = {
        "seconds": round(whole["seconds"], 1),
        "cpu_seconds": round(whole["cpu_seconds"], 1),
        "peak_memory_mib": round(whole["peak_memory_mib"]),
    }
    return entry | {"n_labels": whole["repeat"]["n_labels"]} | costs


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
