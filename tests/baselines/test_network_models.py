from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customs_baselines.catalogue import default_baselines, find_baseline, list_baselines
from customs_baselines.contract import make_model
from customs_baselines.organisations.importers import Importers
from customs_baselines.organisations.known import known_groups, score_groups
from customs_baselines.organisations.linkage import join_groups
from customs_baselines.organisations.linker import Linker
from customs_baselines.organisations.memberships import compare_with_networks
from customs_baselines.organisations.pairs import compare_pairs
from customs_data.edition.generating import read_blueprint, simulate_world
from customs_data.keyed_random import secret_of_seed
from customs_data.schema import DECLARED_COLUMNS
from customs_data.tasks import find_task
from customs_data.tasks.networks import CONFIGURATION, KNOWN, ask_importers

TASK = find_task("networks")
#: Smaller than the defaults, for a world of 2,000 declarations.
QUICK = {"transfer": {"n_worlds": 2}, "graph": {"n_steps": 15}}


@pytest.fixture(scope="module")
def asked():
    """Declarations, known memberships and solution of a small world."""
    blueprint = read_blueprint(config=CONFIGURATION, n_declarations=2_000)
    world = simulate_world(blueprint, secret_of_seed(3))
    networks = pa.Table.from_pandas(world.networks, preserve_index=False)
    units = ask_importers(networks, b"a secret")
    X = world.declarations[list(DECLARED_COLUMNS)]
    return X, units.given[KNOWN].to_pandas(), units.answers.to_pandas()


def answer(name, asked, **settings):
    X, known, solution = asked
    model = find_baseline(name, "networks").load_class()(**QUICK.get(name, {}), **settings)
    return model.fit(X, known).group(solution["Importer ID"].to_numpy(object))


def score(groups, solution):
    return score_groups(pd.factorize(solution["Network"])[0], groups)


@pytest.mark.training
@pytest.mark.parametrize("name", [it.name for it in list_baselines("networks")])
def test_models_answer_for_everybody_and_most_learn_more_than_alone(name, asked):
    groups = answer(name, asked)
    solution = asked[2]
    assert groups.shape == (len(solution),)
    alone = score(np.arange(len(solution)), solution)
    if name != "alone":
        assert score(groups, solution) > alone + 0.1
    make_model(find_baseline(name, "networks").load_class(), {}, TASK)


def test_the_default_baselines_exist():
    names = {it.name for it in list_baselines("networks")}
    assert set(default_baselines("networks")) <= names


@pytest.mark.training
def test_names_and_order_of_the_input_do_not_matter(asked):
    X, known, solution = asked
    groups = answer("pairs", asked)
    other = known.assign(Network=known["Network"].map(lambda name: f"x{name}", na_action="ignore"))
    other = other.sample(frac=1, random_state=0)
    again = answer("pairs", (X, other, solution))
    assert (pd.factorize(groups)[0] == pd.factorize(again)[0]).all()


def test_an_importer_without_declarations_is_alone(asked):
    X, known, _ = asked
    model = find_baseline("rule", "networks").load_class()().fit(X, known)
    groups = model.group(np.array(["nobody", X["Importer ID"].iloc[0], "no one"], dtype=object))
    assert len(set(groups)) == 3


def test_known_groups_are_numbers(asked):
    importers = Importers(asked[0])
    ids = importers.ids[:4]
    known = pd.DataFrame({"Importer ID": [*ids, "nobody"], "Network": ["b", None, "b", None, "b"]})
    groups = known_groups(importers, known)
    assert groups[0] == groups[2] >= 0
    assert len({groups[0], groups[1], groups[3]}) == 3
    assert (groups[4:] == -1).all()


def test_features_are_the_same_whichever_importer_comes_first(asked):
    X = asked[0]
    pairs = compare_pairs(Importers(X))
    assert (pairs.a < pairs.b).all()
    shuffled = compare_pairs(Importers(X.sample(frac=1, random_state=0)))
    np.testing.assert_array_equal(pairs.a, shuffled.a)
    np.testing.assert_allclose(pairs.features, shuffled.features, rtol=1e-4, atol=1e-4)


def test_a_candidate_is_compared_with_the_other_members_only(asked):
    """What a known member is compared with does not change when it becomes one that is asked."""
    importers = Importers(asked[0])
    pairs = compare_pairs(importers)
    known = known_groups(importers, asked[1])
    size = np.bincount(known[known >= 0])
    member = int(np.flatnonzero((known >= 0) & (size[known] > 3))[0])
    probability = np.where(pairs.features[:, 0] > 0, 0.5, 0.1)
    asked_now = known.copy()
    asked_now[member] = -1
    features = []
    for groups in (known, asked_now):
        candidates = compare_with_networks(importers, pairs, probability, groups)
        row = (candidates.importer == member) & (candidates.network == known[member])
        features.append(candidates.features[row])
    assert len(features[0]) == 1
    # Lives of the network, which include its own, may differ.
    np.testing.assert_allclose(features[0][0, :11], features[1][0, :11], rtol=1e-5)
    np.testing.assert_allclose(features[0][0, 14:], features[1][0, 14:], rtol=1e-4, atol=1e-6)


def test_a_linker_without_both_kinds_of_pairs_answers_their_share():
    features = np.zeros((3, 2), dtype=np.float32)
    assert (Linker().fit(features, np.ones(3, bool)).probability(features) == 1.0).all()
    assert (Linker().fit(features[:0], np.ones(0, bool)).probability(features) == 0.0).all()


def slow_groups(n, a, b, probability, limit, known):
    """Average linkage as its definition says, over a full matrix."""
    p = np.zeros((n, n))
    p[a, b] = p[b, a] = probability
    groups = {i: {i} for i in range(n)}
    for group in set(known[known >= 0]):
        members = set(np.flatnonzero(known == group))
        groups = {k: v for k, v in groups.items() if k not in members} | {min(members): members}
    while True:
        means = {
            (x, y): np.mean([p[i, j] for i in groups[x] for j in groups[y]])
            for x in groups
            for y in groups
            if x < y and not (known[x] >= 0 and known[y] >= 0)
        }
        best = max(means, key=means.get, default=None)
        if best is None or means[best] < limit:
            break
        members = groups.pop(best[0]) | groups.pop(best[1])
        known = known.copy()
        known[list(members)] = max(known[i] for i in members)
        groups[min(members)] = members
    names = np.empty(n, dtype=np.int64)
    for name, members in groups.items():
        names[list(members)] = name
    return names


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 9), st.floats(0.05, 0.9))
def test_average_linkage_is_as_defined(seed, n, limit):
    rng = np.random.default_rng(seed)
    a, b = np.triu_indices(n, 1)
    chosen = rng.random(len(a)) < 0.7
    a, b = a[chosen], b[chosen]
    probability = rng.random(len(a))
    known = np.where(rng.random(n) < 0.4, rng.integers(0, 3, n), -1)
    groups = join_groups(n, a, b, probability, limit, known)
    expected = slow_groups(n, a, b, probability, limit, known)
    assert (pd.factorize(groups)[0] == pd.factorize(expected)[0]).all()


@pytest.mark.parametrize("known_importers", [0, 40])
@pytest.mark.parametrize("name", ["propagation", "pairs", "memberships", "graph"])
def test_models_do_without_known_networks(name, known_importers, asked):
    X = asked[0].iloc[:400]
    ids = X["Importer ID"].unique()
    known = pd.DataFrame({"Importer ID": ids[:known_importers], "Network": np.nan})
    model = find_baseline(name, "networks").load_class()(**QUICK.get(name, {}))
    groups = model.fit(X, known.astype({"Network": object})).group(ids)
    assert len(set(groups)) == len(ids)
