"""Split counts of trees: an importance that needs no declarations."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def count_splits(classifier: Any, n_features: int) -> npt.NDArray[np.int64] | None:
    """Return the number of splits on each feature, shape (n_features,); None without trees.

    Libraries often rank features by it ('weight' in XGBoost, 'split' in LightGBM). Columns with
    many values, such as entities and amounts, can be split many times and then rank first, even if
    these splits gain little.
    """
    kind = type(classifier).__name__
    if kind == "XGBClassifier":
        counted = classifier.get_booster().get_score(importance_type="weight")
        return np.array([int(counted.get(f"f{i}", 0)) for i in range(n_features)])
    if kind == "LGBMClassifier":
        return np.asarray(classifier.booster_.feature_importance("split"), dtype=np.int64)
    if kind == "DecisionTreeClassifier":
        return _of_trees([classifier], n_features)
    if kind in ("RandomForestClassifier", "AdaBoostClassifier"):
        return _of_trees(classifier.estimators_, n_features)
    return None


def _of_trees(trees: list[Any], n_features: int) -> npt.NDArray[np.int64]:
    used = np.concatenate([tree.tree_.feature for tree in trees])
    return np.bincount(used[used >= 0], minlength=n_features)  # a leaf has -2
