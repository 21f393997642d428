"""Merging of groups of importers that trade alike, until no merger is more likely than none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags, triu
from scipy.special import gammaln

from customs_baselines.likelihood.book import Book, Trait

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_MAIN_BROKER = 0.1  # share of a group's lines from which on a broker is one of its own
_MOST_ROUNDS = 30
_PAIRS_AT_A_TIME = 200_000


def merge_groups(
    book: Book, lines: csr_matrix, importers: csr_matrix, is_open: BoolArray, least: float
) -> IntArray:
    """Merge groups while the best merger of both is likelier by `least` (ln) than none.

    Each group draws brokers, routes, goods, sellers, office and filing template from shares of its
    own, whose prior is a Dirichlet distribution around those of all trade. A pair is compared by
    the marginal likelihood of its counts together and apart.

    Parameters
    ----------
    book : Book
    lines : csr_matrix, shape (n_lines, n_groups)
        Membership of lines.
    importers : csr_matrix, shape (n_importers, n_groups)
        Membership of importers.
    is_open : bool array, shape (n_declarants,)
        Brokers that may serve a cluster. Groups without a common one are not compared.
    least : float
        Least log Bayes factor of a merger.

    Returns
    -------
    int64 array, shape (n_groups,)
        New number of each group.
    """
    traits = [*book.line_traits.values(), *book.habits]
    members = [lines] * len(book.line_traits) + [importers] * len(book.habits)
    counts = [csr_matrix(m.T @ t.table) for m, t in zip(members, traits, strict=True)]
    names = list(book.line_traits)
    broker, departure = names.index("declarant"), names.index("departure")
    group = np.arange(lines.shape[1])
    for _ in range(_MOST_ROUNDS):
        a, b = _find_pairs(counts[broker], counts[departure], is_open)
        gain = _compare(counts, traits, a, b)
        n = counts[0].shape[0]
        best = np.full(n, -np.inf)
        np.maximum.at(best, a, gain)
        np.maximum.at(best, b, gain)
        chosen = (gain > least) & (gain >= best[a]) & (gain >= best[b])
        if not chosen.any():
            break
        target, used = np.arange(n), np.zeros(n, dtype=np.bool_)
        for one, other in zip(a[chosen], b[chosen], strict=True):
            if not used[one] and not used[other]:
                target[other] = one
                used[one] = used[other] = True
        renumbered = np.unique(target, return_inverse=True)[1].reshape(-1)
        shape = (int(renumbered.max()) + 1, n)
        join = csr_matrix((np.ones(n), (renumbered, np.arange(n))), shape=shape)
        counts = [csr_matrix(join @ count) for count in counts]
        group = renumbered[group]
    return group


def _find_pairs(
    broker: csr_matrix, departure: csr_matrix, is_open: BoolArray
) -> tuple[IntArray, IntArray]:
    """Return the pairs of groups that share an open main broker and a country of departure."""
    total = np.maximum(np.asarray(broker.sum(axis=1)).ravel(), 1e-9)
    share = coo_matrix(diags(1.0 / total) @ broker)
    main = (share.data > _MAIN_BROKER) & is_open[share.col]
    ones = np.ones(int(main.sum()))
    own = csr_matrix((ones, (share.row[main], share.col[main])), shape=broker.shape)
    pair = coo_matrix(triu(own @ own.T, 1))
    a, b = pair.row.astype(np.int64), pair.col.astype(np.int64)
    leaves = departure.minimum(1)
    common = np.asarray(leaves[a].multiply(leaves[b]).sum(axis=1)).ravel() > 0.5
    return a[common], b[common]


def _compare(
    counts: Sequence[csr_matrix], traits: Sequence[Trait], a: IntArray, b: IntArray
) -> FloatArray:
    """Return the log Bayes factors of pairs of groups: one group against two."""
    gain = np.zeros(len(a))
    for count, trait in zip(counts, traits, strict=True):
        total = np.asarray(count.sum(axis=1)).ravel()
        gain -= _rising(total[a] + total[b], trait.weight)
        gain += _rising(total[a], trait.weight) + _rising(total[b], trait.weight)
        prior = trait.weight * trait.base + 1e-12
        for start in range(0, len(a), _PAIRS_AT_A_TIME):
            part = slice(start, start + _PAIRS_AT_A_TIME)
            one, other = count[a[part]], count[b[part]]
            # Codes that only one of the two has add nothing.
            common = csr_matrix(one.multiply(other > 0))
            same = csr_matrix(other.multiply(one > 0))
            common.sort_indices()
            same.sort_indices()
            pair = np.repeat(np.arange(common.shape[0]), np.diff(common.indptr))
            n, m, p = common.data, same.data, prior[common.indices]
            added = _rising(n + m, p) - _rising(n, p) - _rising(m, p)
            gain[part] += np.bincount(pair, weights=added, minlength=common.shape[0])
    return gain


def _rising(n: FloatArray, prior: FloatArray | float) -> FloatArray:
    """Return ln of gamma(n + prior) / gamma(prior)."""
    return np.asarray(gammaln(n + prior) - gammaln(prior))
