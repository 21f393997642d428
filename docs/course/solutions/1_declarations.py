# %% 1a
answer_1a = train["Office ID"].value_counts().idxmax()
# %% 1b
answer_1b = len(set(test["Importer ID"]) - set(train["Importer ID"]))
# %% 1c
by_chapter = pd.Series(fraud).groupby(train["HS6 Code"].str[:2]).agg(["size", "mean"])
answer_1c = by_chapter[by_chapter["size"] >= 100]["mean"].idxmax()
