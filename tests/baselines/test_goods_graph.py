"""The graph of beliefs about goods: who says what to whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from customs_baselines.goods.belief_graph import build_graph
from customs_baselines.goods.belief_network import BeliefNetwork
from customs_baselines.goods.mixture import Mixture
from customs_baselines.goods.neighbours import COLUMNS, Neighbours

DAY = np.datetime64("2020-01-01")


def declarations(**columns):
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({name: ["x"] * n for name in COLUMNS})
    frame["Date"] = DAY + np.arange(n)
    frame["Net Mass"] = 10.0
    frame["Item Price"] = 100.0
    for name, values in columns.items():
        frame[name.replace("_", " ")] = values
    return frame


@pytest.fixture
def known():
    return declarations(
        Importer_ID=["A", "A", "B", "C"],
        Seller_ID=["S", "S", "T", None],
        Net_Mass=[10.0, 1000.0, 10.0, 10.0],
    )


@pytest.fixture
def asked():
    return declarations(
        Importer_ID=["A", "N", "N"], Seller_ID=["S", "T", None], Declarant_ID=["x", "y", "y"]
    )


class TestNeighbours:
    """Pairs of one key, the most alike first."""

    def test_known_declarations_of_the_key_are_found(self, known, asked):
        edges = Neighbours(known, asked).to_known(("Importer ID",), 10)
        assert list(zip(edges.target, edges.source, strict=True)) == [(0, 0), (0, 1)]
        assert edges.features[:, 0].tolist() == [1.0, 1.0]

    def test_the_most_alike_remain(self, known, asked):
        edges = Neighbours(known, asked).to_known(("Importer ID",), 1)
        assert edges.source.tolist() == [0]  # of the same mass

    def test_empty_cells_are_no_key_and_nothing_in_common(self, known, asked):
        edges = Neighbours(known, asked).to_known(("Seller ID",), 10)
        assert set(zip(edges.target, edges.source, strict=True)) == {(0, 0), (0, 1), (1, 2)}
        no_seller = Neighbours(known, asked.assign(**{"Importer ID": "C"}))
        pairs = no_seller.to_known(("Importer ID",), 10)
        assert pairs.features[2, list(COLUMNS).index("Seller ID")] == 0.0

    def test_asked_declarations_are_no_neighbours_of_themselves(self, known, asked):
        edges = Neighbours(known, asked).to_asked(("Importer ID",), 10)
        assert set(zip(edges.target, edges.source, strict=True)) == {(1, 2), (2, 1)}


@pytest.fixture
def graph(known, asked):
    codes = np.array(["010121", "010129", "020110", "020110"])
    goods = np.tile(np.arange(3), (3, 1))
    scores = np.array([[0, 0, 0], [4, 0, 0], [0, 0, 0]], dtype=np.float32)
    return build_graph(known, Mixture(known, codes), asked, goods, scores)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return BeliefNetwork().eval()


def test_an_importers_goods_and_beliefs_raise_those_of_its_other_declarations(graph, network):
    with torch.no_grad():
        answer = network(graph).exp().numpy()
    assert answer.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    # A declared the first two goods, and seller S had them, too.
    assert answer[0, :2].min() > answer[0, 2]
    # N's other declaration is believed to be the first goods.
    assert answer[2].argmax() == 0


def test_parts_answer_like_the_whole(graph, network):
    with torch.no_grad():
        whole = network(graph)
        parts = torch.cat([network(part) for part in graph.parts(2)])
    assert torch.allclose(whole, parts, atol=1e-6)
    assert torch.allclose(network(graph.to(torch.device("cpu"))), whole)
