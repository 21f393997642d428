"""Editions in RelBench's form: keys, splits, labels, samples without the future, and training."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch_geometric.sampler import NodeSamplerInput

from customs_baselines import relational
from customs_baselines.relational import TemporalSampler, column_types, relbench_task
from customs_baselines.relational.sampler import _distinct
from customs_data.edition.hidden import load_solution
from customs_data.errors import KitError
from customs_data.graph import ENTITIES, link_declarations
from customs_data.schema import ENTITY_COLUMNS
from customs_scorer import precision_at

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")


@pytest.fixture(scope="module")
def task(small_edition):
    return relbench_task(small_edition, with_answers=True)


@pytest.fixture(scope="module")
def db(task):
    return task.get_db()


def test_keys_lead_to_what_was_declared(db, small_edition):
    X = pd.concat([small_edition.train, small_edition.test], ignore_index=True)
    rows = db.table_dict["declaration"].df
    assert set(db.table_dict) == {"declaration", *ENTITIES}
    for kind, (column,) in ENTITIES.items():
        table = db.table_dict[kind]
        assert table.df[table.pkey_col].tolist() == list(range(len(table)))
        assert rows[kind].isna().equals(X[column].isna())
        pairs = pd.DataFrame({"row": rows[kind], "value": X[column]}).dropna().drop_duplicates()
        assert len(pairs) == len(table) == pairs["row"].nunique() == pairs["value"].nunique()
        if column in table.df:
            assert (table.df[column].to_numpy()[rows[kind]] == X[column]).all()
    assert rows["Date"].dtype == np.dtype("datetime64[ns]")
    assert list(db.table_dict["hs6"].df) == ["hs6", "HS6 Code", "Heading", "Chapter"]


def test_no_table_has_a_label_or_an_id(db, small_edition):
    columns = {name for table in db.table_dict.values() for name in table.df}
    hidden = {*small_edition.task.target_names, "Declaration ID", *ENTITY_COLUMNS}
    assert not columns & hidden


def test_splits_are_by_time_and_test_is_in_the_order_of_the_edition(task, small_edition):
    tables = {split: task.get_table(split).df for split in ("train", "val", "test")}
    n = len(small_edition.train)
    assert tables["train"]["Date"].max() <= task.dataset.val_timestamp
    assert task.dataset.val_timestamp < tables["val"]["Date"].min()
    assert tables["val"]["Date"].max() <= task.dataset.test_timestamp
    assert len(tables["train"]) + len(tables["val"]) == n
    assert tables["test"]["declaration"].tolist() == list(range(n, n + len(small_edition.test)))
    assert list(tables["test"]) == ["Date", "declaration"]
    label = small_edition.task.label
    for split in ("train", "val"):
        rows = tables[split]["declaration"]
        assert tables[split][label].tolist() == small_edition.y[rows].tolist()
    earlier = task.get_db(upto_test_timestamp=True).table_dict["declaration"]
    assert len(earlier) == n


def test_unlabelled_declarations_are_in_the_database_only(sample_edition):
    few = replace(sample_edition, labels=sample_edition.labels.copy())
    few.labels.iloc[::2] = -1
    task = relbench_task(few)
    n_rows = sum(len(task.get_table(split)) for split in ("train", "val"))
    assert n_rows == int((few.y >= 0).sum())
    assert len(task.get_db().table_dict["declaration"]) == len(few.train) + len(few.test)


def test_scores_are_those_of_the_edition_s_metrics(task, small_edition):
    solution = load_solution(small_edition.layout, small_edition.test["Declaration ID"])
    scores = np.random.default_rng(0).random(len(solution))
    values = task.evaluate(scores)
    assert set(values) == {"roc_auc", "precision_at_5", "precision_at_10"}
    assert values["precision_at_5"] == precision_at(solution["Fraud"], scores, 0.05)
    with pytest.raises(KitError, match="labels of test are hidden"):
        relbench_task(small_edition).evaluate(scores)


def test_a_column_that_test_lacks_is_in_no_table(small_edition):
    withheld = replace(small_edition, test=small_edition.test.drop(columns="HS6 Code"))
    db = relbench_task(withheld).get_db()
    assert "hs6" not in db.table_dict
    assert not any("HS6 Code" in table.df for table in db.table_dict.values())


def test_empty_and_further_columns(small_edition):
    def changed(X):
        return X.assign(**{"Seller ID": np.nan, "Gross Mass": X["Net Mass"] + 1, "Channel": "red"})

    edition = replace(
        small_edition, train=changed(small_edition.train), test=changed(small_edition.test)
    )
    db = relbench_task(edition).get_db()
    assert "seller" not in db.table_dict
    types = column_types(db)["declaration"]
    assert {name: str(types[name]) for name in ("Gross Mass", "Channel")} == {
        "Gross Mass": "numerical", "Channel": "categorical"
    }  # fmt: skip


def test_without_relbench_the_message_names_the_extra(monkeypatch):
    for module in ("relbench", "relbench.base"):
        monkeypatch.setitem(sys.modules, module, None)
    for module in ("database", "task"):
        monkeypatch.delitem(sys.modules, f"customs_baselines.relational.{module}")
    for name in ("relbench_task", "column_types"):
        with pytest.raises(KitError, match=r"customs-kit\[relbench\]"):
            getattr(relational, name)
    assert relational.TemporalSampler is TemporalSampler  # torch-geometric is enough
    with pytest.raises(AttributeError, match="'nothing'"):
        relational.nothing  # noqa: B018


@pytest.fixture(scope="module")
def graph(sample_edition):
    return link_declarations(sample_edition.train, ENTITIES)


def sampled(graph, width=(3, 2), seed=0, seeds=range(900, 932)):
    asked = torch.tensor(list(seeds))
    time = graph["declaration"].time[asked]
    sampler = TemporalSampler(graph, width, seed=seed)
    return sampler.sample_from_nodes(NodeSamplerInput(None, asked, time, "declaration")), time


def test_samples_are_earlier_neighbours_each_once_per_seed(graph):
    out, time = sampled(graph)
    declarations, seeds = out.node["declaration"], out.batch["declaration"]
    assert declarations[: len(time)].tolist() == list(range(900, 932))
    assert len(declarations) > 2 * len(time)
    assert (graph["declaration"].time[declarations] <= time[seeds]).all()
    for kind, node in out.node.items():
        assert len(set(zip(node.tolist(), out.batch[kind].tolist(), strict=True))) == len(node)
        assert sum(out.num_sampled_nodes[kind]) == len(node)
    for edge in graph.edge_types:
        source, _, target = edge
        row, col = out.row[edge], out.col[edge]
        assert (out.batch[source][row] == out.batch[target][col]).all()
        known = set(map(tuple, graph[edge].edge_index.t().tolist()))
        drawn = list(
            zip(out.node[source][row].tolist(), out.node[target][col].tolist(), strict=True)
        )
        assert set(drawn) <= known
        assert len(row) == 0 or torch.bincount(col).max() <= max(3, 2)


def test_a_wide_sample_has_every_earlier_neighbour(graph):
    out, _ = sampled(graph, width=(10_000, 10_000), seeds=[950])
    importer = graph["declaration", "to", "importer"].edge_index[1]
    day = graph["declaration"].time
    expected = set(
        torch.nonzero((importer == importer[950]) & (day <= day[950])).flatten().tolist()
    )
    edge = ("declaration", "to", "importer")
    drawn = out.node["declaration"][out.row[edge]].tolist()
    assert set(drawn) == expected
    assert len(expected) > 1


def test_a_seed_gives_the_same_sample(graph):
    first, again, other = (sampled(graph, seed=seed)[0] for seed in (0, 0, 1))
    assert torch.equal(first.node["declaration"], again.node["declaration"])
    assert not torch.equal(first.node["declaration"], other.node["declaration"])


def test_every_subset_is_equally_likely():
    # 3 of 5: each number in 3/5 of the draws, each of the ten subsets in a tenth.
    drawn = _distinct(torch.full((20_000,), 5), 3, torch.Generator().manual_seed(0))
    subsets, counts = np.unique(np.sort(drawn.numpy(), axis=1), axis=0, return_counts=True)
    assert len(subsets) == 10
    assert (np.diff(subsets, axis=1) > 0).all()
    assert np.abs(counts - 2000).max() < 5 * np.sqrt(2000 * 0.9)
    few = _distinct(torch.tensor([0, 2]), 3, torch.Generator())
    assert few.tolist() == [[-1, -1], [0, 1]]


# torch-frame calls pandas 3 in deprecated ways, and reads its arrays in place.
@pytest.mark.filterwarnings("ignore:Series.dt.dayofweek is deprecated")
@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
def test_relbench_trains_on_it(task, small_edition):
    from studies.relbench_gnn import train

    first, second = train(task, epochs=2)
    assert second["loss"] < 0.8 * first["loss"]
    assert set(second["test"]) == {"roc_auc", "precision_at_5", "precision_at_10"}
    types = column_types(task.get_db())
    assert {str(kind) for kind in types["declaration"].values()} == {
        "categorical", "numerical", "timestamp"
    }  # fmt: skip
