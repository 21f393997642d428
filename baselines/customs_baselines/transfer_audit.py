"""The audit's test of what the simulator's code gives away about a simulated edition."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from customs_baselines.features.paper import PaperFeatures
from customs_baselines.models.simulator_transfer import SimulatorTransfer
from customs_baselines.models.xgboost import XGBoost
from customs_data.edition.loading import Edition
from customs_data.edition.reveal import blueprint_of
from customs_scorer.audit.evidence import AuditTest, Evidence, upper_precision
from customs_scorer.metrics import precision_at


def audit_transfer(
    edition: Edition, evidence: Evidence, *, n_worlds: int = 10, profile: Path | None = None
) -> AuditTest:
    """Hold a model that learned from other worlds against one that uses this edition's labels.

    Parameters
    ----------
    edition : Edition
        Simulated: its manifest holds the configuration.
    evidence : Evidence
        Its labelled rows.
    n_worlds : int
        Other worlds to learn from.
    profile : path, optional
        Calibration of the edition, if it is not the shipped one.

    Raises
    ------
    KitError
        If the edition's calibration is not at hand.

    Notes
    -----
    The threshold is XGBoost under the paper recipe and the labels the audit knows, plus two
    standard errors. In the mean over
    worlds transfer must stay at or below *logistic regression* (the ten-world table); one world may
    lie above that by chance, so it is no verdict on a single edition.
    """
    blueprint = blueprint_of(edition.manifest, profile)
    transfer = SimulatorTransfer(n_worlds=n_worlds, blueprint=blueprint)
    transfer.fit(edition.train, edition.y, X_test=edition.test)
    copied = transfer.predict_proba(evidence.later)[:, 1]
    features = PaperFeatures()
    trees = XGBoost(recipe="paper").make_classifier()
    trees.fit(features.fit_transform(evidence.train), evidence.y)
    learned = trees.predict_proba(features.transform(evidence.later))[:, 1]
    return AuditTest(
        "simulator transfer",
        precision_at(evidence.y_later, np.asarray(copied), 0.05),
        upper_precision(evidence, learned),
        f"precision@5 % of XGBoost trained on {n_worlds} other worlds of the configuration, "
        "without a label of this edition; the threshold is XGBoost under the paper recipe with "
        "its labels, plus two standard errors.",
    )
