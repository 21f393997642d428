"""`tabm`: TabM, an ensemble of perceptrons that share most weights."""

from __future__ import annotations

from typing import Any, ClassVar

from customs_baselines.shapes.tabular_model import TabularModel

_BASE: dict[str, Any] = {
    "width": 128,
    "n_layers": 2,
    "dropout": 0.3,
    "n_epochs": 12.0,
    "batch_size": 256,
    "learning_rate": 3e-3,
    "weight_decay": 0.05,
}


class TabM(TabularModel):
    """TabM (see `TabularModel` for parameters)."""

    n_members = 16
    paper: ClassVar[dict[str, Any]] = _BASE
    candidates = tuple(
        _BASE | change
        for change in (
            {},
            {"n_epochs": 6.0},
            {"batch_size": 512, "learning_rate": 5e-3},
            {"dropout": 0.5},
        )
    )
    kit = candidates[0]


ESTIMATOR = TabM
RECIPE = "kit"
SUMMARY = "TabM: sixteen perceptrons in one, over the features that trees get."
