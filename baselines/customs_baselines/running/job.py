"""Files between the runner and the child process that trains a model.

The child gets declarations, published labels and settings in a folder of its own, and not the path
of the edition: no model finds hidden/ by accident.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from customs_baselines.attribution.request import ExplainRequest
from customs_data.columns.mapped_frames import map_frame, save_frame
from customs_data.split import Split
from customs_data.tasks import find_task

JOB: Final = "job.json"
RESULT: Final = "result.json"
ANSWER: Final = "answer.npy"
STEP: Final = "step.txt"
_TRAIN, _TEST, _LABELS = "train.arrow", "test.arrow", "labels.npz"
_UNITS = "units.arrow"
_SOURCE = "source.py"


@dataclass(frozen=True)
class Job:
    """A model to train.

    Attributes
    ----------
    model : str
        Name of a baseline, or ``FILE.py:NAME`` with an absolute path.
    offered : dict
        Constructor arguments; each is passed only to classes that take it.
    explain : ExplainRequest or None
        Scores to explain.
    source : bytes or None
        Content of the FILE.py to run, even if the file changes meanwhile; None to read it then.
    """

    model: str
    offered: dict[str, Any]
    explain: ExplainRequest | None = None
    source: bytes | None = None


@dataclass(frozen=True)
class JobResult:
    """Outcome of a job.

    Attributes
    ----------
    error : str
        Reason why there are no scores; ``""`` if there are.
    is_kit_error : bool
        Whether `error` is a sentence for the user (else the first line of an exception).
    transductive : bool
        Whether fit read the declarations to score.
    parameters : dict
        Hyper-parameters of the model.
    seconds, cpu_seconds : float
        Wall and CPU time of fit and predict, without imports and data loading.
    peak_memory_mib : float
        Largest resident size of the child process.
    notes : list of str
        Sentences for the user about a model that did not fail.
    lacking : list of str
        Features of a baseline that lack a column of the edition.
    cluster : dict
        Of a model that a cluster trained: ``address`` (local, tcp or tls) and number of
        ``workers``, on which its scores depend. Costs are then sums over the workers.
    """

    error: str = ""
    is_kit_error: bool = False
    transductive: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_mib: float = 0.0
    notes: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    cluster: dict[str, Any] = field(default_factory=dict)


def write_job(folder: Path, job: Job, split: Split) -> None:
    """Write a job into `folder`; answers of the split are left out."""
    save_frame([split.train], folder / _TRAIN)
    save_frame([split.test], folder / _TEST)
    arrays: dict[str, Any] = {name: split.labels[name] for name in split.task.labels}
    np.savez(folder / _LABELS, **arrays)
    if split.units is not None:
        save_frame([split.units.to_frame()], folder / _UNITS)
    for name, table in split.given.items():
        save_frame([table], folder / f"{name}.arrow")
    if job.source is not None:
        (folder / _SOURCE).write_bytes(job.source)
    written = {"task": split.task.name, **asdict(replace(job, source=None))}
    (folder / JOB).write_text(json.dumps(written), encoding="utf-8")


def read_job(folder: Path) -> tuple[Job, Split]:
    """Read what `write_job` wrote."""
    written = json.loads((folder / JOB).read_text(encoding="utf-8"))
    task = find_task(written.pop("task"))
    request = written.pop("explain")
    source = folder / _SOURCE
    written["source"] = source.read_bytes() if source.exists() else None
    job = Job(**written, explain=None if request is None else ExplainRequest(**request))
    with np.load(folder / _LABELS) as arrays:
        labels = pd.DataFrame({name: arrays[name] for name in task.labels})
    units = map_frame(folder / _UNITS)[task.unit.key] if (folder / _UNITS).exists() else None
    return job, Split(
        task,
        map_frame(folder / _TRAIN),
        labels,
        map_frame(folder / _TEST),
        units=units,
        given={name: map_frame(folder / f"{name}.arrow") for name in task.given},
    )
