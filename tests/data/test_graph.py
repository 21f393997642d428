"""`hetero_data`: nodes, edges, masks, and what must not leak into features."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from absent_columns import lacking
from customs_data.errors import KitError
from customs_data.graph import ENTITIES, hetero_data

LINE = {"line": ("Declarant ID", "Country of Departure", "Chapter")}


@pytest.fixture(scope="module")
def graph(sample_edition):
    return sample_edition.hetero_data(entities=ENTITIES | LINE, reverse=True)


def test_declarations_are_train_then_test_with_their_labels_and_periods(graph, sample_edition):
    edition, nodes = sample_edition, graph["declaration"]
    n = len(edition.train)
    assert graph.validate()
    assert nodes.num_nodes == n + len(edition.test)
    assert (nodes.y[:n].numpy() == edition.y).all()
    assert (nodes.y[n:] == -1).all()
    dates = pd.concat([edition.train["Date"], edition.test["Date"]])
    assert (pd.to_datetime(nodes.time.numpy(), unit="D") == dates).all()
    # Every declaration is in one of the three periods; here all of training have a label.
    masks = [nodes.train_mask, nodes.public_mask, nodes.private_mask]
    assert (sum(mask.int() for mask in masks) == 1).all()
    assert (nodes.test_mask == ~nodes.train_mask).all()
    assert [int(mask.sum()) for mask in masks] == list(edition.manifest.rows.values())


def test_edges_lead_to_the_entity_and_missing_ones_have_none(graph, sample_edition):
    X = pd.concat([sample_edition.train, sample_edition.test], ignore_index=True)
    pairs = X["Declarant ID"] + "/" + X["Country of Departure"] + "/" + X["HS6 Code"].str[:2]
    for kind, values in {"seller": X["Seller ID"], "hs6": X["HS6 Code"], "line": pairs}.items():
        codes, distinct = pd.factorize(values)  # by first appearance; -1 where it is missing
        source, target = graph["declaration", "to", kind].edge_index.numpy()
        assert (source == np.flatnonzero(codes >= 0)).all()
        assert (target == codes[codes >= 0]).all()
        assert graph[kind].num_nodes == len(distinct)
        back = graph[kind, "rev_to", "declaration"].edge_index.numpy()
        assert (back == [target, source]).all()
        count = np.bincount(target)
        assert graph[kind].x.numpy() == pytest.approx(np.log1p(count)[:, None])


def test_test_declarations_move_no_number_of_training(graph, sample_edition):
    alone = hetero_data(sample_edition.train, sample_edition.y, entities=ENTITIES | LINE)
    assert alone.feature_names == graph.feature_names
    for kind in (*ENTITIES, *LINE):
        edges = alone["declaration", "to", kind].edge_index
        assert (graph["declaration", "to", kind].edge_index[:, : edges.shape[1]] == edges).all()


def test_absent_columns_leave_finite_features_and_no_edges(sample_edition):
    absent = ("Net Mass", "Tax Rate", "Office ID", "Declarant ID")
    data = hetero_data(lacking(sample_edition.train, absent), sample_edition.y)
    assert data["declaration"].x.isfinite().all()
    assert data["declarant"].num_nodes == 0
    assert data["importer"].num_nodes > 0


def test_features_are_scaled_and_read_no_label(sample_edition):
    train, y = sample_edition.train, sample_edition.y
    x = hetero_data(train, y)["declaration"].x.numpy()
    assert (x == hetero_data(train, 1 - y)["declaration"].x.numpy()).all()
    assert (x == hetero_data(train)["declaration"].x.numpy()).all()
    assert np.isfinite(x).all()
    assert np.abs(x).max() <= 5
    assert x.mean(axis=0) == pytest.approx(0, abs=0.05)  # but for what was clipped


def test_any_index_and_columns_that_test_lacks(sample_edition):
    train, test = sample_edition.train.head(50), sample_edition.test.head(9)
    shuffled = train.set_index(np.arange(50)[::-1] + 7)
    assert (hetero_data(shuffled)["declaration"].x == hetero_data(train)["declaration"].x).all()
    withheld = hetero_data(train, None, test.drop(columns=["HS6 Code", "Net Mass", "Tax Type"]))
    assert "hs6" not in withheld.node_types
    assert not any("HS6" in name or "mass" in name for name in withheld.feature_names)
    assert withheld["declaration"].x.shape == (59, len(withheld.feature_names))


@pytest.mark.parametrize(
    ("n", "y", "entities", "message"),
    [
        (50, [0, 1, 0], ENTITIES, r"\(3,\), but train has 50"),
        (0, [], ENTITIES, "train is empty"),
        (3, [0, 1, np.nan], ENTITIES, "y contains nan"),
        (3, [0, 1, -2], ENTITIES, "y contains -2"),
        (3, [0, 1, 1], {"firm": ("Importer",)}, "'firm': train has no column 'Importer'"),
        (3, [0, 1, 1], {"firm": "HS6 Code"}, r"text 'HS6 Code': write \('HS6 Code',\)"),
        (3, [0, 1, 1], {"declaration": ("Importer ID",)}, "No entity can be named 'declaration'"),
    ],
)
def test_what_no_graph_can_be_made_of_is_named(sample_edition, n, y, entities, message):
    with pytest.raises(KitError, match=message):
        hetero_data(sample_edition.train.head(n), y, entities=entities)
