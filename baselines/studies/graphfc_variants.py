"""graphfc with another convolution, a second task or pre-training: its rivals in design.

Each class is run by graphfc_variants.toml as any team's own model is.
"""

from __future__ import annotations

from customs_baselines.graphfc.estimator import GraphNetworkModel


class GatedMean(GraphNetworkModel):
    """Messages embedded, gated and averaged."""

    def __init__(self, random_state: int = 0, n_jobs: int = 1, device: str = "cpu") -> None:
        super().__init__("gated_mean", random_state=random_state, n_jobs=n_jobs, device=device)


class GraphSAGE(GraphNetworkModel):
    """Means of embedded messages (Hamilton et al. 2017)."""

    def __init__(self, random_state: int = 0, n_jobs: int = 1, device: str = "cpu") -> None:
        super().__init__("sage", random_state=random_state, n_jobs=n_jobs, device=device)


class GraphTransformer(GraphNetworkModel):
    """Attention over messages (Shi et al. 2021)."""

    def __init__(self, random_state: int = 0, n_jobs: int = 1, device: str = "cpu") -> None:
        super().__init__("attention", random_state=random_state, n_jobs=n_jobs, device=device)


class DualTask(GraphNetworkModel):
    """Critical fraud as a second task, half the weight of the first."""

    def __init__(self, random_state: int = 0, n_jobs: int = 1, device: str = "cpu") -> None:
        super().__init__(
            critical_weight=0.5, random_state=random_state, n_jobs=n_jobs, device=device
        )


class Contrastive(GraphNetworkModel):
    """Pre-trained to tell a declaration that shares a trader from others."""

    def __init__(self, random_state: int = 0, n_jobs: int = 1, device: str = "cpu") -> None:
        super().__init__(
            pretraining="contrastive", random_state=random_state, n_jobs=n_jobs, device=device
        )


class Neighbourhood(GraphNetworkModel):
    """Pre-trained to tell hidden messages from the others."""

    def __init__(self, random_state: int = 0, n_jobs: int = 1, device: str = "cpu") -> None:
        super().__init__(
            pretraining="neighbourhood", random_state=random_state, n_jobs=n_jobs, device=device
        )
