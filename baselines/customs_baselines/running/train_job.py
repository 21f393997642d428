"""Training the model of a job, in the child process."""

from __future__ import annotations

import resource
import sys
import time
import traceback
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from customs_baselines.answering import fit_and_answer
from customs_baselines.catalogue import find_baseline
from customs_baselines.contract import is_transductive, make_model, reads_unlabelled
from customs_baselines.features.column_account import describe_lacking, unread_extra
from customs_baselines.running.job import ANSWER, JobResult, read_job
from customs_baselines.running.kept_code import CODE, save_imported_modules
from customs_baselines.running.own_errors import describe_error, describe_place
from customs_baselines.running.own_loading import make_own_model
from customs_baselines.running.own_model import own_parts
from customs_data.columns.column_set import absent_columns, extra_names
from customs_data.errors import KitError
from customs_data.split import Split
from customs_data.tasks import Scores


def run_job(folder: Path) -> Any:
    """Train the model of the job in `folder`, write its scores there, and return the JobResult."""
    own = None
    try:
        job, split = read_job(folder)
        own = own_parts(job.model)
        if own is None:
            baseline = find_baseline(job.model, split.task.name)
            model = make_model(baseline.load_class(), job.offered, split.task)
        else:
            model = make_own_model(*own, job.offered, job.source, split.task)
            # Before a long training, in which someone may edit them.
            save_imported_modules(own[0].parent, folder / CODE)
        wall, cpu = time.perf_counter(), time.process_time()
        parameters = _parameters(model)
        answer = fit_and_answer(model, split)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        np.save(folder / ANSWER, answer)
        if own:
            save_imported_modules(own[0].parent, folder / CODE)  # those imported while fitting
        if job.explain is not None:
            from customs_baselines.attribution.explain_in_child import explain_in

            explain_in(folder, job.explain, model, split.train, split.test, answer)
        lacking, notes = ([], []) if own else _about_columns(model, split)
        return JobResult(
            transductive=is_transductive(type(model)),
            notes=[*_notes(model, split), *notes],
            lacking=lacking,
            parameters=parameters,
            seconds=wall,
            cpu_seconds=cpu,
            peak_memory_mib=_peak_memory_mib(),
        )
    except KitError as error:
        place = describe_place(error, own[0] if own else None)
        return JobResult(error=f"{place}{error}", is_kit_error=True)
    except BaseException as error:  # a team's own code may raise anything, even call exit()
        traceback.print_exc()
        return JobResult(error=describe_error(error, own[0] if own else None))


def _notes(model: Any, split: Split) -> list[str]:
    if not isinstance(split.task.answer, Scores):
        return []  # such a model gets all declarations
    labelled = int((split.y >= 0).sum())
    if labelled == len(split.y) or reads_unlabelled(model):
        return []
    return [
        f"Fitted on the {labelled:,} labelled of {len(split.y):,} declarations: "
        f"{type(model).__name__} does not know y = -1."
    ]


def _about_columns(model: Any, split: Split) -> tuple[list[str], list[str]]:
    """Return the features that a fitted baseline lacks, and notes on these and on extra columns."""
    lacking, notes = describe_lacking(model, absent_columns(split.train))
    if unread := unread_extra(model, extra_names(split.train)):
        notes.append(f"no use of the extra columns {', '.join(unread)}.")
    return lacking, notes


def _parameters(model: Any) -> dict[str, Any]:
    """Hyper-parameters as JSON values; those of other types as text."""
    parameters = model.get_params() if hasattr(model, "get_params") else {}
    return {str(name): _plain(value) for name, value in dict(parameters).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not isfinite(value):
        return repr(value)
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


def _peak_memory_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
