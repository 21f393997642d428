# %% 6a
def budget(n, percent):
    """Return n * percent / 100, rounded up, in whole numbers."""
    return -(-n * percent // 100)


answer_6a = budget
# %% 6b
weight = 1 / drawn["Propensity"]
answer_6b = (weight * drawn["Fraud"]).sum() / weight.sum()
# %% 6c
_ = Path("mine.py").write_text('''
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


class Mine:
    def select(self, week):
        if week.known_labels.sum() < 5:
            return week.random()
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
        model.fit(week.known_features, week.known_labels)
        return week.highest(model.predict_proba(week.features)[:, 1])
''')
answer_6c = "mine.py"
