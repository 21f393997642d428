"""Your model: change anything, as long as fit and rank stay.

Try it:  customs-kit baseline run my_model.py:MyModel
"""

import numpy as np
import pandas as pd


class MyModel:
    """What the importer usually declares, else its seller ships, else its route carries."""

    #: Whose history is asked first. Add a level: one line, one run, one validation score.
    levels = (
        ("Importer ID", "Seller ID"),
        ("Importer ID",),
        ("Seller ID",),
        ("Country of Departure", "Country of Origin", "Mode of Transport"),
        (),
    )

    def fit(self, X, codes):
        """X: the columns that test has; codes: as declared, and some of them are wrong."""
        self.histories_ = [self._history(X, codes, columns) for columns in self.levels]
        return self

    def rank(self, X, k):
        """Return up to k codes for each declaration, best first; shape (n, k)."""
        answers = [[] for _ in range(len(X))]
        for columns, history in zip(self.levels, self.histories_, strict=True):
            for answer, key in zip(answers, self._keys(X, columns), strict=True):
                for code in history.get(key, ()):
                    if len(answer) < k and code not in answer:
                        answer.append(code)
        return np.array([answer + [""] * (k - len(answer)) for answer in answers])

    def _history(self, X, codes, columns, n=5):
        """The most frequent codes of each combination of values."""
        table = pd.DataFrame({"key": self._keys(X, columns), "code": codes}).dropna()
        counts = table.value_counts().groupby("key").head(n)
        history = {}
        for key, code in counts.index:
            history.setdefault(key, []).append(code)
        return history

    def _keys(self, X, columns):
        if not columns:
            return ["all"] * len(X)
        keys = X[columns[0]].astype("object")
        for name in columns[1:]:
            keys = keys + " " + X[name].astype("object")
        return list(keys)
