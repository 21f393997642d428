from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customs_scorer.kaggle_metrics import networks as kaggle_metric
from customs_scorer.metrics.networks import METRICS

BCUBED, PAIRS = METRICS.ranked
BY_NAME = {metric.name: metric for metric in METRICS.all}


def answers_of(networks: str) -> pd.DataFrame:
    return pd.DataFrame({"Network": list(networks)})


def groups_of(names: str) -> np.ndarray:
    return pd.factorize(np.array(list(names), dtype=object))[0]


@pytest.fixture
def random_groups():
    """Forty importers of some networks, some alone, and an answer that is right in part."""
    rng = np.random.default_rng(3)
    network = np.where(rng.random(40) < 0.6, rng.integers(0, 5, 40), 100 + np.arange(40))
    group = np.where(rng.random(40) < 0.7, network, rng.integers(0, 8, 40))
    return pd.DataFrame({"Network": network.astype(str)}), group


def test_bcubed_by_hand():
    # a a a b b c; the answer joins the first two a, and the third a with both b and c.
    answers, groups = answers_of("aaabbc"), groups_of("112222")
    # Precision of a: 1, 1, 1/4; of b: 2/4, 2/4. c is alone and does not count: 3.25 / 5.
    # Recall of a: 2/3, 2/3, 1/3; of b: 1, 1: (5/3 + 2) / 5.
    assert BY_NAME["bcubed_precision"].value(answers, groups) == pytest.approx(0.65)
    assert BY_NAME["bcubed_recall"].value(answers, groups) == pytest.approx(11 / 15)
    f1 = 2 * 0.65 * (11 / 15) / (0.65 + 11 / 15)
    assert BCUBED.value(answers, groups) == pytest.approx(f1)
    # Pairs: joined 1 + 6, true 3 + 1, right 1 (a a) + 1 (b b).
    assert BY_NAME["pair_precision"].value(answers, groups) == pytest.approx(2 / 7)
    assert BY_NAME["pair_recall"].value(answers, groups) == pytest.approx(2 / 4)
    assert PAIRS.value(answers, groups) == pytest.approx(4 / 11)


def test_who_is_alone_counts_only_in_the_group_of_a_network():
    answers = answers_of("aabcd")
    assert BCUBED.value(answers, groups_of("11234")) == 1.0
    # b, c and d together harm nobody's network, but the pairs count.
    assert BCUBED.value(answers, groups_of("11222")) == 1.0
    assert PAIRS.value(answers, groups_of("11222")) == pytest.approx(2 * 1 / (4 + 1))
    assert BCUBED.value(answers, groups_of("11123")) == pytest.approx(0.8)  # 2/3 and 1


def test_without_networks_or_joins_the_value_is_zero():
    assert BCUBED.value(answers_of("abc"), groups_of("123")) == 0.0
    assert PAIRS.value(answers_of("aab"), groups_of("123")) == 0.0


def test_names_and_order_do_not_matter(random_groups):
    answers, group = random_groups
    rng = np.random.default_rng(0)
    renamed = rng.permutation(1000)[group]
    order = rng.permutation(len(group))
    for metric in METRICS.all:
        value = metric.value(answers, group)
        assert metric.value(answers, renamed) == value
        shuffled = answers.iloc[order].reset_index(drop=True)
        assert metric.value(shuffled, group[order]) == pytest.approx(value)


def test_the_bootstrap_equals_a_direct_computation(random_groups):
    answers, group = random_groups
    network = answers["Network"].to_numpy(object)
    n_drawn = dict.fromkeys(np.unique(network), 1) | {"0": 3, "1": 0, "2": 2}
    counts = np.array([[n_drawn[name] for name in network]], dtype=np.int32)
    precision, recall, weight = 0.0, 0.0, 0
    right, joined, true = 0.0, 0.0, 0.0
    for i in range(len(group)):
        in_group, in_network = group == group[i], network == network[i]
        both = int((in_group & in_network).sum())
        n = n_drawn[network[i]]
        right += n * (both - 1) / 2
        joined += n * (in_group.sum() - 1) / 2
        true += n * (in_network.sum() - 1) / 2
        if in_network.sum() > 1:
            precision += n * both / in_group.sum()
            recall += n * both / in_network.sum()
            weight += n
    p, r = precision / weight, recall / weight
    assert BCUBED.sampler(answers, group)(counts)[0] == pytest.approx(2 * p * r / (p + r))
    p, r = right / joined, right / true
    assert PAIRS.sampler(answers, group)(counts)[0] == pytest.approx(2 * p * r / (p + r))


def test_kaggle_computes_the_same(random_groups):
    answers, group = random_groups
    ids = [f"i{n}" for n in range(len(group))]
    solution = answers.assign(**{"Importer ID": ids})
    submission = pd.DataFrame({"Importer ID": ids, "Network": [f"G{n}" for n in group]})
    submission = submission.sample(frac=1, random_state=0)
    for metric in METRICS.ranked:
        arguments = kaggle_metric.SCORES[metric.name]
        score = kaggle_metric.score(solution, submission, "Importer ID", **arguments)
        assert score == pytest.approx(metric.value(answers, group))
