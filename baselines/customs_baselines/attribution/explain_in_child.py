"""The explanation as the child process makes it, and what it leaves for the parent.

Plain arrays and JSON, nothing pickled: what a team's model leaves behind is never run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from customs_baselines.attribution.shapley import ShapValues, shap_values
from customs_baselines.attribution.splits import count_splits
from customs_baselines.contract import FraudModel
from customs_baselines.running.job import ExplainTask, JobData
from customs_baselines.shapes.recipe_model import RecipeModel
from customs_data.schema import KEY

_ARRAYS: Final = "explanation.npz"
_WORDS: Final = "explanation.json"
_OWN: Final = "own.json"


def explain_in(
    folder: Path,
    task: ExplainTask,
    model: FraudModel,
    data: JobData,
    scores: npt.NDArray[np.float64],
) -> None:
    """Explain a fitted model and leave the result in `folder`.

    A model with a method ``explain_declaration(X, declaration_id)`` explains itself: what that
    returns has ``as_dict()``. Others are explained by SHAP values.
    """
    rows = task.rows(scores)
    explain_itself = getattr(model, "explain_declaration", None)
    if explain_itself is not None:
        told = explain_itself(data.test, str(data.test[KEY].iloc[rows[0]])).as_dict()
        (folder / _OWN).write_text(json.dumps(told, allow_nan=False), encoding="utf-8")
        return
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


@dataclass(frozen=True)
class Explained:
    """What the child left.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_declarations,)
        Test declarations explained.
    shap : ShapValues
        Of these.
    splits : ndarray of int64, shape (n_features,), or None
        How often trees ask for each feature.
    """

    rows: npt.NDArray[np.intp]
    shap: ShapValues
    splits: npt.NDArray[np.int64] | None


def read_explained(folder: Path) -> Explained | dict[str, Any]:
    """Return what the child left: SHAP values, or what the model said of itself."""
    if (folder / _OWN).exists():
        return dict(json.loads((folder / _OWN).read_text(encoding="utf-8")))
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
        return Explained(arrays["rows"], found, arrays.get("splits"))
