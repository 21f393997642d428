"""DATE's account of one declaration's score: the cross features it attended to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import exp
from typing import TYPE_CHECKING, Any, Final

from customs_data.proportions import wilson_interval
from customs_data.reports.pictures import FIRST_COLOR, finish, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Attention is nearly uniform if no weight is this many times an equal share. On the practice
#: edition the largest weight of a test declaration is 1.06 times an equal share in the median and
#: 1.33 times at most; equal weights instead would change no score's log-odds by more than .002.
NEARLY_UNIFORM: Final = 1.5
UNIFORM_WORDS: Final = "Attention is nearly uniform: it explains little here."
_GREY: Final = "#8b9097"


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

    def surprise(self, base_rate: float) -> float:
        """Distance of the number of frauds from the expected one, in standard deviations."""
        spread = (self.n_labelled * base_rate * (1 - base_rate)) ** 0.5
        return abs(self.n_fraud - self.n_labelled * base_rate) / spread if spread else 0.0


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
    n_leaves : int
        Leaves that share the attention: one per tree.
    largest_attention : float
        Largest share of one leaf.
    base_rate : float
        Fraud rate of all labelled training declarations.
    cross_features : tuple of AttendedCrossFeature
        All different cross features of the declaration.
    n_listed : int
        Cross features to list and draw.
    """

    declaration_id: str
    fraud_score: float
    booster_log_odds: float
    correction: float
    importer_known: bool
    hs6_known: bool
    n_leaves: int
    largest_attention: float
    base_rate: float
    cross_features: tuple[AttendedCrossFeature, ...]
    n_listed: int = 5

    @property
    def equal_share(self) -> float:
        """Attention of each leaf if all had the same."""
        return 1 / self.n_leaves

    @property
    def is_nearly_uniform(self) -> bool:
        """Whether the largest weight is less than `NEARLY_UNIFORM` times an equal share."""
        return self.largest_attention < NEARLY_UNIFORM * self.equal_share

    def listed(self) -> list[AttendedCrossFeature]:
        """Return the cross features to list, first those with most attention.

        Where attention is nearly uniform: those whose fraud rate is the most unusual.
        """
        crosses = sorted(self.cross_features, key=lambda cross: -cross.attention)
        if self.is_nearly_uniform:
            crosses.sort(key=lambda cross: -cross.surprise(self.base_rate))
        return crosses[: self.n_listed]

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation as plain data for JSON."""
        listed = [asdict(cross) for cross in self.listed()]
        plain = {name: value for name, value in asdict(self).items() if name != "n_listed"}
        return {"kind": "cross features"} | plain | {
            "cross_features": listed,
            "attention_is_nearly_uniform": self.is_nearly_uniform,
        }  # fmt: skip

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Return header and rows: one row per listed cross feature."""
        header = ("cross feature", "attention", "labelled", "fraud", "fraud rate")
        rows = [
            (
                cross.words,
                f"{cross.attention:.2%}",
                f"{cross.n_labelled:,}",
                f"{cross.n_fraud:,}",
                "-" if cross.fraud_rate is None else f"{cross.fraud_rate:.1%}",
            )
            for cross in self.listed()
        ]
        return header, rows

    def sentence(self) -> str:
        """Return the scores without and with the correction, and what the table lists."""
        alone = 1 / (1 + exp(-self.booster_log_odds))
        unknown = ("importer",) * (not self.importer_known) + ("HS6 code",) * (not self.hs6_known)
        rare = f" Its {' and '.join(unknown)} count as unknown: too rare in training."
        if len(unknown) == 1:
            rare = rare.replace(" count ", " counts ")
        if self.is_nearly_uniform:
            listed = (
                f"{UNIFORM_WORDS} The largest weight is {self.largest_attention:.2%}, an equal "
                f"share {self.equal_share:.2%}. So the table lists the cross features whose fraud "
                f"rate differs most clearly from that of all, {self.base_rate:.1%}."
            )
        else:
            listed = (
                f"The table lists those with most attention (an equal share is "
                f"{self.equal_share:.2%}). The fraud rate of all is {self.base_rate:.1%}."
            )
        corrected = f"corrects it to {self.fraud_score:.3f}"
        if f"{alone:.3f}" == f"{self.fraud_score:.3f}":
            corrected = "leaves it unchanged"
        return (
            f"Boosted trees alone give a fraud score of {alone:.3f}; the network {corrected}. "
            f"It attends to the {self.n_leaves} cross features that the "
            "declaration meets, and how much to each depends on its importer and goods."
            f"{rare if unknown else ''} {listed} A cross feature of several trees is listed once, "
            "with its attention added up. 'Labelled' are the training declarations with a label "
            "that meet it, 'fraud' the frauds among them."
        )

    def draw(self, title: str) -> Figure:
        """Draw the attention of each cross feature; its fraud rate where that says more."""
        crosses = self.listed()[::-1]
        labels = [_folded(cross.words) for cross in crosses]
        n_lines = sum(label.count("\n") + 1 for label in labels)
        figure, axes = new_figure(width=11.0, height=1.8 + 0.2 * n_lines + 0.15 * len(crosses))
        if self.is_nearly_uniform:
            title = f"{title}\n{UNIFORM_WORDS}"
            _draw_rates(axes, crosses, self.base_rate)
        else:
            axes.barh(
                range(len(crosses)), [cross.attention for cross in crosses], color=FIRST_COLOR
            )
            axes.axvline(self.equal_share, color=_GREY, linestyle="--", label="equal share")
            axes.set_xlabel("attention", fontsize="small")
        _write_percent(axes)
        axes.legend(
            loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize="small"
        )
        axes.grid(visible=True, axis="x", alpha=0.3)
        axes.set_axisbelow(True)
        finish(figure, axes)
        axes.set_yticks(range(len(crosses)), labels, fontsize="small")
        figure.suptitle(title, x=0.01, ha="left", fontsize="medium")
        return figure


def _draw_rates(axes: Axes, crosses: Sequence[AttendedCrossFeature], base_rate: float) -> None:
    """Draw fraud rates with their 95 % intervals."""
    for place, cross in enumerate(crosses):
        if cross.fraud_rate is not None:
            low, high = wilson_interval(cross.n_fraud, cross.n_labelled)
            axes.hlines(place, float(low), float(high), color=FIRST_COLOR, linewidth=3)
            axes.plot(cross.fraud_rate, place, "o", color=FIRST_COLOR)
    axes.axvline(base_rate, color=_GREY, linestyle="--", label="all labelled declarations")
    axes.set_ylim(-0.6, len(crosses) - 0.4)
    axes.set_xlim(left=0)
    axes.set_xlabel(
        "fraud rate of the labelled training declarations that meet it, 95 % interval",
        fontsize="small",
    )


def _write_percent(axes: Axes) -> None:
    """Label the horizontal axis in percent, with as many decimals as its ticks need."""
    from matplotlib.ticker import PercentFormatter

    axes.xaxis.set_major_formatter(PercentFormatter(1.0))


def _folded(words: str, width: int = 62) -> str:
    """Break a conjunction into lines of about `width` characters where it has an 'and'."""
    lines, line = [], ""
    for part in words.split(" and "):
        joined = f"{line} and {part}" if line else part
        if len(joined) > width and line:
            lines.append(f"{line} and")
            joined = part
        line = joined
    return "\n".join([*lines, line])
