"""`mlp`: a multilayer perceptron over the features that trees get."""

from __future__ import annotations

from typing import Any, ClassVar

from customs_baselines.shapes.tabular_model import TabularModel

_BASE: dict[str, Any] = {
    "width": 128,
    "n_layers": 2,
    "dropout": 0.5,
    "n_epochs": 24.0,
    "batch_size": 256,
    "learning_rate": 3e-3,
    "weight_decay": 0.05,
}


class Perceptron(TabularModel):
    """A multilayer perceptron (see `TabularModel` for parameters)."""

    n_members = 1
    paper: ClassVar[dict[str, Any]] = _BASE
    candidates = tuple(
        _BASE | change
        for change in (
            {},
            {"n_epochs": 12.0, "dropout": 0.3},
            {"width": 256},
            {"weight_decay": 0.5},
        )
    )
    kit = candidates[0]


ESTIMATOR = Perceptron
RECIPE = "kit"
SUMMARY = "Multilayer perceptron over the features that trees get."
