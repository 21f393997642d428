# %% 4a
def attention(query, keys, values):
    """Return the weighted mean of the values, and the weights."""
    logits = keys @ query / np.sqrt(len(query))
    weights = np.exp(logits - logits.max())
    weights /= weights.sum()
    return weights @ values, weights


answer_4a = attention
# %% 4b
answer_4b = account.largest_attention * account.n_leaves
