"""Base class of networks over a recipe's features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from customs_baselines.networks.tabular import NetworkSettings, TabularNetwork
from customs_baselines.shapes.recipe_model import RecipeModel


class TabularModel(RecipeModel):
    """A network over the features of a recipe (see `RecipeModel` for other parameters).

    Parameters
    ----------
    device : {'auto', 'cpu', 'cuda'}
        Where the network computes.

    Attributes
    ----------
    n_members : int
        Class attribute: see `NetworkSettings`.
    """

    n_members: ClassVar[int]

    def __init__(
        self,
        recipe: str = "kit",
        settings: Mapping[str, Any] | None = None,
        random_state: int = 0,
        device: str = "auto",
        n_jobs: int = 1,
    ) -> None:
        super().__init__(recipe, settings, random_state, n_jobs)
        self.device = device

    def build(self, settings: dict[str, Any]) -> TabularNetwork:
        """Return the unfitted network with these hyper-parameters."""
        network = NetworkSettings(self.n_members, **settings)
        return TabularNetwork(network, self.random_state, self.device, self.n_jobs)
