"""A model for the made-up task: heavy goods are in the same chapters again."""

import numpy as np


class ByChapter:
    """Share of heavy declarations by chapter and mode of transport."""

    def fit(self, X, y):
        known = y >= 0
        key = self._key(X)[known]
        self.rates_ = {k: y[known][key == k].mean() for k in set(key)}
        self.mean_ = y[known].mean()
        return self

    def predict_proba(self, X):
        assert "Tax Type" not in X  # withheld from test
        chance = np.array([self.rates_.get(k, self.mean_) for k in self._key(X)])
        # Prices break the ties within a chapter.
        chance = 0.9 * chance + 0.1 * X["Item Price"].rank(pct=True).to_numpy()
        return np.column_stack([1 - chance, chance])

    def _key(self, X):
        return (X["HS6 Code"].str[:2] + X["Mode of Transport"]).to_numpy()
