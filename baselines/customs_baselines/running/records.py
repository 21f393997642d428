"""The record of a run: scores, costs, and everything needed to repeat it."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pandas as pd

from customs_baselines.running.job import JobResult
from customs_baselines.running.plan import Run
from customs_data.edition.layout import USAGES
from customs_data.edition.loading import Edition
from customs_data.tasks import DEFAULT, Scores, Task
from customs_scorer.calibration import are_probabilities, calibration_error
from customs_scorer.scorecard import N_REPLICATES, score_submission
from customs_scorer.submissions import read_submission
from customs_scorer.ties import Ties, ties_of
from customs_scorer.yardsticks import Reference

_LIBRARIES = (
    "customs-kit",
    "numpy",
    "pandas",
    "scikit-learn",
    "xgboost",
    "lightgbm",
    "catboost",
    "torch",
    "torch-geometric",
)


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that scores depend on."""
    return {name: version(name) for name in _LIBRARIES}


@dataclass(frozen=True)
class RunRecord:
    """Record of one run.

    Attributes
    ----------
    task : Task
        Task of the edition.
    run : Run
        Model and setting.
    result : JobResult
        Outcome of training.
    scores : dict
        ``public`` and ``private``: the scorecard of each period; None without hidden labels.
        ``private`` also has ``calibration_error``; None if the scores are no probabilities.
    validation : dict or None
        Scores on the later part of the training period.
    submission : path or None
        File that was scored.
    repeat : dict
        Edition, labels used and library versions.
    lookup : dict or None
        Scores of copying labels on the edition.
    ceiling : dict or None
        Scores of the true probabilities on it, given the declaration.
    ties : Ties or None
        Declarations that the submission does not tell apart at the cut.
    name : str
        Name of the run's folder.
    started : str
        When the run began, ISO 8601 in UTC.
    command : str
        Command line, if the run was started by one.
    prior : dict or None
        Scores of the true probabilities before the declaration is written, if they are not the
        ceiling.
    code : dict of str to str
        SHA-256 of the files in ``code/``, by relative path: a team's own model and the modules
        beside it that it imported. Data files that it read are not kept.
    """

    task: Task
    run: Run
    result: JobResult
    scores: dict[str, dict[str, Any] | None]
    validation: dict[str, Any] | None
    submission: Path | None
    repeat: dict[str, Any]
    lookup: dict[str, dict[str, float]] | None
    ceiling: dict[str, dict[str, float]] | None
    ties: Ties | None = None
    prior: dict[str, dict[str, float]] | None = None
    name: str = ""
    started: str = ""
    command: str = ""
    code: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the model returned no scores."""
        return bool(self.result.error)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain data for JSON."""
        record: dict[str, Any] = {} if self.task.name == DEFAULT else {"task": self.task.name}
        record |= {
            "baseline": self.run.name,
            "recipe": self.run.recipe,
            "transductive": self.result.transductive,
            "seed": self.run.seed,
            "label_rate": self.repeat["label_rate"],
            "erasure": self.repeat["erasure"],
            **self.scores,
            "validation": self.validation,
            "lookup": self.lookup,
            "ceiling": self.ceiling,
            "prior": self.prior,
            "seconds": round(self.result.seconds, 3),
            "cpu_seconds": round(self.result.cpu_seconds, 3),
            "peak_memory_mib": round(self.result.peak_memory_mib, 1),
            "submission": None if self.submission is None else str(self.submission),
            "parameters": self.result.parameters,
            "notes": self.result.notes,
            "repeat": self.repeat,
            "ties": None if self.ties is None else self.ties.as_dict(),
            "run": self.name,
            "started": self.started,
            "command": self.command,
            "code": self.code,
        }
        if self.result.lacking:
            record["lacking"] = self.result.lacking
        if self.result.cluster:
            record["cluster"] = self.result.cluster
        if self.failed:
            record["error"] = self.result.error
        return record


def make_record(
    run: Run,
    edition: Edition,
    result: JobResult,
    *,
    n_labels: int,
    submission: Path | None = None,
    reference: Reference | None = None,
    validation: dict[str, Any] | None = None,
    n_replicates: int = N_REPLICATES,
    code: dict[str, str] | None = None,
) -> RunRecord:
    """Score the submission on disk, where hidden labels are available, and return the record."""
    task, manifest = edition.task, edition.manifest
    scores: dict[str, dict[str, Any] | None] = dict.fromkeys(USAGES)
    answer = ties = None
    if submission is not None:
        answer = read_submission(submission, edition.units, task=task)
        ties = ties_of(answer, edition.test_period, task)
    if answer is not None and reference is not None and reference.solution is not None:
        card = score_submission(
            reference.solution, answer, reference.unseen, task=task, n_replicates=n_replicates
        )
        periods = card.as_dict()
        error = _calibration_error(reference.solution, answer, task)
        scores = periods | {"private": periods["private"] | {"calibration_error": error}}
    return RunRecord(
        task=task,
        run=run,
        result=result,
        scores=scores,
        validation=validation,
        submission=submission,
        repeat={
            "edition": manifest.name,
            "commitment": manifest.commitment,
            "train_sha256": manifest.files["train"].sha256,
            "label_rate": manifest.label_rate if run.label_rate is None else run.label_rate,
            "erasure": manifest.erasure if run.label_rate is None else run.erasure,
            "n_labels": n_labels,
            "python": platform.python_version(),
            "platform": f"{platform.system()} {platform.machine()}",
            "versions": library_versions(),
        },
        lookup=None if reference is None else reference.lookup,
        ceiling=None if reference is None else reference.ceiling,
        prior=None if reference is None else reference.prior,
        code=code or {},
        ties=ties,
    )


def _calibration_error(
    solution: pd.DataFrame, answer: npt.NDArray[Any], task: Task
) -> float | None:
    """Return the calibration error on Private; None if the answer is no probability."""
    if not isinstance(task.answer, Scores) or answer.ndim > 1:
        return None
    rows = (solution["Usage"] == USAGES["private"]).to_numpy()
    scores = answer[rows]
    return (
        calibration_error(solution.loc[rows, task.label], scores)
        if are_probabilities(scores)
        else None
    )
