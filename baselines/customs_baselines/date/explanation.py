"""What DATE read in a declaration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class AttendedCrossFeature:
    """A cross feature that importer and goods attended to.

    Attributes
    ----------
    words : str
        The conjunction of conditions along the tree's path.
    attention : float
        Share of the declaration's attention, in [0, 1].
    n_labelled, n_fraud : int
        Labelled training declarations in the leaf, and frauds among them.
    fraud_rate : float or None
        Their ratio; None where no labelled declaration is in the leaf.
    """

    words: str
    attention: float
    n_labelled: int
    n_fraud: int
    fraud_rate: float | None


@dataclass(frozen=True)
class DateExplanation:
    """How DATE came to a declaration's score.

    Attributes
    ----------
    declaration_id : str
    fraud_score : float
        Probability of fraud.
    booster_log_odds : float
        What the boosted trees alone say.
    correction : float
        What attention adds to it, after shrinkage.
    importer_known, hs6_known : bool
        Whether the importer and the HS6 code asked by their own vector or as the unknown.
    cross_features : tuple of AttendedCrossFeature
        Most attended first.
    """

    declaration_id: str
    fraud_score: float
    booster_log_odds: float
    correction: float
    importer_known: bool
    hs6_known: bool
    cross_features: tuple[AttendedCrossFeature, ...]

    def as_dict(self) -> dict[str, Any]:
        """The explanation as plain values for JSON."""
        return {"kind": "cross features"} | asdict(self)
