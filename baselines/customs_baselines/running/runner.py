"""Running baselines: train in a child process, write the submission, then score it.

hidden/ is opened only after the submission is on disk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.running.job import RESULT, SCORES, Job, JobData, JobResult, write_job
from customs_baselines.running.plan import Plan, Run
from customs_baselines.running.records import RunRecord, make_record
from customs_data.edition.loading import Edition
from customs_data.erasure import erase
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed
from customs_data.schema import ERASED, KEY
from customs_data.split import split_by_time
from customs_scorer.metrics.inspection import precision_at
from customs_scorer.scorecard import N_REPLICATES
from customs_scorer.submissions import write_submission
from customs_scorer.yardsticks import Reference, make_reference

SUBMISSION: Final = "submission.csv"
RECORD: Final = "run.json"
LOG: Final = "log.txt"
VALIDATION: Final = "validation.csv"
# Variables that would tell a model where the command was started.
_TELLING: Final = ("PWD", "OLDPWD", "_")
_KILLED: Final = 9


def run_baselines(
    plan: Plan,
    edition: Edition,
    out: Path,
    *,
    validate: bool | None = None,
    device: str = "auto",
    n_jobs: int | None = None,
    on_start: Callable[[Run], None] = lambda run: None,
    on_done: Callable[[RunRecord], None] = lambda record: None,
) -> tuple[list[RunRecord], Reference]:
    """Train and score every run of a plan.

    Parameters
    ----------
    plan : Plan
        What to run.
    edition : Edition
        To train on.
    out : path
        Folder for the runs; each gets one of its own with submission.csv, run.json, log.txt and,
        with `validate`, validation.csv.
    validate : bool, optional
        Also train on the earlier part of the training period and score the later; by default only
        where there are no hidden labels to score against.
    device : str
        Passed to models that take it.
    n_jobs : int, optional
        Threads, passed to models that take it; by default the processors at hand.
    on_start, on_done : callable
        For progress.

    Returns
    -------
    records : list of RunRecord
        In the order of the plan; a model that failed is a record with its error.
    reference : Reference
        What the look-up cheat scores on this edition, to be shown beside them.
    """
    if validate is None:
        validate = not edition.layout.has_hidden
    # Measured when it is first asked for: after the first submission is on disk.
    reference = cache(lambda: make_reference(edition))
    offered = {"device": device, "n_jobs": n_jobs or n_processors()}
    records = []
    for run in plan.runs():
        on_start(run)
        folder = out / run.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KitError(f"{folder} cannot be made: {error.strerror}. Choose --out.") from None
        record = run_one(run, edition, folder, offered, reference, validate=validate)
        (folder / RECORD).write_text(
            json.dumps(record.as_dict(), indent=2) + "\n", encoding="utf-8"
        )
        records.append(record)
        on_done(record)
    return records, reference()


def n_processors() -> int:
    """Processors this process may use."""
    # sched_getaffinity honours containers and taskset.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_one(
    run: Run,
    edition: Edition,
    folder: Path,
    offered: dict[str, Any],
    reference: Callable[[], Reference],
    *,
    validate: bool = False,
    n_replicates: int = N_REPLICATES,
) -> RunRecord:
    """Train and score one run.

    Parameters
    ----------
    run : Run
        What to train.
    edition : Edition
        On what.
    folder : path
        For submission.csv, log.txt and, with `validate`, validation.csv.
    offered : dict
        Constructor arguments beside recipe and seed; passed to models that take them.
    reference : callable
        Gives what copying labels scores; called after the submission is on disk.
    validate : bool
        Also train on the earlier part of the training period and score the later.
    n_replicates : int
        Bootstrap replicates of the intervals; 0 leaves them out.
    """
    submission = folder / SUBMISSION
    submission.unlink(missing_ok=True)  # of an earlier run; a failed one must not leave it behind
    try:
        data = training_data(run, edition)
    except KitError as error:
        return make_record(run, edition, JobResult(error=str(error), is_kit_error=True), n_labels=0)
    job = Job(run.model, {"recipe": run.recipe, "random_state": run.seed, **offered})
    if run.recipe is None:
        del job.offered["recipe"]
    log = folder / LOG
    log.unlink(missing_ok=True)
    n_labels = int((data.y != ERASED).sum())
    result, scores, _ = train_in_child(job, data, log)
    if scores is None:
        return make_record(run, edition, result, n_labels=n_labels)
    write_submission(edition, scores, submission)
    validation = _validate(job, data, log, folder / VALIDATION) if validate else None
    return make_record(
        run,
        edition,
        result,
        n_labels=n_labels,
        submission=submission,
        reference=reference(),
        validation=validation,
        n_replicates=n_replicates,
    )


def training_data(run: Run, edition: Edition) -> JobData:
    """Training data of a run: the edition's, with labels erased down to the run's label rate."""
    y, y_critical = edition.y, edition.y_critical
    if run.label_rate is not None:
        kept = erase(
            edition.train,
            y,
            label_rate=run.label_rate,
            erasure=run.erasure,
            secret=secret_of_seed(run.seed),
        )
        y, y_critical = (np.where(kept, held, ERASED).astype(np.int8) for held in (y, y_critical))
    return JobData(edition.train, y, y_critical, edition.test)


def _validate(job: Job, data: JobData, log: Path, out: Path) -> dict[str, Any]:
    """Train on the earlier part of the training period; score the later part's labelled rows."""
    out.unlink(missing_ok=True)  # of an earlier run
    try:
        earlier, later = split_by_time(data.train["Date"])
    except KitError as error:
        return {"error": str(error)}
    later &= data.y != ERASED
    if not later.any():
        return {"error": "No labelled declaration is left in the later part."}
    parts = replace(
        data,
        train=data.train[earlier].reset_index(drop=True),
        y=data.y[earlier],
        y_critical=data.y_critical[earlier],
        test=data.train[later].reset_index(drop=True),
    )
    result, scores, _ = train_in_child(job, parts, log)
    if scores is None:
        return {"error": result.error}
    columns = {KEY: data.train[KEY][later], "Fraud": data.y[later], "Fraud Score": scores}
    pd.DataFrame(columns).to_csv(out, index=False, lineterminator="\n")
    return {
        "n_declarations": int(later.sum()),
        "precision_at_5": precision_at(data.y[later], scores, 0.05),
        "precision_at_10": precision_at(data.y[later], scores, 0.10),
    }


def train_in_child(
    job: Job,
    data: JobData,
    log: Path,
    *,
    collect: Callable[[Path], Any] | None = None,
) -> tuple[JobResult, npt.NDArray[np.float64] | None, Any]:
    """Train a model in a child process that knows nothing but its own folder.

    Parameters
    ----------
    job : Job
        What to train.
    data : JobData
        On what.
    log : path
        What the model prints is appended here.
    collect : callable
        Reads what else the child left in its folder, before that is deleted.

    Returns
    -------
    result : JobResult
    scores : ndarray of float64, shape (n_test,), or None
        None if the model failed; the result says why.
    collected : object or None
        What `collect` returned; None if the model failed.
    """
    with tempfile.TemporaryDirectory(prefix="customs-kit-") as scratch:
        folder = Path(scratch)
        write_job(folder, job, data)
        environment = {k: v for k, v in os.environ.items() if k not in _TELLING}
        ended = subprocess.run(
            [sys.executable, "-m", "customs_baselines.running.child", str(folder)],
            cwd=folder,
            # Idle OpenMP threads sleep instead of spinning: on a busy machine spinning made two
            # threads nine times slower than one.
            env={**environment, "OMP_WAIT_POLICY": "PASSIVE"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        with log.open("ab") as stream:
            stream.write(ended.stdout)
        result, scores = _read_result(folder, ended.returncode, log)
        return result, scores, None if scores is None or collect is None else collect(folder)


def _read_result(
    folder: Path, status: int, log: Path
) -> tuple[JobResult, npt.NDArray[np.float64] | None]:
    """Read what the child left; a child that left nothing sound has failed, whatever it did."""
    try:
        result = JobResult(**json.loads((folder / RESULT).read_text(encoding="utf-8")))
        scores = None if result.error else np.load(folder / SCORES)
    except (OSError, ValueError, TypeError):
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        hint = " (out of memory?)" if status == -_KILLED else ""
        return JobResult(error=f"the process ended with {how}{hint}; see {log}"), None
    if scores is not None:
        return result, scores
    where = "" if result.is_kit_error else f" (the traceback is in {log})"
    return replace(result, error=result.error + where), None
