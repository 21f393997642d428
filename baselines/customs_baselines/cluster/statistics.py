"""Statistics of recipe `kit` on workers: of each part, then merged key by key.

The merged ones are files in the shared folder, which the workers of a machine map and so have in
memory once. Merging one key at a time needs little memory, and keys are merged side by side.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from customs_baselines.cluster.parts import PublicParts
from customs_baselines.features.folds import DayCounts, Division, divide_days
from customs_baselines.features.kit import cells_and_views
from customs_baselines.features.kit_statistics import Key, KitStatistics, measures
from customs_data.files.mapped import read_mapped, write_mapped
from customs_data.parallel import map_in_order


def count_days(parts: PublicParts, executor: Executor) -> list[DayCounts]:
    """Return the counts of each training part."""
    return list(map_in_order(parts.count_days, range(len(parts.train)), executor))


def divide_parts(
    counts: Sequence[DayCounts], views: Sequence[float], random_state: int
) -> tuple[Division, Sequence[float]]:
    """Return the division that one machine would make, and the views that it would use."""
    whole = DayCounts.merge(counts)
    n_cells, views = cells_and_views(int(whole.labelled.sum()), views)
    return divide_days(whole, n_cells, random_state), views


def write_statistics(
    parts: PublicParts,
    division: Division,
    extra: dict[str, str],
    folder: Path,
    executor: Executor,
) -> tuple[Path, ...]:
    """Write the statistics of all training declarations.

    Parameters
    ----------
    parts : PublicParts
    division : Division
        Cells of the declarations.
    extra : dict of str to {'number', 'category'}
        Extra columns of the edition.
    folder : path
        Shared by all workers.
    executor : Executor
        Its calls run on the workers.

    Returns
    -------
    tuple of path
        One file for each key, for `read_statistics`.
    """
    write = partial(_write_part, parts, division, folder)
    of_parts = tuple(map_in_order(write, range(len(parts.train)), executor))
    merge = partial(_merge_key, of_parts, folder)
    merged = tuple(map_in_order(merge, measures(True, extra), executor))
    for path in of_parts:
        path.unlink()
    return merged


def read_statistics(files: Sequence[Path]) -> KitStatistics:
    """Return the statistics that `write_statistics` wrote; their arrays are mapped."""
    return KitStatistics.join([read_mapped(path) for path in files])


def _write_part(parts: PublicParts, division: Division, folder: Path, number: int) -> Path:
    X, y = parts.read_train(number)
    statistics = KitStatistics.of(X, y, division.find(X), division.n_cells, with_labels=True)
    return _write(statistics, folder, f"part-{number}")


def _merge_key(of_parts: Sequence[Path], folder: Path, key: Key) -> Path:
    merged = KitStatistics.merge([read_mapped(path).only(key) for path in of_parts])
    return _write(merged, folder, "key")


def _write(statistics: KitStatistics, folder: Path, name: str) -> Path:
    # A worker that died may have left a file, so each attempt has a name of its own.
    path = folder / f"{name}-{secrets.token_hex(8)}"
    write_mapped(statistics, path)
    return path
