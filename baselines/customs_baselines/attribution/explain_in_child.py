"""Explain a fitted model in the child process, and read the result in the parent.

The files are arrays and JSON, never pickles: the parent runs nothing that a team's model wrote.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.attribution.account import ModelAccount, read_account, write_account
from customs_baselines.attribution.request import ExplainRequest
from customs_baselines.attribution.shapley import ShapValues, shap_values
from customs_baselines.attribution.splits import count_splits
from customs_baselines.contract import FraudModel
from customs_baselines.shapes.recipe_model import RecipeModel
from customs_data.schema import KEY

_ARRAYS: Final = "explanation.npz"
_WORDS: Final = "explanation.json"


def explain_in(
    folder: Path,
    request: ExplainRequest,
    model: FraudModel,
    train: pd.DataFrame,
    test: pd.DataFrame,
    scores: npt.NDArray[np.float64],
) -> None:
    """Explain a fitted model's scores of `test` and write the result into `folder`.

    A model with a method ``explain_declaration(X, declaration_id)`` gives its own account (see
    `Account`). Others are explained by SHAP values.
    """
    rows = request.rows(scores)
    explain_declaration = getattr(model, "explain_declaration", None)
    if explain_declaration is not None:
        account = explain_declaration(test, str(test[KEY].iloc[rows[0]]))
        write_account(folder, account, request.model)
        return
    X = test.iloc[rows].reset_index(drop=True)
    shap = shap_values(model, train, X, random_state=request.random_state)
    splits = None
    if isinstance(model, RecipeModel):
        splits = count_splits(model.classifier_, len(shap.names))
    words = dict(vars(shap))
    arrays = {
        "rows": rows,
        "values": words.pop("values"),
        "features": words.pop("features"),
        "splits": splits,
    }
    np.savez(folder / _ARRAYS, **{k: v for k, v in arrays.items() if v is not None})
    (folder / _WORDS).write_text(json.dumps(words), encoding="utf-8")


@dataclass(frozen=True)
class Explained:
    """SHAP values of test declarations.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_declarations,)
        Test declarations explained.
    shap : ShapValues
        Their SHAP values.
    splits : ndarray of int64, shape (n_features,), or None
        Number of the trees' splits on each feature.
    """

    rows: npt.NDArray[np.intp]
    shap: ShapValues
    splits: npt.NDArray[np.int64] | None


def read_explained(folder: Path) -> Explained | ModelAccount:
    """Read what `explain_in` wrote: SHAP values, or the model's own account."""
    if (account := read_account(folder)) is not None:
        return account
    words: dict[str, Any] = json.loads((folder / _WORDS).read_text(encoding="utf-8"))
    words["sources"] = [tuple(source) for source in words["sources"]]
    with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
        shap = ShapValues(arrays["values"], arrays.get("features"), **words)
        return Explained(arrays["rows"], shap, arrays.get("splits"))
