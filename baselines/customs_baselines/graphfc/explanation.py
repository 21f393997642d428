"""GraphFC's account of one declaration's score: its neighbours, and the effect of deleting each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import cos, pi, sin
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.attribution.in_words import times_odds
from customs_baselines.graphfc.context import Floats, Integers
from customs_data.errors import KitError
from customs_data.reports.pictures import new_figure
from customs_data.schema import KEY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Columns through which declarations are neighbours, closest first.
LINKS: Final = {"importer": "Importer ID", "seller": "Seller ID", "declarant": "Declarant ID"}
# Closeness of a neighbour by shared trader, and further columns that make it closer.
_CLOSENESS: Final = {"importer": 3.0, "seller": 3.0, "declarant": 1.0}
_ALIKE: Final = ("Country of Departure", "Office ID")
_LABELS: Final = {1: "fraud", 0: "honest", None: "not known"}
_COLORS: Final = {1: "#c0392b", 0: "#1e8449", None: "0.65"}
# Where the traders are drawn around the declaration, and how far from its trader a neighbour is.
_PLACES: Final = {"importer": (0.0, 1.0), "seller": (-1.0, -0.6), "declarant": (1.0, -0.6)}
_BOX: Final = {"boxstyle": "round", "facecolor": "#eaf2f8", "edgecolor": "0.6"}
_FAN: Final = 0.42


@dataclass(frozen=True)
class Neighbour:
    """Another declaration that shares a trader.

    Attributes
    ----------
    declaration_id, date : str
        Date as YYYY-MM-DD.
    relations : tuple of str
        Shared traders: 'importer', 'seller', 'declarant'.
    label : int or None
        1 = fraud, 0 = honest, None = not known.
    effect : float
        Log-odds of the explained declaration minus its log-odds in the graph without this
        neighbour: above 0, the neighbour makes it more suspicious.
    """

    declaration_id: str
    date: str
    relations: tuple[str, ...]
    label: int | None
    effect: float


@dataclass(frozen=True)
class Neighbourhood:
    """GraphFC's `Account` of one declaration's score.

    Attributes
    ----------
    declaration_id, date : str
    importer, declarant, seller : str or None
        None where the declaration names none.
    fraud_score : float
        Probability of fraud.
    log_odds : float
        The same as log-odds.
    neighbours : tuple of Neighbour
        Neighbours deleted one by one, strongest effect first.
    n_neighbours : dict of str to int
        Number of all visible neighbours by relation.
    n_fraud, n_honest : dict of str to int
        Number of known labels among them.
    """

    declaration_id: str
    date: str
    importer: str | None
    declarant: str | None
    seller: str | None
    fraud_score: float
    log_odds: float
    neighbours: tuple[Neighbour, ...]
    n_neighbours: dict[str, int]
    n_fraud: dict[str, int]
    n_honest: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return the neighbourhood as plain data for JSON."""
        return {"kind": "neighbourhood"} | asdict(self)

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Return header and rows: one row per deleted neighbour."""
        header = ("neighbour", "date", "shares", "label", "effect", "in words")
        rows = [
            (
                one.declaration_id,
                one.date,
                ", ".join(one.relations),
                _LABELS[one.label],
                f"{one.effect:+.3f}",
                times_odds(one.effect),
            )
            for one in self.neighbours
        ]
        return header, rows

    def sentence(self) -> str:
        """Return how many declarations share each trader, and what an effect is."""
        parts = [
            f"{self.n_neighbours[name]:,} share its {name} ({self.n_fraud[name]:,} known frauds, "
            f"{self.n_honest[name]:,} known honest)"
            for name in LINKS
            if getattr(self, name) is not None
        ]
        return (
            f"Of the declarations it can see, {'; '.join(parts)}. The effect of a neighbour is the "
            "difference its deletion makes, computed by scoring the graph without it."
        )

    def draw(self, title: str) -> Figure:
        """Draw the declaration, its traders, and the neighbours that were deleted one by one."""
        figure, axes = new_figure(width=9.0, height=7.0)
        for name, (x, y) in _PLACES.items():
            if (trader := getattr(self, name)) is None:
                continue
            axes.plot([0, x], [0, y], color="0.6", linewidth=1, zorder=1)
            axes.text(x, y, f"{name}\n{trader}", ha="center", va="center", fontsize="small",
                      bbox=_BOX, zorder=3)  # fmt: skip
            near = [one for one in self.neighbours if one.relations[0] == name]
            for i, one in enumerate(near):
                angle = pi * (0.5 + (i + 1) / (len(near) + 1) * 2)
                u, v = x + _FAN * 1.3 * cos(angle), y + _FAN * sin(angle)
                axes.plot([x, u], [y, v], color="0.8", linewidth=0.8, zorder=0)
                size = 60 + 700 * min(abs(one.effect), 1.0)
                axes.scatter([u], [v], s=size, color=_COLORS[one.label], zorder=2)
                axes.annotate(f"{one.effect:+.2f}", (u, v), xytext=(0, 11), ha="center",
                              textcoords="offset points", fontsize="x-small")  # fmt: skip
        axes.scatter([0], [0], s=500, marker="*", color="#f39c12", zorder=4)
        for label, words in _LABELS.items():
            axes.scatter([], [], color=_COLORS[label], label=f"neighbour, {words}")
        axes.legend(loc="upper left", frameon=False, fontsize="small")
        axes.set_title(f"{title}\n(numbers: what each neighbour adds to the log-odds)", loc="left")
        axes.set_axis_off()
        axes.set_xlim(-1.8, 1.8)
        return figure


class Explainable(Protocol):
    """A model that scores declarations in a graph without some of its declarations."""

    past_only: Any

    def score_context(
        self, context: pd.DataFrame, rows: Integers, absent: Integers | None = None
    ) -> Floats:
        """Log-odds of `rows` of the graph `context` without `absent`."""


def explain(
    model: Explainable,
    context: pd.DataFrame,
    y: npt.NDArray[np.int8],
    declaration_id: str,
    n_neighbours: int,
) -> Neighbourhood:
    """Explain one declaration of a graph.

    Parameters
    ----------
    model : Explainable
        Fitted.
    context : DataFrame, shape (n_declarations, 20)
        The graph's declarations.
    y : ndarray of int8, shape (n_train,)
        Known labels of the first of them.
    declaration_id : str
    n_neighbours : int
        Neighbours to delete one by one: those that share most, labelled ones first.

    Raises
    ------
    KitError
        If no declaration has the ID.
    """
    place = np.flatnonzero((context[KEY] == declaration_id).to_numpy())[:1].astype(np.int64)
    if len(place) == 0:
        raise KitError(f"No declaration {declaration_id!r} to explain: check the ID.")
    own = context.iloc[place[0]]
    shares = {name: (context[column] == own[column]).to_numpy() for name, column in LINKS.items()}
    visible = np.arange(len(context)) != place[0]
    if model.past_only:
        visible &= (context["Date"] <= own["Date"]).to_numpy()
    label = np.concatenate([y, np.full(len(context) - len(y), -1, dtype=np.int8)])
    closeness = np.zeros(len(context))
    for name, shared in shares.items():
        shares[name] = shared & visible
        closeness += _CLOSENESS[name] * shares[name]
    alike = [(context[column] == own[column]).to_numpy() for column in _ALIKE]
    rank = closeness + 0.4 * np.sum(alike, axis=0) + 1.5 * (label >= 0)
    candidates = np.flatnonzero(closeness > 0)
    chosen = candidates[np.argsort(-rank[candidates], kind="stable")][:n_neighbours]
    score = float(model.score_context(context, place)[0])
    neighbours = [
        Neighbour(
            declaration_id=str(context[KEY].iloc[i]),
            date=str(context["Date"].iloc[i].date()),
            relations=tuple(name for name in LINKS if shares[name][i]),
            label=int(label[i]) if label[i] >= 0 else None,
            effect=score - float(model.score_context(context, place, np.array([i]))[0]),
        )
        for i in chosen
    ]
    named = {
        name: None if pd.isna(own[column]) else str(own[column]) for name, column in LINKS.items()
    }
    return Neighbourhood(
        declaration_id=declaration_id,
        date=str(own["Date"].date()),
        importer=named["importer"],
        declarant=named["declarant"],
        seller=named["seller"],
        fraud_score=float(1.0 / (1.0 + np.exp(-score))),
        log_odds=score,
        neighbours=tuple(sorted(neighbours, key=lambda one: -abs(one.effect))),
        n_neighbours={name: int(shared.sum()) for name, shared in shares.items()},
        n_fraud={name: int((shared & (label == 1)).sum()) for name, shared in shares.items()},
        n_honest={name: int((shared & (label == 0)).sum()) for name, shared in shares.items()},
    )
