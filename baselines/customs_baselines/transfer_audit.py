"""The audit's test of how much the simulator's code gives away about a simulated edition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.features.paper import PaperFeatures
from customs_baselines.models.simulator_transfer import SimulatorTransfer
from customs_baselines.models.xgboost import XGBoost
from customs_data.edition.loading import Edition
from customs_data.edition.reveal import blueprint_of
from customs_scorer.audit.evidence import MOST_ROWS, AuditTest, Evidence, upper_score

_SAMPLE_ROWS = 54_000


def audit_transfer(
    edition: Edition, evidence: Evidence, *, n_worlds: int = 10, profile: Path | None = None
) -> AuditTest:
    """Compare a model that learned from other worlds with one that uses this edition's labels.

    Parameters
    ----------
    edition : Edition
        A simulated one: its manifest contains the configuration.
    evidence : Evidence
        Its labelled rows.
    n_worlds : int
        Other worlds to learn from.
    profile : path, optional
        Calibration of the edition, if it is not the shipped one.

    Raises
    ------
    KitError
        If the edition's calibration is missing.

    Notes
    -----
    From an edition of more than `MOST_ROWS` declarations, whole declarants are drawn up to about
    54,000 declarations, the size of the public release; both models read only these.

    The threshold is XGBoost under the paper recipe, with the labels of the evidence, plus two
    standard errors. The mean over worlds must be at or below *logistic regression* (the ten-world
    table). One world can be above by chance, so that is no verdict on a single edition.
    """
    n_all = len(edition.train) + len(edition.test)
    train, test, y = edition.train, edition.test, edition.y
    if n_all > MOST_ROWS:
        drawn = _draw_declarants([train["Declarant ID"], test["Declarant ID"]])
        y = y[_are_of(drawn, train)]
        train, test = (frame[_are_of(drawn, frame)] for frame in (train, test))
        early, late = (
            np.flatnonzero(_are_of(drawn, frame)) for frame in (evidence.train, evidence.later)
        )
        evidence = evidence.at(early, late)
    transfer = SimulatorTransfer(
        n_worlds=n_worlds, blueprint=blueprint_of(edition.manifest, profile)
    )
    transfer.fit(train, y, X_test=test)
    copied = transfer.predict_proba(evidence.later)[:, 1]
    features = PaperFeatures()
    trees = XGBoost(recipe="paper").make_classifier()
    trees.fit(features.fit_transform(evidence.train), evidence.y)
    learned = trees.predict_proba(features.transform(evidence.later))[:, 1]
    test_result = AuditTest(
        "simulator transfer",
        evidence.score(np.asarray(copied)),
        upper_score(evidence, learned),
        f"{evidence.metric.title} of XGBoost trained on {n_worlds} other worlds of the "
        "configuration, without a label of this edition; the threshold is XGBoost under the "
        "paper recipe with its labels, plus two standard errors.",
    )
    n_read = len(train) + len(test)
    if n_read == n_all:
        return test_result
    return test_result.of_sample("whole declarants", n_read, n_all)


def _draw_declarants(columns: list[pd.Series[str]]) -> pd.Index[str]:
    """Draw declarants at random until they have `_SAMPLE_ROWS` declarations or more."""
    volume = pd.concat([column.value_counts() for column in columns]).groupby(level=0).sum()
    order = np.random.default_rng(0).permutation(len(volume))
    enough = np.searchsorted(volume.to_numpy()[order].cumsum(), _SAMPLE_ROWS) + 1
    return volume.index[order[:enough]]


def _are_of(declarants: pd.Index[str], declarations: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return declarations["Declarant ID"].isin(declarants).to_numpy(np.bool_)
