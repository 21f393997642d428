"""Your strategy: decide every week what to open, and learn only from what was opened.

Try it:  customs-kit inspection run my_strategy.py:MyStrategy exploit random
"""

from lightgbm import LGBMClassifier


class MyStrategy:
    """Open most by probability; keep a few inspections for what nobody has looked at."""

    def __init__(self, random_state=0):
        self.random_state = random_state

    def select(self, week):
        """Return week.n_inspections rows of week.arrivals."""
        if week.known_labels.sum() < 5:
            return week.random()
        trees = LGBMClassifier(
            n_estimators=80,
            num_leaves=15,
            learning_rate=0.05,
            min_child_samples=10,
            random_state=self.random_state,
            n_jobs=1,
            verbosity=-1,
        )
        trees.fit(week.known_features, week.known_labels)
        probability = trees.predict_proba(week.features)[:, 1]
        return week.highest(probability, share=0.9) | week.random(share=0.1)
