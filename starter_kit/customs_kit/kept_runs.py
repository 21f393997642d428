"""Kept runs by their name, where a command takes a submission."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from customs_data.errors import KitError
from customs_kit.workspace import find_workspace

if TYPE_CHECKING:
    from customs_baselines.running.history import KeptRun

#: Folder that `baseline run` writes to, unless --out names another one.
RUNS: Final = "runs"
_SUBMISSION_SUFFIXES: Final = (".csv", ".gz", ".parquet")
_N_LISTED: Final = 5
_N_NEAR: Final = 3


def runs_folder() -> Path:
    """Return ``runs/`` of the current folder, else of the workspace it is in."""
    here = Path(RUNS)
    workspace = None if here.is_dir() else find_workspace()
    return here if workspace is None else workspace.folder / RUNS


def find_submission(named: str) -> Path:
    """Return the submission that a name means: a file, a run's folder, or a run's name.

    Parameters
    ----------
    named : str
        ``submission.csv``, ``few/MyModel-seed0``, ``MyModel-seed0`` or, where several folders of
        ``runs/`` have a run of that name, ``practice/MyModel-seed0``.

    Raises
    ------
    KitError
        If there is no such file or run, several runs have the name, or the run failed.
    """
    path = Path(named)
    if _is_there(path) and not path.is_dir():
        return path
    from customs_baselines.running.history import list_runs
    from customs_baselines.running.runner import SUBMISSION

    if _is_there(path / SUBMISSION):
        return path / SUBMISSION
    runs, _ = list_runs(runs_folder())
    wanted = named.rstrip("/")
    same = [run for run in runs if f"/{run.place}".endswith(f"/{wanted}")]
    same = [run for run in same if run.place == wanted] or same
    if len(same) == 1:
        return _submission_of(same[0])
    if same:
        places = ", ".join(run.place for run in same[:_N_LISTED])
        raise KitError(f"{len(same)} runs are named {named}. Choose one of {places}.")
    if path.name.endswith(_SUBMISSION_SUFFIXES):
        raise KitError(f"No such file: {named}.")
    is_folder = _is_there(path) and path.is_dir()
    elsewhere, _ = list_runs(path.parent) if is_folder else ([], [])
    if failed := [run for run in elsewhere if run.place == path.name]:
        return _submission_of(failed[0])  # which says why it has none
    if is_folder:
        raise KitError(f"{named} is a folder without {SUBMISSION}. Give a submission or a run.")
    raise KitError(f"No file and no run is named {named}. {_nearest(wanted, runs)}")


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long to be one, a folder that may not be entered
        return False


def _submission_of(run: KeptRun) -> Path:
    if run.submission is None:
        error = run.record.get("error", "it has no submission")
        raise KitError(f"The run {run.place} has no submission: {error}")
    return run.submission


def _nearest(wanted: str, runs: list[KeptRun]) -> str:
    if not runs:
        return (
            f"{RUNS}/ has no run: make one with `customs-kit baseline run`, or give the folder of "
            "a run elsewhere, such as OUT/NAME."
        )
    names = list(dict.fromkeys(name for run in runs for name in (run.name, run.place)))
    begun = [name for name in names if name.lower().startswith(wanted.lower())]
    near = begun[:_N_NEAR] or get_close_matches(wanted, names, n=_N_NEAR, cutoff=0.4)
    listed = "`customs-kit baseline runs` lists all runs."
    return f"Did you mean {' or '.join(near)}? {listed}" if near else listed
