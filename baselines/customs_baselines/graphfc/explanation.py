"""GraphFC's account of one declaration's score: its neighbours, and the effect of deleting each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.attribution.in_words import times_odds
from customs_baselines.graphfc.context import Floats, Integers
from customs_data.errors import KitError
from customs_data.schema import KEY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Columns through which declarations are neighbours, closest first.
LINKS: Final = {"importer": "Importer ID", "seller": "Seller ID", "declarant": "Declarant ID"}
#: What a neighbour may share besides: all of the columns.
ALSO: Final = {
    "HS6": ("HS6 Code",),
    "route": ("Country of Departure", "Country of Origin"),
    "office": ("Office ID",),
}
# Closeness of a neighbour by shared trader, and further columns that make it closer.
_CLOSENESS: Final = {"importer": 3.0, "seller": 3.0, "declarant": 1.0}
_ALIKE: Final = ("Country of Departure", "Office ID")
LABELS: Final = {1: "fraud", 0: "honest", None: "not known"}


@dataclass(frozen=True)
class Neighbour:
    """Another declaration that shares a trader.

    Attributes
    ----------
    declaration_id, date : str
        Date as YYYY-MM-DD.
    relations : tuple of str
        Shared traders: 'importer', 'seller', 'declarant'.
    also_shares : tuple of str
        What else is equal: 'HS6', 'route', 'office'.
    label : int or None
        1 = fraud, 0 = honest, None = not known.
    effect : float
        Log-odds of the explained declaration minus its log-odds in the graph without this
        neighbour: above 0, the neighbour makes it more suspicious.
    """

    declaration_id: str
    date: str
    relations: tuple[str, ...]
    also_shares: tuple[str, ...]
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
    goods : dict of str to str
        Values of 'HS6', 'route' and 'office'.
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
    goods: dict[str, str]
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
                ", ".join((*one.relations, *one.also_shares)),
                LABELS[one.label],
                f"{one.effect:+.3f}",
                times_odds(one.effect),
            )
            for one in self.neighbours
        ]
        return header, rows

    def sentence(self) -> str:
        """Return how many declarations share each trader, and what an effect is."""
        parts = [
            f"{_count(self.n_neighbours[name], 'none', 'shares', 'share')} its {name}"
            f"{self._known(name)}"
            for name in LINKS
            if getattr(self, name) is not None
        ]
        counted = f"Of the declarations it can see, {'; '.join(parts)}." if parts else ""
        if not self.neighbours:
            alone = "No declaration that it can see shares a trader with it, so its own columns"
            return f"{alone} give the score."
        return (
            f"{counted} The effect of a neighbour is the difference its deletion makes to the "
            "log-odds, computed by scoring the graph without it."
        )

    def _known(self, name: str) -> str:
        if not self.n_neighbours[name]:
            return ""
        if not self.n_fraud[name] + self.n_honest[name]:
            return " (no label known)"
        fraud = _count(self.n_fraud[name], "no", "known fraud", "known frauds")
        return f" ({fraud}, {self.n_honest[name]:,} known honest)"

    def draw(self, title: str) -> Figure:
        """Draw the declaration, its neighbours, and all that they share."""
        from customs_baselines.graphfc.neighbourhood_figure import draw_neighbourhood

        return draw_neighbourhood(self, title)


def _count(n: int, nothing: str, one: str, many: str) -> str:
    """Return '1 known fraud', '2 known frauds', 'no known frauds'."""
    return f"1 {one}" if n == 1 else f"{f'{n:,}' if n else nothing} {many}"


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
    also = {
        name: (context[list(columns)] == own[list(columns)]).all(axis=1).to_numpy()
        for name, columns in ALSO.items()
    }
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
            also_shares=tuple(name for name in ALSO if also[name][i]),
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
        goods={
            "HS6": str(own["HS6 Code"]),
            "route": f"from {own['Country of Departure']}, origin {own['Country of Origin']}",
            "office": str(own["Office ID"]),
        },
        fraud_score=float(1.0 / (1.0 + np.exp(-score))),
        log_odds=score,
        neighbours=tuple(sorted(neighbours, key=lambda one: -abs(one.effect))),
        n_neighbours={name: int(shared.sum()) for name, shared in shares.items()},
        n_fraud={name: int((shared & (label == 1)).sum()) for name, shared in shares.items()},
        n_honest={name: int((shared & (label == 0)).sum()) for name, shared in shares.items()},
    )
