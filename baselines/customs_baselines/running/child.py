"""The child process: train one model in a folder of its own."""

from __future__ import annotations

import json
import resource
import sys
import time
import traceback
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from customs_baselines.catalogue import find_baseline
from customs_baselines.contract import fit_and_score, is_transductive, make_model
from customs_baselines.running.job import RESULT, SCORES, JobResult, read_job
from customs_baselines.running.kept_code import CODE, save_imported_modules
from customs_baselines.running.own_model import load_own_class, split_reference
from customs_data.errors import KitError


def run_job(folder: Path) -> JobResult:
    """Train the model of the job in `folder`, write its scores there, and return the outcome."""
    try:
        job, split = read_job(folder)
        own = split_reference(job.model)
        model_class = (
            load_own_class(*own, job.source) if own else find_baseline(job.model).load_class()
        )
        if own:  # before a long training, in which someone may edit them
            save_imported_modules(own[0].parent, folder / CODE)
        wall, cpu = time.perf_counter(), time.process_time()
        model = make_model(model_class, job.offered)
        parameters = _parameters(model)
        scores = fit_and_score(model, split)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        np.save(folder / SCORES, scores)
        if own:
            save_imported_modules(own[0].parent, folder / CODE)  # those imported while fitting
        if job.explain is not None:
            from customs_baselines.attribution.explain_in_child import explain_in

            explain_in(folder, job.explain, model, split.train, split.test, scores)
        return JobResult(
            transductive=is_transductive(model_class),
            parameters=parameters,
            seconds=wall,
            cpu_seconds=cpu,
            peak_memory_mib=_peak_memory_mib(),
        )
    except KitError as error:
        return JobResult(error=str(error), is_kit_error=True)
    except BaseException as error:  # a team's own code may raise anything, even call exit()
        traceback.print_exc()
        try:
            message = str(error)
        except Exception:  # a class whose __str__ fails
            message = ""
        return JobResult(error=f"{type(error).__name__}: {message}")


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


def main() -> None:
    """Run the job in the folder given as the only argument."""
    folder = Path(sys.argv[1])
    result = run_job(folder)
    (folder / RESULT).write_text(json.dumps(asdict(result)), encoding="utf-8")


if __name__ == "__main__":
    main()
