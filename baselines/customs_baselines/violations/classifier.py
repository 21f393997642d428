"""Base class of models of the task scheme."""

from __future__ import annotations

from typing import Any, ClassVar

from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.violations.classes import N_CLASSES


class ViolationClassifier(DeclarationClassifier):
    """Base class of models whose `predict_proba` has a column for none and each violation."""

    labels: ClassVar[tuple[int, ...]] = tuple(range(N_CLASSES))

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = True
        return tags
