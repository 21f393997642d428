# %% 3a
answer_3a = names[np.abs(contributions[:, :-1]).mean(axis=0).argmax()]
# %% 3b
answer_3b = np.log(score / (1 - score))
# %% 3c
better = XGBClassifier(
    n_estimators=300, max_depth=4, learning_rate=0.05, subsample=0.7, random_state=0, n_jobs=1
)
answer_3c = better.fit(X, fraud).predict_proba(X_test)[:, 1]
