"""What passes between the runner and the child process that trains a model.

The child finds declarations, published labels and settings in a folder of its own. It is never told
where the edition lies, so that no model can happen upon hidden/.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.attribution.request import ExplainRequest
from customs_data.columns.mapped_frames import map_frame, save_frame

JOB: Final = "job.json"
RESULT: Final = "result.json"
SCORES: Final = "scores.npy"
_TRAIN, _TEST, _LABELS = "train.arrow", "test.arrow", "labels.npz"


@dataclass(frozen=True)
class Job:
    """What to train.

    Attributes
    ----------
    model : str
        Name of a baseline, or ``FILE.py:CLASS`` with an absolute path.
    offered : dict
        Constructor arguments; each is passed only to classes that take it.
    explain : ExplainRequest or None
        What to explain of the scores.
    """

    model: str
    offered: dict[str, Any]
    explain: ExplainRequest | None = None


@dataclass(frozen=True)
class JobResult:
    """What came of it.

    Attributes
    ----------
    error : str
        Why there are no scores; ``""`` if there are.
    is_kit_error : bool
        Whether `error` is a sentence for the user (else the first line of an exception).
    transductive : bool
        Whether fit read the declarations to score.
    parameters : dict
        The model's hyper-parameters.
    seconds, cpu_seconds : float
        Wall and CPU time of fit and predict, imports and data loading left out.
    peak_memory_mib : float
        Largest resident size of the child process.
    """

    error: str = ""
    is_kit_error: bool = False
    transductive: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_mib: float = 0.0


@dataclass(frozen=True)
class JobData:
    """Declarations and labels; shapes as in `customs_data.edition.loading.Edition`."""

    train: pd.DataFrame
    y: npt.NDArray[np.int8]
    y_critical: npt.NDArray[np.int8]
    test: pd.DataFrame


def write_job(folder: Path, job: Job, data: JobData) -> None:
    """Lay a job out in `folder`."""
    save_frame([data.train], folder / _TRAIN)
    save_frame([data.test], folder / _TEST)
    np.savez(folder / _LABELS, y=data.y, y_critical=data.y_critical)
    (folder / JOB).write_text(json.dumps(asdict(job)), encoding="utf-8")


def read_job(folder: Path) -> tuple[Job, JobData]:
    """Read what `write_job` wrote."""
    written = json.loads((folder / JOB).read_text(encoding="utf-8"))
    request = written.pop("explain")
    job = Job(**written, explain=None if request is None else ExplainRequest(**request))
    with np.load(folder / _LABELS) as labels:
        y, y_critical = labels["y"], labels["y_critical"]
    train, test = (map_frame(folder / name) for name in (_TRAIN, _TEST))
    return job, JobData(train, y, y_critical, test)
