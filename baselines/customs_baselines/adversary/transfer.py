"""The audit's tests of how much the simulator's code gives away about a simulated edition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.models.logistic_regression import LinearModel
from customs_baselines.models.simulator_transfer import SimulatorTransfer
from customs_baselines.models.xgboost import XGBoost
from customs_baselines.shapes.recipe_model import RecipeModel
from customs_data.edition.loading import Edition
from customs_data.edition.reveal import blueprint_of
from customs_scorer.audit.evidence import MOST_ROWS, AuditTest, Evidence, upper_score

_SAMPLE_ROWS = 54_000


#: Precision by which transfer may exceed logistic regression, on average over worlds.
_ABOVE_LINEAR = 0.04


@dataclass(frozen=True)
class _Attack:
    """What was attacked, and the scores of its later rows."""

    evidence: Evidence
    scores: npt.NDArray[np.float64]
    n_read: int
    n_all: int

    def of_sample(self, test: AuditTest) -> AuditTest:
        """Return the test, its explanation saying so if it looked at a sample."""
        if self.n_read == self.n_all:
            return test
        return test.of_sample("whole declarants", self.n_read, self.n_all)


class TransferAudit:
    """Models that learned from other worlds, against models that use this edition's labels.

    Parameters
    ----------
    n_worlds : int
        Other worlds to learn from.
    profile : path, optional
        Calibration of the edition, if it is not the shipped one.

    Notes
    -----
    From an edition of more than `MOST_ROWS` declarations, whole declarants are drawn up to about
    54,000 declarations, the size of the public release; all models read only these. The transfer
    is trained once, whichever tests are asked for.
    """

    def __init__(self, n_worlds: int = 10, profile: Path | None = None) -> None:
        self.n_worlds = n_worlds
        self.profile = profile
        self._attacks: dict[str, _Attack] = {}

    def compare_with_trees(self, edition: Edition, evidence: Evidence) -> Iterator[AuditTest]:
        """Compare transfer with XGBoost under the paper recipe and the labels of the evidence.

        Parameters
        ----------
        edition : Edition
            A simulated one: its manifest contains the configuration.
        evidence : Evidence
            Its labelled rows.

        Raises
        ------
        KitError
            If the edition's calibration is missing.

        Notes
        -----
        The threshold is the score of the trees plus two standard errors. The mean over worlds must
        be at or below *logistic regression* (the ten-world table). One world can be above by
        chance, so that is no verdict on a single edition.
        """
        attack = self._attack(edition, evidence)
        evidence = attack.evidence
        learned = _learn_in_world(XGBoost(recipe="paper"), evidence)
        yield attack.of_sample(
            AuditTest(
                "simulator transfer",
                evidence.score(attack.scores),
                upper_score(evidence, learned),
                f"{evidence.metric.title} of XGBoost trained on {self.n_worlds} other worlds of "
                "the configuration, without a label of this edition; the threshold is XGBoost "
                "under the paper recipe with its labels, plus two standard errors.",
            )
        )

    def compare_orientations(self, edition: Edition, evidence: Evidence) -> Iterator[AuditTest]:
        """Compare transfer, or its reversal if that is better, with logistic regression.

        A world could hide only the *sign* of what its agents' habits mean. One scored submission
        gives that bit away, so the better orientation counts. Parameters, errors and samples are
        those of `compare_with_trees`.
        """
        attack = self._attack(edition, evidence)
        evidence = attack.evidence
        orientations = [evidence.score(attack.scores), evidence.score(1.0 - attack.scores)]
        learned = _learn_in_world(LinearModel(recipe="paper"), evidence)
        yield attack.of_sample(
            AuditTest(
                "transfer, better orientation",
                max(orientations),
                _ABOVE_LINEAR + upper_score(evidence, learned),
                f"{evidence.metric.title} of the same transfer as it is ({orientations[0]:.3f}) or "
                f"reversed ({orientations[1]:.3f}); the threshold is logistic regression under the "
                f"paper recipe with the edition's labels, plus {_ABOVE_LINEAR:g} and two standard "
                "errors.",
            )
        )

    def _attack(self, edition: Edition, evidence: Evidence) -> _Attack:
        key = edition.manifest.commitment
        if key not in self._attacks:
            self._attacks[key] = self._score(edition, evidence)
        return self._attacks[key]

    def _score(self, edition: Edition, evidence: Evidence) -> _Attack:
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
            n_worlds=self.n_worlds, blueprint=blueprint_of(edition.manifest, self.profile)
        )
        transfer.fit(train, y, X_test=test)
        scores = np.asarray(transfer.predict_proba(evidence.later)[:, 1], dtype=np.float64)
        return _Attack(evidence, scores, len(train) + len(test), n_all)


def _learn_in_world(model: RecipeModel, evidence: Evidence) -> npt.NDArray[np.float64]:
    """Return the later rows' scores of a model that learned the evidence's labels."""
    return model.fit(evidence.train, evidence.y).predict_proba(evidence.later)[:, 1]


def _draw_declarants(columns: list[pd.Series[str]]) -> pd.Index[str]:
    """Draw declarants at random until they have `_SAMPLE_ROWS` declarations or more."""
    volume = pd.concat([column.value_counts() for column in columns]).groupby(level=0).sum()
    order = np.random.default_rng(0).permutation(len(volume))
    enough = np.searchsorted(volume.to_numpy()[order].cumsum(), _SAMPLE_ROWS) + 1
    return volume.index[order[:enough]]


def _are_of(declarants: pd.Index[str], declarations: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return declarations["Declarant ID"].isin(declarants).to_numpy(np.bool_)
