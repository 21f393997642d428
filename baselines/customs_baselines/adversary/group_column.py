"""What recovered groups are worth: precision of a strong team's table with and without them."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.features.risk import RiskProfiles
from customs_baselines.features.transformer import DeclarationTransformer
from customs_baselines.models.lightgbm_team import LightGBMTeam
from customs_data.columns.grouping import Group
from customs_data.schema import TEXT_DTYPE

_GROUP: Final = "Recovered Group"


class TeamWithGroups(LightGBMTeam):
    """`lightgbm_team` and the fraud history of one more column, that of the groups."""

    def make_more_features(self) -> list[DeclarationTransformer]:
        """Return unfitted features: the team's, and the groups' history."""
        groups = RiskProfiles([(_GROUP,)], smoothing=5.0, random_state=self.random_state)
        return [*super().make_more_features(), groups]


def score_with_groups(
    train: pd.DataFrame,
    y: npt.NDArray[np.int8],
    later: pd.DataFrame,
    groups: tuple[Group, Group] | None,
) -> npt.NDArray[np.float64]:
    """Learn from labelled rows and return the probabilities of later ones, shape (n_later,).

    Parameters
    ----------
    train, later : DataFrame, shapes (n_train, 20) and (n_later, 20)
        Declared columns.
    y : ndarray of int8, shape (n_train,)
        1 = fraud, 0 = honest, -1 = unlabelled.
    groups : tuple of ndarrays of int64, shapes (n_train,) and (n_later,), or None
        Recovered groups, -1 for none; None for `lightgbm_team` as it is.
    """
    model = LightGBMTeam()
    if groups is not None:
        model = TeamWithGroups()
        train, later = (_with_column(X, g) for X, g in zip((train, later), groups, strict=True))
    return model.fit(train, y, X_test=later).predict_proba(later)[:, 1]


def _with_column(X: pd.DataFrame, group: Group) -> pd.DataFrame:
    """Return declarations with their groups as a column of text, empty for none."""
    text = pd.Series(group, index=X.index).astype(str).where(group >= 0)
    return X.assign(**{_GROUP: text.astype(TEXT_DTYPE)})
