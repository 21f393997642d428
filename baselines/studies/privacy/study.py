"""What a private profile costs, and what it prevents: docs/PRIVACY.md.

`make privacy` profiles simulated declarations with and without privacy, makes worlds from the
profiles, compares these with the source, runs a few models on them, and attacks the profiles.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from customs_baselines.answering import fit_and_score
from customs_baselines.catalogue import find_baseline
from customs_baselines.contract import make_model
from customs_baselines.experiments.markdown_tables import put_table
from customs_data.edition.generating import (
    generate_edition,
    read_blueprint,
    simulate_world,
    split_periods,
)
from customs_data.errors import KitError
from customs_data.fidelity.comparison import compare
from customs_data.fidelity.judges.boosted_trees import score_out_of_fold
from customs_data.fidelity.judges.features import declared_features
from customs_data.fidelity.quality import score_quality
from customs_data.fidelity.sides import Side
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.private_profile.accounting import membership_ceiling, total_rho
from customs_data.private_profile.contributions import (
    NEEDED,
    Contributions,
    read_contributions,
    read_frames,
)
from customs_data.private_profile.membership import rehearse
from customs_data.private_profile.noise import SecureNoise
from customs_data.private_profile.plan import DELTA, Plan
from customs_data.split import Split
from customs_data.tasks import find_task
from customs_scorer.metrics.inspection import precision_at
from studies.privacy.table import privacy_table
from studies.script import Study, resume_results, save_results

#: Sizes of the source, with the configuration that it is simulated from.
SIZES: Final = {54_000: "practice", 1_000_000: "national", 24_700_000: "national"}
#: None: the profile without privacy, with its minimum count.
EPSILONS: Final = (None, 1.0, 3.0, 0.5, 10.0)
#: Cheap models of different kinds, weakest first on the practice edition.
MODELS: Final = ("lookup", "decision_tree", "logistic_regression", "mixed_effects_graph")
MIN_COUNT: Final = 10
# At this size an attack takes minutes: these epsilons are attacked, the others at smaller sizes.
_NATIONAL: Final = 24_700_000
_ATTACKED: Final = (None, 1.0)
_SEED: Final = 24
_N_WORLDS: Final = 3
#: Cells that a target is about have more worlds, for the eight metrics alone: the range of masses
#: is that of one extreme declaration.
JUDGED: Final = {(_NATIONAL, None): 40, (_NATIONAL, 1.0): 40}
# Declarations of each world, and of the sample of the source that it is compared with.
_N_ROWS: Final = 54_000
# Declarations of each side that boosted trees are trained on.
_TREE_ROWS: Final = 12_000

Results = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """Simulated declarations of one size, in a folder that is kept."""

    n: int
    keep: Path

    @property
    def files(self) -> list[Path]:
        """Files of the declarations; made if they are missing."""
        folder = self.keep / str(self.n)
        if not folder.exists():
            blueprint = read_blueprint(config=SIZES[self.n], n_declarations=self.n)
            generate_edition(
                blueprint,
                secret_of_seed(_SEED),
                folder,
                origin="published-seed",
                seed=_SEED,
                name="source",
                file_format="parquet",
            )
        return [folder / "public" / f"{name}.parquet" for name in ("train", "test")]

    @cached_property
    def contributions(self) -> Contributions:
        """All declarations as codes."""
        return self._content[0]

    @cached_property
    def sample(self) -> Side:
        """As many declarations as a world has, drawn at random, without labels and IDs of rows."""
        return self._content[1]

    @cached_property
    def _content(self) -> tuple[Contributions, Side]:
        """Read the files once."""
        share = min(1.0, _N_ROWS / self.n)
        rng = np.random.default_rng(_SEED)
        parts: list[pd.DataFrame] = []

        def watch() -> Iterator[pd.DataFrame]:
            for frame in read_frames(self.files):
                parts.append(frame[rng.random(len(frame)) < share])
                yield frame

        contributions = read_contributions(watch())
        return contributions, Side("source", pd.concat(parts, ignore_index=True))

    def profile(self, epsilon: float | None) -> tuple[Path, Results]:
        """Return a profile of the command line, and what it cost."""
        path = self.keep / f"{self.n}-{epsilon or 'none'}.json.gz"
        costs = path.with_suffix(".costs")
        if not costs.exists():
            options = ["--min-count", str(MIN_COUNT)]
            if epsilon is not None:
                options = ["--epsilon", str(epsilon)]
            command = ["data", "profile", *map(str, self.files), *options, "--out", str(path)]
            costs.write_text(json.dumps(run_command(command)), encoding="utf-8")
        measured: Results = json.loads(costs.read_text(encoding="utf-8"))
        return path, measured


def run_command(arguments: list[str]) -> Results:
    """Run a command of the kit in a process of its own; return its seconds and memory.

    Raises
    ------
    KitError
        If it fails; the message is the command's.
    """
    program = "import sys; from customs_kit.cli import main; main()"
    start = time.perf_counter()
    reader, writer = os.pipe()
    command = [sys.executable, "-c", program, *arguments]
    actions = [(os.POSIX_SPAWN_DUP2, writer, 2), (os.POSIX_SPAWN_OPEN, 1, os.devnull, 1, 0)]
    child = os.posix_spawn(sys.executable, command, dict(os.environ), file_actions=actions)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as stream:
        message = stream.read()
    _, status, usage = os.wait4(child, 0)
    if status:
        raise KitError(message.strip().removeprefix("Error: ") or "The command failed.")
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_memory_gib": round(usage.ru_maxrss / 2**20, 2),
    }


def measure_study(
    keep: Path,
    *,
    sizes: tuple[int, ...] = tuple(SIZES),
    epsilons: tuple[float | None, ...] = EPSILONS,
    n_worlds: int = _N_WORLDS,
    path: Path | None = None,
    fresh: bool = False,
    on_cell: Callable[[str], None] = lambda name: None,
) -> Results:
    """Measure profiles of all sizes and epsilons: those that `path` lacks.

    Parameters
    ----------
    keep : path
        Folder of sources and profiles, for a later run.
    sizes : tuple of int
        Sizes among `SIZES`.
    epsilons : tuple of float or None
        Epsilons among `EPSILONS`.
    n_worlds : int
        Worlds per profile.
    path : path, optional
        Results, saved after each part.
    fresh : bool
        Ignore what is in `path`.
    on_cell : callable
        Called with the name of each part that is done.

    Returns
    -------
    dict
        ``seed``, ``n_worlds``, ``n_rows``, ``delta``, and ``cells``: one dict per size and epsilon
        with ``costs``, ``worlds``, ``attacks`` and, where a profile could not be made, ``error``.
    """
    head: Results = {"seed": _SEED, "n_worlds": n_worlds, "n_rows": _N_ROWS, "delta": DELTA}
    results = resume_results(path, head, fresh=fresh)
    cells: dict[str, Results] = results.setdefault("cells", {})

    def save(name: str) -> None:
        if path is not None:
            save_results(results, path)
        on_cell(name)

    keep.mkdir(parents=True, exist_ok=True)
    for n in sizes:
        source = Source(n, keep)
        for epsilon in epsilons:
            name = f"{n}/{epsilon or 'none'}"
            cell = cells.setdefault(name, {"n": n, "epsilon": epsilon})
            if "costs" not in cell and "error" not in cell:
                try:
                    cell["costs"] = source.profile(epsilon)[1]
                except KitError as error:
                    cell["error"] = str(error)
                save(f"{name}: profile")
            if "error" not in cell:
                for world in _missing_worlds(cell, source, n_worlds):
                    save(f"{name}: world {world}")
        for epsilon in epsilons:
            cell = cells[f"{n}/{epsilon or 'none'}"]
            if "attacks" not in cell and (n < _NATIONAL or epsilon in _ATTACKED):
                cell |= _attack(source.contributions, epsilon)
                save(f"{n}/{epsilon or 'none'}: attack")
    return results


def _missing_worlds(cell: Results, source: Source, n_worlds: int) -> Iterator[int]:
    """Add the worlds that a cell lacks, and yield the number of each."""
    worlds: list[Results] = cell.setdefault("worlds", [])
    n_compared = max(n_worlds, JUDGED.get((cell["n"], cell["epsilon"]), 0))
    if len(worlds) < n_compared:
        blueprint = read_blueprint(
            config="practice",
            profile=source.profile(cell["epsilon"])[0],
            n_declarations=_N_ROWS,
        )
    for i in range(len(worlds), n_compared):
        # The same secrets for all epsilons; the digest of the profile makes the worlds unrelated.
        world = simulate_world(blueprint, derive(secret_of_seed(_SEED), "world", str(i)))
        frame = world.declarations[list(NEEDED)]
        pair = compare(source.sample, Side("world", frame), rows=_N_ROWS, seed=i)
        worlds.append({"quality": score_quality(pair)})
        if i == 0:
            worlds[-1]["auc"] = _tell_apart(source.sample, frame, seed=i)
        if i < n_worlds:
            worlds[-1]["ladder"] = _run_models(split_periods(world))
        yield i


def _tell_apart(source: Side, frame: pd.DataFrame, seed: int) -> float:
    """Return the AUC of the two-sample test without IDs."""
    pair = compare(source, Side("world", frame), rows=_TREE_ROWS, seed=seed)
    columns = np.column_stack([feature.values for feature in declared_features(pair)])
    scores, _ = score_out_of_fold(columns, pair.is_synthetic, seed)
    return float(roc_auc_score(pair.is_synthetic, scores))


def _run_models(periods: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Return precision@5 % on Private by model, all labels known."""
    split = Split.of_frames(find_task(), periods["train"], periods["private"])
    scores = {}
    for name in MODELS:
        settings = {"random_state": 0, "recipe": "kit"}
        model = make_model(find_baseline(name).load_class(), settings)
        scores[name] = precision_at(split.y_test, fit_and_score(model, split), 0.05)
    return scores


def _attack(contributions: Contributions, epsilon: float | None) -> Results:
    """Return the attacks on a profile, and what its noise allows at most."""
    if epsilon is None:
        attacks = rehearse(contributions, None, min_count=MIN_COUNT, seed=_SEED)
        return {"attacks": [attack.as_dict() for attack in attacks]}
    plan = Plan(epsilon)
    try:
        attacks = rehearse(contributions, plan, SecureNoise(), seed=_SEED)
    except KitError as error:
        return {"attacks": [], "attack_error": str(error)}
    return {
        "attacks": [attack.as_dict() for attack in attacks],
        "ceiling": membership_ceiling(total_rho(plan)),
    }


@click.command(cls=Study)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Results, as JSON.")
@click.option(
    "--keep",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of sources and profiles; a later run goes on with them (4 GB).",
)
@click.option("--write", type=click.Path(path_type=Path), help="Document to put the tables in.")
@click.option("--check", is_flag=True, help="Only check the tables of --write against --out.")
@click.option("--size", "sizes", type=int, multiple=True, help="Only sources of this size.")
@click.option(
    "--epsilon",
    "epsilons",
    type=click.Choice([str(epsilon or "none") for epsilon in EPSILONS]),
    multiple=True,
    metavar="E",
    help="Only profiles of this epsilon.",
)
@click.option("--fresh", is_flag=True, help="Discard earlier results.")
def main(
    out: Path,
    keep: Path,
    write: Path | None,
    check: bool,
    sizes: tuple[int, ...],
    epsilons: tuple[str, ...],
    fresh: bool,
) -> None:
    """Measure what privacy costs and prevents: what OUT lacks (an hour and 6 GiB).

    \b
    Example:
      python -m studies.privacy.study --out privacy.json --keep build/privacy
    """
    if check:
        results = json.loads(out.read_text(encoding="utf-8"))
    else:
        results = measure_study(
            keep,
            sizes=sizes or tuple(SIZES),
            epsilons=tuple(e for e in EPSILONS if not epsilons or str(e or "none") in epsilons),
            path=out,
            fresh=fresh,
            on_cell=lambda name: click.echo(name, err=True),
        )
    if write is not None:
        put_table(write, "privacy", privacy_table(results), check=check)


if __name__ == "__main__":
    main()
