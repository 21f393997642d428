"""Features of declarations: the recipes `paper` and `kit`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customs_data.errors import KitError

if TYPE_CHECKING:
    from customs_baselines.features.kit import KitFeatures
    from customs_baselines.features.paper import PaperFeatures

__all__ = ["make_features"]


def make_features(recipe: str, random_state: int = 0) -> PaperFeatures | KitFeatures:
    """Return the unfitted transformer of a recipe.

    Raises
    ------
    KitError
        If the recipe is unknown.
    """
    if recipe == "paper":
        from customs_baselines.features.paper import PaperFeatures

        return PaperFeatures()
    if recipe == "kit":
        from customs_baselines.features.kit import KitFeatures

        return KitFeatures(random_state=random_state)
    raise KitError(f"Unknown recipe {recipe!r}: choose paper or kit.")
