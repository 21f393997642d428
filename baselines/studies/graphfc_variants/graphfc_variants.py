"""The variants, each run as a team's own model is: ``graphfc_variants.py:CLASS``."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import pandas as pd
from torch import nn

from customs_baselines.graphfc.context import canonical_order
from customs_baselines.graphfc.ensemble import NetworkEnsemble
from customs_baselines.graphfc.estimator import GraphNetworkModel, Labels, TrainingGraph
from studies.graphfc_variants.convolutions import Attention, ConvolutionEnsemble, GatedMeans, Sage
from studies.graphfc_variants.pretraining import PretrainedEnsemble, draw_unlabelled
from studies.graphfc_variants.second_task import SecondTaskEnsemble


class _OtherConvolution(GraphNetworkModel):
    convolution: ClassVar[type[nn.Module]]

    def make_ensemble(self, graph: TrainingGraph) -> NetworkEnsemble:
        """Networks with the class's convolution."""
        settings = (self.n_networks, self.random_state, self.n_jobs, self.device)
        return ConvolutionEnsemble(self.convolution, *settings)


class GatedMean(_OtherConvolution):
    """Messages embedded, gated and averaged."""

    convolution = GatedMeans


class GraphSAGE(_OtherConvolution):
    """Means of embedded messages."""

    convolution = Sage


class GraphTransformer(_OtherConvolution):
    """Attention over messages."""

    convolution = Attention


class DualTask(GraphNetworkModel):
    """Critical fraud as a second task, with half the weight of the first."""

    def fit(self, X: pd.DataFrame, y: Labels, *, y_critical: Labels | None = None) -> Self:
        """Learn; `y_critical` is 2 for critical fraud and -1 where unknown."""
        order = canonical_order(X)
        known = np.full(len(X), -1) if y_critical is None else np.asarray(y_critical)[order]
        self.critical_ = np.where(known >= 0, known == 2, np.nan).astype(np.float32)
        return self._fit(X, y, None)

    def make_ensemble(self, graph: TrainingGraph) -> NetworkEnsemble:
        """Networks with a second task."""
        settings = (self.n_networks, self.random_state, self.n_jobs, self.device)
        return SecondTaskEnsemble(self.critical_, *settings)


class _Pretrained(GraphNetworkModel):
    objective: ClassVar[str]

    def make_ensemble(self, graph: TrainingGraph) -> NetworkEnsemble:
        """Networks that learn from unlabelled declarations first."""
        passer, n_train = graph.passer, len(graph.features)
        revealed, rows, partner = draw_unlabelled(passer.links, n_train, graph.labelled, graph.rng)
        messages = passer.messages(revealed, rows)
        examples = self.make_examples(messages, rows, passer.signals.state, graph.features)
        examples = self.narrow(examples)
        settings = (self.n_networks, self.random_state, self.n_jobs, self.device)
        return PretrainedEnsemble(self.objective, examples, partner, *settings)


class Contrastive(_Pretrained):
    """Pre-trained to tell a declaration that shares a trader from others."""

    objective = "contrastive"


class Neighbourhood(_Pretrained):
    """Pre-trained to reconstruct hidden messages from the others."""

    objective = "neighbourhood"
