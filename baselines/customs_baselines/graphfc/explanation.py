"""Why a declaration is suspicious: its neighbours, and what deleting each does to its score."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.graphfc.context import Floats, Integers
from customs_data.errors import KitError
from customs_data.schema import KEY

#: Columns through which declarations are neighbours, closest first.
LINKS: Final = {"importer": "Importer ID", "seller": "Seller ID", "declarant": "Declarant ID"}
_CLOSENESS: Final = {"importer": 3.0, "seller": 3.0, "declarant": 1.0}
#: What else makes a neighbour alike.
_ALIKE: Final = ("Country of Departure", "Office ID")


@dataclass(frozen=True)
class Neighbour:
    """Another declaration that shares a trader.

    Attributes
    ----------
    declaration_id, date : str
        Date as YYYY-MM-DD.
    relations : tuple of str
        What is shared: 'importer', 'seller', 'declarant'.
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
class Explanation:
    """The neighbourhood of one declaration.

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
        Those deleted one by one, the strongest effect first.
    n_neighbours : dict of str to int
        All visible neighbours by relation.
    n_fraud, n_honest : dict of str to int
        Known labels among them.
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
        """Plain data, for JSON."""
        return {"kind": "neighbourhood"} | asdict(self)


class Explainable(Protocol):
    """A model that can score declarations in a graph with some of it deleted."""

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
) -> Explanation:
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
    found = np.flatnonzero((context[KEY] == declaration_id).to_numpy())
    if len(found) == 0:
        raise KitError(
            f"The declaration to explain must be in the data, however: {declaration_id!r} is not."
        )
    place = found[:1].astype(np.int64)
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
    return Explanation(
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
