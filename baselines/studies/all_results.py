"""All results, made again from nothing by `make all-results`, which goes on where it stopped.

Each step is a target of the Makefile and resumes by itself. This script chooses the order, discards
the earlier results of a step once, when it begins, and records which steps are finished.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from customs_baselines.experiments.results_file import is_grid_results, read_json
from customs_data.edition.generating import read_blueprint
from customs_data.errors import KitError
from studies.script import Study, describe_blueprint, resume_results, save_results

_RESULTS: Final = "baselines/results"


@dataclass(frozen=True)
class Step:
    """A target of the Makefile, and what it goes on with after a stop.

    Attributes
    ----------
    target : str
        Name of the target.
    files : tuple of str
        Results files and folders, relative to the Makefile; removed when the step begins.
    """

    target: str
    files: tuple[str, ...] = ()


#: The prior comes first, because grids run it; the guide draws the grids' results.
STEPS: Final = (
    Step("prior", ("build/prior",)),
    Step("scarcity", (f"{_RESULTS}/scarcity.json",)),
    Step("adversary", (f"{_RESULTS}/adversary.json",)),
    Step("results", (f"{_RESULTS}/practice.json", f"{_RESULTS}/released.json")),
    Step("worlds", (f"{_RESULTS}/worlds.json",)),
    Step("hs6", (f"{_RESULTS}/hs6.json",)),
    Step("scheme", (f"{_RESULTS}/scheme.json",)),
    Step("validation", ("starter_kit/results/validation.json",)),
    Step("season", ("build/seasons", f"{_RESULTS}/season.json")),
    Step("gallery"),
    Step("lite", (f"{_RESULTS}/lite.json",)),
    Step("fidelity", ("data/results/fidelity_practice.json",)),
    Step("explained"),
    Step("guide"),
    Step("reference"),
    Step("networks", (f"{_RESULTS}/networks.json", f"{_RESULTS}/networks_practice.json")),
    Step("variants", (f"{_RESULTS}/graphfc_variants.json",)),
)


def make_all(
    root: Path, path: Path, *, steps: tuple[Step, ...] = STEPS, fresh: bool = False
) -> dict[str, Any]:
    """Run the steps that are not finished, in order.

    Parameters
    ----------
    root : path
        Folder of the Makefile.
    path : path
        Record of the steps, saved when one begins or ends.
    steps : tuple of Step
        Steps to run.
    fresh : bool
        Begin every step again.

    Returns
    -------
    dict
        The world's configuration, and ``steps``: by name, ``done`` and ``cpu_seconds``.

    Raises
    ------
    KitError
        If a step fails, a run of its grids failed, or the record is of another configuration.
    """
    record = resume_results(path, describe_blueprint(read_blueprint()), fresh=fresh)
    known = record.setdefault("steps", {})
    for step in steps:
        if step.target not in known:
            for name in step.files:
                _remove(root / name)
            known[step.target] = {"done": False, "cpu_seconds": 0.0}
            save_results(record, path)
        entry = known[step.target]
        if entry["done"]:
            continue
        before = _cpu_seconds()
        try:
            _run(root, step)
            entry["done"] = True
        finally:
            entry["cpu_seconds"] = round(entry["cpu_seconds"] + _cpu_seconds() - before, 1)
            save_results(record, path)
    return record


def _run(root: Path, step: Step) -> None:
    click.echo(f"== {step.target}", err=True)
    # FRESH was for this script: a target that is run again goes on.
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", step.target, "FRESH="]
    # Steps run one process per processor, so that more threads would only wait for each other.
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    if subprocess.run(command, cwd=root, env=environment, check=False).returncode:
        raise KitError(
            f"`make {step.target}` failed. Mend it, then run `make all-results` again: it goes on "
            "with this step."
        )
    for path in (root / name for name in step.files):
        content: Any = read_json(path) if path.is_file() else None
        if is_grid_results(content):
            failed = [key for key, run in content["runs"].items() if "error" in run]
            if failed:
                raise KitError(
                    f"{len(failed)} runs of {path} failed, such as {failed[0]}. Mend them, then "
                    "run `make all-results` again: it repeats these runs alone."
                )


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _cpu_seconds() -> float:
    """CPU seconds of processes that this one has waited for, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@click.command(cls=Study)
@click.option(
    "--record",
    default=f"{_RESULTS}/all_results.json",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Which steps are finished.",
)
@click.option("--fresh", is_flag=True, help="Begin every step again.")
def main(record: Path, fresh: bool) -> None:
    """Make all tables of results again, in the current folder; go on where it stopped.

    \b
    Example:
      python -m studies.all_results
    """
    steps = make_all(Path.cwd(), record, fresh=fresh)["steps"]
    for name, entry in steps.items():
        click.echo(f"{name:<12} {entry['cpu_seconds'] / 60:7.1f} CPU minutes")


if __name__ == "__main__":
    main()
