"""Features of a declaration's neighbours in the graph of traders.

Declarations are linked through importer, declarant and seller. Features without labels describe
each trader's declarations (one hop) and the trader's partners (two hops). Features with labels
spread known labels along the links, to a training row those of other stretches of time.

The graph may contain the declarations to be scored, without their labels: then the features are
*transductive*.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.features.folds import N_CELLS, Cells, divide
from customs_baselines.features.norms import deviations_from_others
from customs_baselines.features.transformer import ContextTransformer
from customs_data.columns.column_set import declared_number
from customs_data.columns.grouping import Group, Grouping, group_sums
from customs_data.schema import ERASED, KEY

Floats = npt.NDArray[np.float64]

#: The traders that link declarations.
TRADERS: Final = ("Importer ID", "Declarant ID", "Seller ID")
#: Columns whose distinct values are counted for each trader, per declaration.
PARTNERS: Final = (
    "Importer ID",
    "Declarant ID",
    "Seller ID",
    "Office ID",
    "HS6 Code",
    "Country of Departure",
    "Import Type",
    "Mode of Transport",
    "Country of Origin Indicator",
)
# Label spreading: weight of each kind of link and of declarations without a label; and number of
# imaginary declarations at the base rate that smooth a trader's rate.
_LINK_WEIGHT: Final = {"Importer ID": 1.0, "Seller ID": 1.5, "Declarant ID": 0.5}
_UNLABELLED_WEIGHT: Final = 0.15
_SMOOTHING: Final = 2.0
_ROUNDS: Final = 3
_WEEK: Final = 7.0
#: Numbers that describe a declaration, in the order of `_deviations`.
_DESCRIBED: Final = ("price against norm", "mass against norm", "log mass", "tax rate")


class GraphFeatures(ContextTransformer):
    """Descriptions of neighbourhoods, and spread labels.

    Parameters
    ----------
    n_cells : int
        Stretches of time (or folds); the labels spread to a training row are those of the others.
    random_state : int
        Key of the folds.
    with_labels : bool
        False leaves out the spread labels, so that no feature depends on a label.
    """

    def __init__(
        self, n_cells: int = N_CELLS, random_state: int = 0, with_labels: bool = True
    ) -> None:
        self.n_cells = n_cells
        self.random_state = random_state
        self.with_labels = with_labels

    @property
    def needs_labels(self) -> bool:
        """Whether fitting needs labels: only the spread labels do."""
        return self.with_labels

    def columns_read(self) -> tuple[str, ...]:
        """Return traders, partners, and the columns that describe a declaration."""
        described = (KEY, "Date", "Country of Origin", "Tax Rate", "Net Mass", "Item Price")
        return tuple(dict.fromkeys((*TRADERS, *PARTNERS, *described)))

    def feature_names(self) -> list[str]:
        """Return the names of the features: of one hop, of two hops, of spread labels."""
        make_up = {name: [f"{it} of {name}" for it in _make_up_names(name)] for name in TRADERS}
        hops = [(name, other) for name in TRADERS for other in TRADERS if other != name]
        names = [it for name in TRADERS for it in make_up[name]]
        names += [f"{it} of partners of {name}" for name, other in hops for it in make_up[other]]
        if self.with_labels:
            names += [f"labels spread {i + 1} times" for i in range(_ROUNDS)]
        return names

    def find_features(self, X: pd.DataFrame) -> Floats:
        """Return features; declarations not in the graph join it for the duration of the call."""
        places = pd.Index(self.context_[KEY]).get_indexer(pd.Index(X[KEY]))
        if (places >= 0).all():
            return np.asarray(self.features_[places])
        new = X[places < 0]
        context = pd.concat([self.context_, new], ignore_index=True)
        y, cell = (
            np.concatenate([part, np.full(len(new), -1, dtype=np.int8)])
            for part in (self.y_, self.cell_)
        )
        places[places < 0] = len(self.context_) + np.arange(len(new))
        return np.asarray(self._read(context, y, cell)[places])

    def learn_in_context(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], context: pd.DataFrame
    ) -> Floats:
        """Build the graph of the context; return the features of training rows.

        NaN where a declaration has no seller.
        """
        self.context_ = context
        cell = divide(X, y, self.n_cells, self.random_state).find(X)
        later = np.full(len(self.context_) - len(y), -1, dtype=np.int8)
        self.y_, self.cell_ = (np.concatenate([part, later]) for part in (y, cell))
        self.features_: Floats = self._read(self.context_, self.y_, self.cell_)
        return self.features_[: len(X)]

    def _read(self, context: pd.DataFrame, y: npt.NDArray[np.int8], cell: Cells) -> Floats:
        """Features of every declaration of the graph."""
        groups: dict[str, tuple[Group, int]] = {}
        for name in dict.fromkeys((*TRADERS, *PARTNERS)):
            grouping = Grouping((name,))
            groups[name] = grouping.fit(context), grouping.n_groups
        make_up = {name: _make_up(name, context, groups) for name in TRADERS}
        columns = [make_up[name][groups[name][0]] for name in TRADERS]
        for name in TRADERS:
            group, size = groups[name]
            for other in TRADERS:
                if other != name:
                    partners = make_up[other][groups[other][0]]
                    columns.append(_means(group, size, partners)[group])
        if not self.with_labels:
            return np.hstack(columns)
        spread = spread_labels({name: groups[name] for name in TRADERS}, y, cell)
        return np.hstack([*columns, spread])


def _means(group: Group, size: int, values: Floats) -> Floats:
    """Mean of each column by group, without NaN; shape (size + 1, n_columns), last row NaN."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    columns = []
    for i in range(values.shape[1]):
        total = group_sums(group, size, filled[:, i])
        count = group_sums(group, size, known[:, i].astype(np.float64))
        with np.errstate(invalid="ignore"):
            columns.append(total / count)
    return np.column_stack(columns)


def _make_up(name: str, context: pd.DataFrame, groups: dict[str, tuple[Group, int]]) -> Floats:
    """Statistics of each trader's declarations, shape (n_traders + 1, n_statistics)."""
    group, size = groups[name]
    count = group_sums(group, size)
    day = (context["Date"] - context["Date"].min()).dt.days.to_numpy(np.float64)
    values = np.column_stack([_deviations(context), day])
    mean = _means(group, size, values)
    variance = _means(group, size, values**2) - mean**2
    first, last = (np.full(size + 1, np.nan) for _ in range(2))
    by_trader = pd.Series(day).groupby(group)
    for days, extreme in ((first, by_trader.min()), (last, by_trader.max())):
        known = extreme.index.to_numpy() >= 0
        days[extreme.index.to_numpy()[known]] = extreme.to_numpy()[known]
    diversity = [
        _n_distinct(group, size, *groups[other]) / np.maximum(count, 1)
        for other in PARTNERS
        if other != name
    ]
    return np.column_stack(
        [
            np.log1p(count),
            mean,
            np.sqrt(np.maximum(variance, 0.0)),
            first,
            last,
            last - first,
            np.log(np.maximum(count, 1) / (last - first + _WEEK)),
            *diversity,
        ]
    )


def _make_up_names(name: str) -> list[str]:
    """Names of the statistics of `_make_up`, in order."""
    values = (*_DESCRIBED, "day")
    others = (other for other in PARTNERS if other != name)
    return [
        "log number",
        *(f"mean {value}" for value in values),
        *(f"spread of {value}" for value in values),
        "first day",
        "last day",
        "days active",
        "log rate",
        *(f"distinct {other}" for other in others),
    ]


def _deviations(context: pd.DataFrame) -> Floats:
    """Log mass, tax rate, and deviations of unit price and mass from the goods' norm."""
    mass, price, rate = (
        declared_number(context, name) for name in ("Net Mass", "Item Price", "Tax Rate")
    )
    log_mass = np.log(mass + 0.1)
    log_unit_price = np.log((price + 1.0) / (mass + 0.1))
    return np.column_stack(
        [
            deviations_from_others(context, log_unit_price),
            deviations_from_others(context, log_mass),
            log_mass,
            rate,
        ]
    )


def _n_distinct(group: Group, size: int, other: Group, other_size: int) -> Floats:
    """Number of distinct partners of each trader, shape (size + 1,)."""
    known = (group >= 0) & (other >= 0)
    pairs = np.unique(group[known] * (other_size + 1) + other[known])
    return group_sums(pairs // (other_size + 1), size)


def spread_labels(
    groups: dict[str, tuple[Group, int]], y: npt.NDArray[np.int8], cell: Cells
) -> Floats:
    """Spread known labels along shared traders.

    Parameters
    ----------
    groups : dict of str to (ndarray of int64 of shape (n_declarations,), int)
        Group of each declaration by kind of trader (-1 for none), and the number of groups.
    y : ndarray of int8, shape (n_declarations,)
        1, 0 or -1.
    cell : ndarray of int8, shape (n_declarations,)
        A declaration's value is computed without the labels of its cell; -1 leaves out none.

    Returns
    -------
    ndarray of float64, shape (n_declarations, 3)
        After one, two and three rounds.
    """
    labelled = y >= 0
    base = float((y[labelled] == 1).mean()) if labelled.any() else 0.5
    spread = _spread(groups, y, base)
    for one in np.unique(cell[cell >= 0]):
        own = cell == one
        spread[own] = _spread(groups, np.where(own, np.int8(ERASED), y), base)[own]
    return spread


def _spread(groups: dict[str, tuple[Group, int]], y: npt.NDArray[np.int8], base: float) -> Floats:
    known = y >= 0
    weight = np.where(known, 1.0, _UNLABELLED_WEIGHT)
    value = np.where(known, (y == 1).astype(np.float64), base)
    rounds = []
    for _ in range(_ROUNDS):
        total, links = np.zeros(len(y)), np.zeros(len(y))
        for name, (group, size) in groups.items():
            rate = (group_sums(group, size, value * weight) + _SMOOTHING * base) / (
                group_sums(group, size, weight) + _SMOOTHING
            )
            strength = np.where(group >= 0, _LINK_WEIGHT[name], 0.0)
            total += strength * rate[group]
            links += strength
        # A declaration without any trader is linked to none.
        new = np.divide(total, links, out=np.full(len(y), base), where=links > 0)
        rounds.append(new)
        value = np.where(known, value, new)
    return np.column_stack(rounds)
