"""DATE's account of one declaration's score: the cross features it attended to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from customs_data.reports.pictures import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class AttendedCrossFeature:
    """A cross feature and the attention it got in the query by importer and HS6 code.

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
    """DATE's `Account` of one declaration's score.

    Attributes
    ----------
    declaration_id : str
    fraud_score : float
        Probability of fraud.
    booster_log_odds : float
        Log-odds of the boosted trees alone.
    correction : float
        Correction of them by attention, after shrinkage.
    importer_known, hs6_known : bool
        Whether importer and HS6 code occur in training; others are read as the unknown.
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
        """Return the explanation as plain data for JSON."""
        return {"kind": "cross features"} | asdict(self)

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Return header and rows: one row per cross feature."""
        header = ("cross feature", "attention", "labelled", "fraud", "fraud rate")
        rows = [
            (
                cross.words,
                f"{cross.attention:.1%}",
                f"{cross.n_labelled:,}",
                f"{cross.n_fraud:,}",
                "-" if cross.fraud_rate is None else f"{cross.fraud_rate:.1%}",
            )
            for cross in self.cross_features
        ]
        return header, rows

    def sentence(self) -> str:
        """Return log-odds of trees and attention, and what the table lists."""
        names = ("importer",) * self.importer_known + ("HS6 code",) * self.hs6_known
        query = " and ".join(names) or "an unknown importer and HS6 code"
        return (
            f"The boosted trees give log-odds of {self.booster_log_odds:+.2f}. Attention, queried "
            f"by {query}, adds {self.correction:+.2f}. The table lists the conjunctions with most "
            "attention, and how many labelled training declarations meet them."
        )

    def draw(self, title: str) -> Figure:
        """Draw the attention of each cross feature as a bar."""
        crosses = self.cross_features[::-1]
        figure, axes = new_figure(width=11.0, height=1.6 + 0.6 * len(crosses))
        places = range(len(crosses))
        axes.barh(places, [cross.attention for cross in crosses], color="#2874a6")
        axes.set_yticks(places, [_folded(cross.words) for cross in crosses], fontsize="x-small")
        axes.xaxis.set_major_formatter("{x:.0%}")
        axes.set_xlabel("attention")
        axes.set_title(title, loc="left")
        return figure


def _folded(words: str, width: int = 70) -> str:
    """Break a conjunction into lines of at most `width` characters where it has an 'and'."""
    lines, line = [], ""
    for part in words.split(" and "):
        joined = f"{line} and {part}" if line else part
        if len(joined) > width and line:
            lines.append(f"{line} and")
            joined = part
        line = joined
    return "\n".join([*lines, line])
