"""`graph`: declarations of the same traders tell each other which goods they believe in."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from sklearn.base import BaseEstimator

from customs_baselines.goods.belief_graph import BeliefGraph, build_graph
from customs_baselines.goods.belief_network import BeliefNetwork
from customs_baselines.goods.candidates import Candidates
from customs_baselines.goods.codes import Integers, best_first
from customs_baselines.goods.own_scores import OwnScores
from customs_baselines.goods.ranker import earlier_and_later
from customs_baselines.networks.device import choose_device, repeatable
from customs_baselines.steps import step
from customs_data.schema import KEY

_NONE: Final = -100  # declared goods that are no candidate; torch leaves the row out of the loss
_ROWS_AT_A_TIME: Final = 2000
_BATCH: Final = 600
_EPOCHS: Final = 12
_LEARNING_RATE: Final = 1e-2


class GoodsGraph(BaseEstimator):
    """A graph network over declarations that share importer, seller, or broker and country.

    1. Trees score the candidates of a declaration by itself (`OwnScores`).
    2. Messages reach it: from training declarations, which goods they declared; from other
       declarations that are asked, of its importer and its seller, what their own scores say. So a
       new importer's declarations are read together: three shipments from one seller, of one mass
       and price, are three looks at the same goods.
    3. A gate for each edge, learned from what both declarations have in common, says how far they
       are the same goods, or of one chapter. A network adds up the messages.

    Parameters
    ----------
    n_networks : int
        Networks whose log probabilities are averaged.
    random_state : int
        Seed of trees and networks.
    n_jobs : int
        Threads.
    device : {'auto', 'cpu', 'cuda'}
        Where the networks compute.

    References
    ----------
    Gasteiger et al. (2019), arXiv:1810.05997 (predict first, then propagate); Huang et al. (2021),
    arXiv:2010.13993 (correct and smooth).
    """

    def __init__(
        self, n_networks: int = 1, random_state: int = 0, n_jobs: int = 1, device: str = "cpu"
    ) -> None:
        self.n_networks = n_networks
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.device = device

    def fit(
        self,
        X: pd.DataFrame,
        codes: npt.NDArray[np.str_],
        *,
        X_test: pd.DataFrame | None = None,
    ) -> Self:
        """Learn on the later declarations, with the earlier ones as what is known.

        Parameters
        ----------
        X : DataFrame, shape (n_train, n_columns)
        codes : ndarray of str, shape (n_train,)
            As declared.
        X_test : DataFrame, shape (n_test, n_columns), optional
            Declarations to be asked (transductive): those asked for together are read together.
        """
        codes = np.asarray(codes, dtype=np.str_)
        earlier, later = earlier_and_later(X)
        with step("trees"):
            known = Candidates(X.iloc[earlier], codes[earlier], by_trader=True)
            self.own_ = OwnScores(self.random_state, self.n_jobs)
            goods, scores, right = self.own_.fit_score(known, X.iloc[later], codes[later])
        graph = _graph(X.iloc[earlier], known, X.iloc[later], goods, scores)
        self.networks_ = [
            self._learn(graph, right, self.random_state + number)
            for number in range(self.n_networks)
        ]
        self.known_ = X
        self.candidates_ = Candidates(X, codes, by_trader=True)
        self.asked_ = X.iloc[:0] if X_test is None else X_test
        return self

    def rank(self, X: pd.DataFrame, k: int) -> npt.NDArray[np.str_]:
        """Return the best candidates, best first, shape (n, k)."""
        goods, scores = self._score(X)
        order = best_first(scores, k)
        best = np.take_along_axis(goods, np.maximum(order, 0), axis=1)
        return self.candidates_.mixture.codes.named(np.where(order >= 0, best, -1))

    def score_candidates(
        self, X: pd.DataFrame
    ) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.float32]]:
        """Return candidates and their log probabilities, both (n, n_candidates)."""
        goods, scores = self._score(X)
        return self.candidates_.mixture.codes.named(goods), scores

    def _learn(self, graph: BeliefGraph, right: Integers, seed: int) -> BeliefNetwork:
        """Train one network on the graph of declarations whose goods were declared."""
        device = choose_device(self.device)
        text = f"network {seed - self.random_state + 1} of {self.n_networks}"
        with step(text), repeatable(seed, self.n_jobs, device) as generator:
            network = BeliefNetwork().to(device)
            parts = [part.to(device) for part in graph.parts(_BATCH)]
            target = torch.from_numpy(np.where(right < 0, _NONE, right)).to(device)
            targets = torch.split(target, _BATCH)
            optimizer = torch.optim.AdamW(network.parameters(), weight_decay=1e-3)
            rates = torch.optim.lr_scheduler.OneCycleLR(
                optimizer, _LEARNING_RATE, total_steps=_EPOCHS * len(parts)
            )
            for _ in range(_EPOCHS):
                for number in torch.randperm(len(parts), generator=generator).tolist():
                    optimizer.zero_grad()
                    answer = network(parts[number])
                    # A part may have no target; its loss is 0 then, not 0 / 0.
                    loss = torch.nn.functional.nll_loss(
                        answer, targets[number], ignore_index=_NONE, reduction="sum"
                    )
                    (loss / len(answer)).backward()  # type: ignore[no-untyped-call]
                    optimizer.step()
                    rates.step()
        return network.to("cpu").eval()

    def _score(self, X: pd.DataFrame) -> tuple[Integers, npt.NDArray[np.float32]]:
        others = self.asked_[~self.asked_[KEY].isin(X[KEY])] if KEY in X else self.asked_
        together = pd.concat([X, others[list(X)]], ignore_index=True) if len(others) else X
        goods, own = self.own_.score(self.candidates_, together)
        graph = _graph(self.known_, self.candidates_, together, goods, own)
        scores = np.empty((len(together), self.candidates_.n), dtype=np.float32)
        device = choose_device(self.device)
        with repeatable(self.random_state, self.n_jobs, device), torch.no_grad():
            networks = [network.to(device) for network in self.networks_]
            start = 0
            for part in graph.parts(_ROWS_AT_A_TIME):
                part = part.to(device)
                answers = torch.stack([network(part) for network in networks])
                scores[start : start + len(part)] = answers.mean(dim=0).cpu().numpy()
                start += len(part)
            for network in networks:
                network.to("cpu")
        return goods[: len(X)], scores[: len(X)]


def _graph(
    known: pd.DataFrame,
    candidates: Candidates,
    asked: pd.DataFrame,
    goods: Integers,
    scores: npt.NDArray[np.float32],
) -> BeliefGraph:
    return build_graph(known, candidates.mixture, asked, goods, scores)


ESTIMATOR = GoodsGraph
RECIPE = None
SUMMARY = "Graph network: declarations of the same traders tell each other their likely goods."
