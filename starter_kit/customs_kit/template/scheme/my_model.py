"""Your model: change anything, as long as fit and predict_proba stay.

Try it:  customs-kit baseline run my_model.py:MyModel
"""

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.base import BaseEstimator, ClassifierMixin

from customs_kit import make_features

N_VIOLATIONS = 7


class MyModel(ClassifierMixin, BaseEstimator):
    """Boosted trees over the kit's features: one class for each violation, and one for none."""

    def __init__(self, n_trees=100, random_state=0, n_jobs=1):
        self.n_trees = n_trees
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X, y):
        """X: the 20 declared columns; y: 0 = no violation, 1 to 7, -1 = not inspected."""
        self.recipe_ = make_features("kit", self.random_state)
        # The recipe's risk profiles are about fraud: any violation.
        features = self.recipe_.fit_transform(X, np.minimum(y, 1))
        self.trees_ = LGBMClassifier(
            n_estimators=self.n_trees,
            learning_rate=0.05,
            num_leaves=15,
            min_child_samples=40,
            colsample_bytree=0.5,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
            verbosity=-1,
        )
        self.trees_.fit(features[y >= 0], y[y >= 0])
        self.classes_ = np.arange(N_VIOLATIONS + 1)
        return self

    def predict_proba(self, X):
        """Return one row per declaration: no violation, then the seven violations."""
        scores = np.zeros((len(X), N_VIOLATIONS + 1))
        scores[:, self.trees_.classes_] = self.trees_.predict_proba(self.recipe_.transform(X))
        return scores
