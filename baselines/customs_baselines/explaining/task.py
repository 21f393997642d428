"""The explanation as the child process makes it, and what it leaves for the parent.

Plain arrays and JSON, nothing pickled: what a team's model leaves behind is never run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from customs_baselines.contract import FraudModel
from customs_baselines.explaining.shapley import ShapValues, shap_values
from customs_baselines.explaining.splits import count_splits
from customs_baselines.job import ExplainTask, JobData
from customs_baselines.recipe_model import RecipeModel

_ARRAYS: Final = "explanation.npz"
_WORDS: Final = "explanation.json"


def explain_in(
    folder: Path,
    task: ExplainTask,
    model: FraudModel,
    data: JobData,
    scores: npt.NDArray[np.float64],
) -> None:
    """Explain a fitted model and leave the result in `folder`."""
    rows = task.rows(scores)
    X = data.test.iloc[rows].reset_index(drop=True)
    found = shap_values(model, data.train, X, random_state=task.random_state)
    splits = None
    if isinstance(model, RecipeModel):
        splits = count_splits(model.classifier_, len(found.names))
    arrays: dict[str, Any] = {"rows": rows, "values": found.values}
    if found.features is not None:
        arrays["features"] = found.features
    if splits is not None:
        arrays["splits"] = splits
    np.savez(folder / _ARRAYS, **arrays)
    words = {
        "names": found.names,
        "sources": [list(source) for source in found.sources],
        "base": found.base,
        "unit": found.unit,
        "method": found.method,
    }
    (folder / _WORDS).write_text(json.dumps(words), encoding="utf-8")


def read_explained(
    folder: Path,
) -> tuple[npt.NDArray[np.intp], ShapValues, npt.NDArray[np.int64] | None]:
    """Return the rows explained, their SHAP values, and the splits on each feature."""
    words = json.loads((folder / _WORDS).read_text(encoding="utf-8"))
    with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
        found = ShapValues(
            arrays["values"],
            arrays.get("features"),
            words["names"],
            [tuple(source) for source in words["sources"]],
            words["base"],
            words["unit"],
            words["method"],
        )
        return arrays["rows"], found, arrays.get("splits")
