# %% 2a
def smoothed(n, f, base, m):
    """Return the rate with m imaginary declarations at the base rate."""
    return (f + m * base) / (n + m)


answer_2a = smoothed
# %% 2b
history = pd.Series(fraud).groupby(train["Importer ID"]).agg(["size", "sum"])
answer_2b = smoothed(history["size"], history["sum"], base, 10).idxmax()
# %% 2c
answer_2c = sum(rule.points for rule in card.rules if rule.applies(test.head(1))[0])
# %% 2d
answer_2d = np.zeros(len(test))
columns = {
    "importer": "Importer ID",
    "declarant": "Declarant ID",
    "seller": "Seller ID",
    "goods": "HS6 Code",
    "office": "Office ID",
    "import type": "Import Type",
}
for column in columns.values():
    history = pd.Series(fraud).groupby(train[column]).agg(["size", "sum"])
    rate = smoothed(history["size"], history["sum"], base, 10)
    answer_2d += log_odds(test[column].map(rate).fillna(base).to_numpy())
