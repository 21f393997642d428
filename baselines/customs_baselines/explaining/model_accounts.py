"""What models say of themselves: a neighbourhood (graph networks), cross features (DATE)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from customs_baselines.explaining.wording import times_odds
from customs_data.reports.pages import html_page, html_table
from customs_data.reports.pictures import new_figure, save_figure, svg_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LABELS: Final = {1: "fraud", 0: "honest", None: "not known"}
_COLORS: Final = {1: "#c0392b", 0: "#1e8449", None: "0.65"}
#: Where the traders of a declaration are drawn around it.
_PLACES: Final = {"importer": (0.0, 1.0), "seller": (-1.0, -0.6), "declarant": (1.0, -0.6)}
_BOX: Final = {"boxstyle": "round", "facecolor": "#eaf2f8", "edgecolor": "0.6"}
_FAN: Final = 0.42  # distance of neighbours from their trader


_Rows = tuple[Sequence[str], Sequence[Sequence[str]]]


@dataclass(frozen=True)
class OwnExplanation:
    """A model's own account of one declaration's score.

    Attributes
    ----------
    model : str
        Name.
    told : dict
        ``as_dict()`` of what its ``explain_declaration`` returned.
    """

    model: str
    told: dict[str, Any]

    @property
    def title(self) -> str:
        """One line: which declaration, which score."""
        ident, score = self.told["declaration_id"], self.told["fraud_score"]
        return f"Declaration {ident}: fraud score {score:.3f}"

    def as_dict(self, *, with_declaration: bool = True) -> dict[str, Any]:
        """Return the account as plain data for JSON; False leaves the declaration out."""
        return {"model": self.model} | ({"declaration": self.told} if with_declaration else {})

    def table(self) -> _Rows:
        """Header and rows of the account as text."""
        return _TABLES[self.told["kind"]](self.told)

    def sentence(self) -> str:
        """The account in one or two sentences."""
        return _SENTENCES[self.told["kind"]](self.told)

    def draw(self) -> Figure:
        """The account as a picture."""
        return _DRAWINGS[self.told["kind"]](self.told, f"{self.model}. {self.title}")


def write_own_explanation(
    explanation: OwnExplanation, folder: Path, edition: str, *, with_declaration: bool = True
) -> None:
    """Write explanation.html, explanation.json and declaration.png.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    described = explanation.as_dict(with_declaration=with_declaration)
    text = json.dumps(described, indent=1, allow_nan=False) + "\n"
    (folder / "explanation.json").write_text(text, encoding="utf-8")
    if not with_declaration:
        return
    save_figure(explanation.draw(), folder / "declaration.png")
    header, rows = explanation.table()
    body = (
        f"<p>Trained on the edition {escape(edition)}.</p><p>{escape(explanation.sentence())}</p>"
        + svg_of(explanation.draw(), explanation.title)
        + html_table(header, rows, caption=explanation.title)
    )
    page = html_page(f"Explanation of {explanation.model}", body)
    (folder / "explanation.html").write_text(page, encoding="utf-8")


def _neighbour_rows(told: dict[str, Any]) -> _Rows:
    header = ("neighbour", "date", "shares", "label", "effect", "in words")
    rows = [
        (
            held["declaration_id"],
            held["date"],
            ", ".join(held["relations"]),
            _LABELS[held["label"]],
            f"{held['effect']:+.3f}",
            times_odds(held["effect"]),
        )
        for held in told["neighbours"]
    ]
    return header, rows


def _neighbour_sentence(told: dict[str, Any]) -> str:
    parts = [
        f"{told['n_neighbours'][name]:,} share its {name} ({told['n_fraud'][name]:,} known frauds, "
        f"{told['n_honest'][name]:,} known honest)"
        for name in _PLACES
        if told[name] is not None
    ]
    return (
        f"Of the declarations it can see, {'; '.join(parts)}. The effect of a neighbour is the "
        "difference its deletion makes, computed by scoring the graph without it."
    )


def _draw_neighbourhood(told: dict[str, Any], title: str) -> Figure:
    """The declaration, its traders, and the neighbours that were deleted one by one."""
    from math import cos, pi, sin

    figure, axes = new_figure(width=9.0, height=7.0)
    for name, (x, y) in _PLACES.items():
        if told[name] is None:
            continue
        axes.plot([0, x], [0, y], color="0.6", linewidth=1, zorder=1)
        axes.text(x, y, f"{name}\n{told[name]}", ha="center", va="center", fontsize="small",
                  bbox=_BOX, zorder=3)  # fmt: skip
        near = [held for held in told["neighbours"] if held["relations"][0] == name]
        for i, held in enumerate(near):
            angle = pi * (0.5 + (i + 1) / (len(near) + 1) * 2)
            u, v = x + _FAN * 1.3 * cos(angle), y + _FAN * sin(angle)
            axes.plot([x, u], [y, v], color="0.8", linewidth=0.8, zorder=0)
            size = 60 + 700 * min(abs(held["effect"]), 1.0)
            axes.scatter([u], [v], s=size, color=_COLORS[held["label"]], zorder=2)
            axes.annotate(f"{held['effect']:+.2f}", (u, v), xytext=(0, 11), ha="center",
                          textcoords="offset points", fontsize="x-small")  # fmt: skip
    axes.scatter([0], [0], s=500, marker="*", color="#f39c12", zorder=4)
    for label, words in _LABELS.items():
        axes.scatter([], [], color=_COLORS[label], label=f"neighbour, {words}")
    axes.legend(loc="upper left", frameon=False, fontsize="small")
    axes.set_title(f"{title}\n(numbers: what each neighbour adds to the log-odds)", loc="left")
    axes.set_axis_off()
    axes.set_xlim(-1.8, 1.8)
    return figure


def _cross_rows(told: dict[str, Any]) -> _Rows:
    header = ("cross feature", "attention", "labelled", "fraud", "fraud rate")
    rows = [
        (
            held["words"],
            f"{held['attention']:.1%}",
            f"{held['n_labelled']:,}",
            f"{held['n_fraud']:,}",
            "-" if held["fraud_rate"] is None else f"{held['fraud_rate']:.1%}",
        )
        for held in told["cross_features"]
    ]
    return header, rows


def _cross_sentence(told: dict[str, Any]) -> str:
    known = [name for name in ("importer", "hs6") if told[f"{name}_known"]]
    asked = " and ".join(known) if known else "nothing it knew"
    return (
        f"The boosted trees give log-odds of {told['booster_log_odds']:+.2f}; attention, asked by "
        f"{asked}, adds {told['correction']:+.2f}. Below, the conjunctions it attended to most, "
        "and how many labelled training declarations fulfil them."
    )


def _draw_cross(told: dict[str, Any], title: str) -> Figure:
    shown = told["cross_features"][::-1]
    figure, axes = new_figure(width=11.0, height=1.6 + 0.6 * len(shown))
    places = range(len(shown))
    axes.barh(places, [held["attention"] for held in shown], color="#2874a6")
    axes.set_yticks(places, [_folded(held["words"]) for held in shown], fontsize="x-small")
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.set_xlabel("attention")
    axes.set_title(title, loc="left")
    return figure


def _folded(words: str, width: int = 70) -> str:
    lines, line = [], ""
    for part in words.split(" and "):
        joined = f"{line} and {part}" if line else part
        if len(joined) > width and line:
            lines.append(f"{line} and")
            joined = part
        line = joined
    return "\n".join([*lines, line])


_TABLES: Final[dict[str, Callable[[dict[str, Any]], _Rows]]] = {
    "neighbourhood": _neighbour_rows,
    "cross features": _cross_rows,
}
_SENTENCES: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "neighbourhood": _neighbour_sentence,
    "cross features": _cross_sentence,
}
_DRAWINGS: Final[dict[str, Callable[[dict[str, Any], str], Figure]]] = {
    "neighbourhood": _draw_neighbourhood,
    "cross features": _draw_cross,
}
