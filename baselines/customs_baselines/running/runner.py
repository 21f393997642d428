"""Running models: train in a child process, write the submission, then score it.

hidden/ is read only after the submission is on disk.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.running.job import ANSWER, RESULT, STEP, Job, JobResult, write_job
from customs_baselines.running.kept_code import keep_code, read_code, read_own_file
from customs_baselines.running.own_model import own_parts
from customs_baselines.running.plan import Plan, Run
from customs_baselines.running.records import RunRecord, make_record
from customs_baselines.running.run_folders import LOG, run_folder
from customs_baselines.running.watch import Watch
from customs_data.child_processes import ChildProcess
from customs_data.edition.loading import Edition
from customs_data.erasure import erase
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically, write_errors
from customs_data.keyed_random import secret_of_seed
from customs_data.schema import ERASED
from customs_data.split import Split
from customs_data.temporary import scratch_folder
from customs_scorer.answers import answer_cells
from customs_scorer.metrics import metrics_of
from customs_scorer.metrics.metric import values_of
from customs_scorer.scorecard import N_REPLICATES, chances_of, intervals_of, plain_score
from customs_scorer.submissions import write_submission
from customs_scorer.validation import validation_split
from customs_scorer.yardsticks import Reference, make_reference

SUBMISSION: Final = "submission.csv"
RECORD: Final = "run.json"
VALIDATION: Final = "validation.csv"
# Environment variables that reveal where the command was started.
_REVEALING: Final = ("PWD", "OLDPWD", "_")
_KILLED: Final = 9
_LITTLE_SPACE: Final = 1 << 16  # bytes; a model's result needs less
_CHILD: Final = "customs_baselines.running.child"
_UNWATCHED: Final = Watch()


def run_baselines(
    plan: Plan,
    edition: Edition,
    out: Path,
    *,
    validate: bool | None = None,
    device: str = "auto",
    n_jobs: int | None = None,
    command: str = "",
    watch: Watch = _UNWATCHED,
    on_start: Callable[[Run], None] = lambda run: None,
    on_done: Callable[[RunRecord], None] = lambda record: None,
) -> tuple[list[RunRecord], Reference]:
    """Train and score every run of a plan.

    Parameters
    ----------
    plan : Plan
        Runs.
    edition : Edition
        Edition to train on.
    out : path
        Folder for the runs; each has a new folder there (`run_folder`), with submission.csv,
        run.json, log.txt, with `validate` validation.csv, and in ``code/`` a team's own model.
    validate : bool, optional
        Also train on a part of what is published and score the rest (`validation_split`); by
        default only if there are no hidden labels.
    device : str
        Passed to models that take it.
    n_jobs : int, optional
        Threads, passed to models that take it; by default all processors.
    command : str
        Command line, for the records.
    watch : Watch
        Time limit, and what to do with output and steps of a model.
    on_start, on_done : callable
        Called before and after each run.

    Returns
    -------
    records : list of RunRecord
        In the order of the plan; the record of a failed model has its error.
    reference : Reference
        Scores of copying labels on this edition, for comparison.
    """
    if validate is None:
        validate = not edition.layout.has_hidden
    # Called first after the first submission is on disk.
    reference = cache(lambda: make_reference(edition))
    offered = {"device": device, "n_jobs": n_jobs or n_processors()}
    records = []
    for run in plan.runs():
        on_start(run)
        with run_folder(out, run.folder, finished=SUBMISSION) as folder:
            started = datetime.now(UTC).isoformat(timespec="seconds")
            record = run_one(
                run, edition, folder, offered, reference, validate=validate, watch=watch
            )
            record = replace(record, name=folder.name, started=started, command=command)
            write_atomically(folder / RECORD, json.dumps(record.as_dict(), indent=2) + "\n")
        records.append(record)
        on_done(record)
    return records, reference()


def n_processors() -> int:
    """Return the number of processors that this process may use."""
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
    watch: Watch = _UNWATCHED,
) -> RunRecord:
    """Train and score one run.

    Parameters
    ----------
    run : Run
        Model and setting.
    edition : Edition
        Edition to train on.
    folder : path
        Empty folder for submission.csv, log.txt, validation.csv (with `validate`) and ``code/``.
    offered : dict
        Constructor arguments besides recipe and seed; passed to models that take them.
    reference : callable
        Returns the scores of copying labels; called after the submission is on disk.
    validate : bool
        Also train on a part of what is published and score the rest.
    n_replicates : int
        Bootstrap replicates of the intervals; 0 leaves the intervals out.
    watch : Watch
        Time limit of each training, and what to do with output and steps of the model.
    """
    try:
        split = split_of(run, edition)
        # Read once: what is kept is what runs, in the validation, too.
        own = read_own_file(run.model)
    except KitError as error:
        return make_record(run, edition, JobResult(error=str(error), is_kit_error=True), n_labels=0)
    job = Job(run.model, {"recipe": run.recipe, "random_state": run.seed, **offered})
    if run.recipe is None:
        del job.offered["recipe"]
    job = replace(job, source=next(iter(own.values()), None))
    code = keep_code(folder, own)
    log, submission = folder / LOG, folder / SUBMISSION
    n_labels = int((split.y != ERASED).sum())
    result, scores, imported = train_in_child(job, split, log, watch=watch, collect=read_code)
    if scores is None:
        return make_record(run, edition, result, n_labels=n_labels, code=code)
    code |= keep_code(folder, {name: it for name, it in imported.items() if name not in code})
    write_submission(edition, scores, submission)
    validation = _validate(job, split, log, folder / VALIDATION, watch) if validate else None
    return make_record(
        run,
        edition,
        result,
        n_labels=n_labels,
        submission=submission,
        reference=reference(),
        validation=validation,
        n_replicates=n_replicates,
        code=code,
    )


def split_of(run: Run, edition: Edition) -> Split:
    """Return the split of the edition, with labels erased down to the label rate of the run."""
    split = edition.split
    if run.label_rate is None:
        return split
    return split.with_labels(
        erase(
            split.train,
            split.y,
            label_rate=run.label_rate,
            erasure=run.erasure,
            secret=secret_of_seed(run.seed),
        )
    )


def _validate(job: Job, split: Split, log: Path, out: Path, watch: Watch) -> dict[str, Any]:
    """Train on a part of what is published, and score the rest (`validation_split`)."""
    try:
        parts = validation_split(split)
    except KitError as error:
        return {"error": str(error)}
    assert parts.answers is not None
    task = split.task
    result, answer, _ = train_in_child(job, parts, log, watch=watch)
    if answer is None:
        return {"error": result.error}
    columns: dict[str, Any] = {task.unit.key: parts.keys.to_numpy(object)}
    if task.target[0].role == "label":
        columns |= {task.label: parts.y_test}
    else:
        columns |= {f"Known {name}": parts.answers[name] for name in parts.answers}
    columns |= answer_cells(task, answer, len(parts.keys))
    write_atomically(out, pd.DataFrame(columns).to_csv(index=False, lineterminator="\n"))
    metrics = metrics_of(task).computable(parts.answers)
    return plain_score(
        {metrics_of(task).n_units: len(parts.keys)}
        | values_of(metrics, parts.answers, answer)
        | intervals_of(metrics, parts.answers, answer)
        | chances_of(metrics, parts.answers)
    )


def train_in_child(
    job: Job,
    split: Split,
    log: Path,
    *,
    watch: Watch = _UNWATCHED,
    collect: Callable[[Path], Any] | None = None,
) -> tuple[JobResult, npt.NDArray[Any] | None, Any]:
    """Train a model in a child process, which does not get the path of the edition.

    A team's own model runs in the folder of its file, a baseline in the scratch folder. What the
    model has started ends with it.

    Parameters
    ----------
    job : Job
        Model to train.
    split : Split
        Declarations and labels; its answers are not passed on.
    log : path
        The output of the model is appended here.
    watch : Watch
        Time limit, and what to do with output and steps.
    collect : callable
        Reads other files of the child from its folder, before the folder is deleted.

    Returns
    -------
    result : JobResult
    answer : ndarray or None
        As `customs_data.tasks.answers` describes it; None if the model failed, and the result has
        the error.
    collected : object or None
        Result of `collect`; None if the model failed.

    Raises
    ------
    KitError
        If the log cannot be written.
    """
    own = own_parts(job.model)
    with scratch_folder() as folder:
        write_job(folder, job, split)
        if watch.on_step is not None:
            (folder / STEP).touch()
        with write_errors(log):
            stream = log.open("ab")
        with (
            stream,
            ChildProcess(
                # -P: a team's random.py beside its model does not hide Python's.
                [sys.executable, "-P", "-m", _CHILD, str(folder), str(os.getpid())],
                cwd=own[0].parent if own else folder,
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            ) as child,
        ):
            status = watch.wait(child, log, folder / STEP)
        if status is None:
            return (
                JobResult(error=f"ended after {watch.time_limit:g} s, the time limit"),
                None,
                None,
            )
        result, scores = _read_result(folder, status, log)
        return result, scores, None if scores is None or collect is None else collect(folder)


def child_environment() -> dict[str, str]:
    """Return the environment of a model's process, which does not say where the command started."""
    environment = {k: v for k, v in os.environ.items() if k not in _REVEALING}
    # Idle OpenMP threads sleep instead of spinning: on a busy machine, spinning made two threads
    # nine times slower than one.
    return {**environment, "OMP_WAIT_POLICY": "PASSIVE"}


def _read_result(folder: Path, status: int, log: Path) -> tuple[JobResult, npt.NDArray[Any] | None]:
    """Read the files of the child; a child without valid files has failed."""
    try:
        result = JobResult(**json.loads((folder / RESULT).read_text(encoding="utf-8")))
        scores = None if result.error else np.load(folder / ANSWER)
    except (OSError, ValueError, TypeError):
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        hint = " (out of memory?)" if status == -_KILLED else ""
        if shutil.disk_usage(folder).free < _LITTLE_SPACE:
            hint = f" ({folder.parent}, the folder for temporary files, is full: set TMPDIR)"
        return JobResult(error=f"the process ended with {how}{hint}; see {log}"), None
    if scores is not None:
        return result, scores
    where = "" if result.is_kit_error else f" (the traceback is in {log})"
    return replace(result, error=result.error + where), None
