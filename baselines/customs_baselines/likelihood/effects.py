"""Effects on an ordinary declaration's log-odds of fraud, with the spreads that worlds share."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from customs_baselines.likelihood.book import Book, encode, number
from customs_data.columns.column_set import declared_number
from customs_data.world.configuration import Configuration

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_CODES = {
    "hs6": "HS6 Code", "origin": "Country of Origin", "departure": "Country of Departure",
    "tax_type": "Tax Type", "mode": "Mode of Transport", "import_type": "Import Type",
    "import_use": "Import Use", "payment": "Payment Type", "office": "Office ID",
    "indicator": "Country of Origin Indicator",
}  # fmt: skip
_DAYS_OF_YEAR = 365.25
_HIGHEST_RATE = 30.0  # percent, as in the world's effects
_SMALLEST = 1e-3  # kg
# A box is a group of chapters, origins and tax types. The groups are secret: their members stand
# in for them, with a part of the effect's spread each.
_BOX_OF_TWO, _BOX_OF_THREE = 0.6, 0.8
_MEAN_AMPLITUDE = 0.82  # sd of each of two waves whose joint size is uniform in (0, 2)
# Of an importer's variance on the circle, what it shares with others of the same broker's branch
# or the same seller; judged on own worlds, since places cannot be recovered.
_SHARED_BY_BROKER, _SHARED_BY_SELLER = 0.4, 0.2
_BETWEEN_POINTS = 2.0 / 3.0  # variance on straight lines between points, as a share of theirs
_LARGE_POOL = 80  # sellers seen of a pool that are near their importers, as brokers are
_INTERCEPT_PRECISION = 1e-3


@dataclass
class _Columns:
    """Columns of the design so far, and the prior precision of their coefficients."""

    n: int
    parts: list[csr_matrix] = field(default_factory=list)
    precision: list[FloatArray] = field(default_factory=list)

    def add_codes(
        self, code: IntArray, sd: float | FloatArray, value: FloatArray | None = None
    ) -> None:
        """Add one column per code; `sd` is that of the coefficients, one or one per code."""
        n_codes = int(code.max()) + 1
        value = np.ones(self.n) if value is None else value
        self.parts.append(csr_matrix((value, (np.arange(self.n), code)), shape=(self.n, n_codes)))
        self.precision.append(np.broadcast_to(1.0 / np.square(sd), n_codes).astype(np.float64))

    def add_number(self, value: FloatArray, sd: float) -> None:
        """Add a standardized number."""
        value = (value - value.mean()) / max(float(value.std()), 1e-9)
        self.parts.append(csr_matrix(value[:, None]))
        self.precision.append(np.array([1.0 / sd**2]))

    @property
    def width(self) -> int:
        """Number of columns so far."""
        return sum(part.shape[1] for part in self.parts)


@dataclass(frozen=True)
class Design:
    """Linear form of the log-odds of ordinary declarations, without the importer's own.

    Attributes
    ----------
    columns : csr_matrix, shape (n, n_columns)
        The last one is the intercept's.
    precision : float64 array, shape (n_columns,)
        Prior precision of each coefficient; the prior mean is 0.
    n_segment : int
        Number of first columns that are goods, filing, mass, season and drift.
    importer : int64 array, shape (n,)
    importer_variance : float64 array, shape (n_importers,)
        Of an importer's own log-odds, without the repeat offenders.
    """

    columns: csr_matrix
    precision: FloatArray
    n_segment: int
    importer: IntArray
    importer_variance: FloatArray


def make_design(
    declarations: pd.DataFrame, book: Book, ordinary: FloatArray, configuration: Configuration
) -> Design:
    """Return the linear form of the log-odds of fraud.

    Parameters
    ----------
    declarations : DataFrame, shape (n, 20)
    book : Book
        Of the same declarations.
    ordinary : float64 array, shape (n_importers,)
        Probability that an importer is ordinary; only these have a place on the circle.
    configuration : Configuration
    """
    risk, trade = configuration.risk, configuration.trade
    size = risk.effect_sizes
    scale = risk.segment_sd / np.sqrt(sum(value**2 for value in size.values()))
    code = {name: encode(declarations[column]) for name, column in _CODES.items()}
    code["chapter"] = encode(declarations["HS6 Code"].astype(str).str[:2])
    columns = _Columns(len(declarations))
    for name in ("chapter", *_CODES):
        columns.add_codes(code[name], size[name] * scale * _stretch(code[name]))
    box = number(code["chapter"], code["tax_type"])
    columns.add_codes(box, size["box"] * scale * _BOX_OF_TWO)
    columns.add_codes(number(box, code["origin"]), size["box"] * scale * _BOX_OF_THREE)
    rate = declared_number(declarations, "Tax Rate")
    mass = declared_number(declarations, "Net Mass")
    detour = declarations["Country of Origin"] != declarations["Country of Departure"]
    columns.add_number(np.minimum(rate, _HIGHEST_RATE), size["rate"] * scale)
    columns.add_number(np.asarray(detour, dtype=np.float64), size["detour"] * scale)
    columns.add_number(np.log(np.maximum(mass, _SMALLEST)), size["mass"] * scale)
    columns.add_codes(code["chapter"], risk.drift_size, book.day / book.n_days - 0.5)
    turn = 2.0 * np.pi * book.day / _DAYS_OF_YEAR
    for wave in (np.cos(turn), np.sin(turn)):
        columns.add_codes(code["chapter"], risk.season_size * _MEAN_AMPLITUDE, wave)
    n_segment = columns.width

    variance = _BETWEEN_POINTS * risk.circle_sd**2
    branches = np.maximum(np.bincount(book.declarant) / trade.branch_declarations, 1.0)
    by_broker = _SHARED_BY_BROKER * variance / branches
    columns.add_codes(book.declarant, np.sqrt(risk.declarant_sd**2 + by_broker))
    by_seller = _SHARED_BY_SELLER * variance * np.minimum(_pool_size(book) / _LARGE_POOL, 1.0)
    known = np.asarray(declarations["Seller ID"].notna(), dtype=np.float64)
    seller = encode(declarations["Seller ID"])
    columns.add_codes(seller, np.sqrt(risk.seller_sd**2 + by_seller), known)
    columns.parts.append(csr_matrix(np.ones((len(declarations), 1))))
    columns.precision.append(np.array([_INTERCEPT_PRECISION]))
    own = variance * (1.0 - _SHARED_BY_BROKER / 2.0 - _SHARED_BY_SELLER / 2.0)
    return Design(
        csr_matrix(hstack(columns.parts)),
        np.concatenate(columns.precision),
        n_segment,
        book.importer,
        risk.importer_sd**2 + ordinary * own,
    )


def _stretch(code: IntArray) -> float:
    """Return sd of single effects for sd 1 over declarations: few codes need larger ones."""
    share = np.bincount(code) / len(code)
    return float(1.0 / np.sqrt(max(1.0 - float(share @ share), 0.05)))


def _pool_size(book: Book) -> FloatArray:
    """Return the number of sellers of each seller's only market, 0 for those of several."""
    seller = book.line_traits["seller"]
    market = book.market_of_line[seller.owner]
    served = np.unique(np.stack([seller.code, market], axis=1), axis=0)
    n_markets = np.bincount(served[:, 0], minlength=len(seller.base))
    single = served[n_markets[served[:, 0]] == 1]
    n_sellers = np.bincount(single[:, 1], minlength=int(market.max(initial=0)) + 1)
    size = np.zeros(len(seller.base))
    size[single[:, 0]] = n_sellers[single[:, 1]]
    return size
