"""Made-up declarations for tests: a few risky importers and underpriced goods.

All other columns are independent, so this is no benchmark.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.schema import COLUMN

_FIRST_DAY: Final = np.datetime64("2020-01-01")
_N_DAYS: Final = 547  # to 2021-06-30: 12, 3 and 3 months, as in the paper
PERIOD_STARTS: Final = (np.datetime64("2021-01-01"), np.datetime64("2021-04-01"))

_GOODS: Final = {  # HS6 code: (ad valorem rate in percent, KRW per kg)
    "071080": (27.0, 2_000.0),
    "330499": (6.5, 60_000.0),
    "392690": (8.0, 9_000.0),
    "420292": (8.0, 25_000.0),
    "610910": (13.0, 30_000.0),
    "640399": (13.0, 45_000.0),
    "850440": (0.0, 40_000.0),
    "870899": (8.0, 15_000.0),
    "902710": (0.0, 250_000.0),
    "950300": (8.0, 18_000.0),
}
_CODES: Final = {
    "Office ID": ["40", "20", "30", "16"],
    "Process Type": ["B"],
    "Import Type": ["11", "11", "87", "94"],
    "Import Use": ["21", "21", "11"],
    "Payment Type": ["11", "43", "18"],
    "Mode of Transport": ["10", "40"],
    "Tax Type": ["A", "C", "FCN1"],
    "Country of Origin Indicator": ["E", "G", "Y"],
}


def make_sample(n_declarations: int = 6000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Make up declarations of three periods.

    Parameters
    ----------
    n_declarations : int
        Number of declarations in total, at least 200.
    seed : int
        The same seed gives the same declarations under one version of NumPy.

    Returns
    -------
    dict of str to DataFrame
        ``train``, ``public`` and ``private``: all 22 columns, fully labelled.
    """
    rng = np.random.default_rng(seed)
    n = n_declarations
    importer = rng.zipf(1.5, n) % max(n // 8, 20)
    risky_importer = rng.random(int(importer.max()) + 1) < 0.15
    hs6 = rng.choice(list(_GOODS), n)
    rate, unit_price = (np.array([_GOODS[code][i] for code in hs6]) for i in (0, 1))
    mass = np.round(np.exp(rng.normal(4.0, 1.8, n)), 1) + 0.1
    discount = rng.normal(0.0, 0.5, n)
    logit = -2.4 + 1.8 * risky_importer[importer] - 1.1 * discount + 0.03 * rate
    fraud = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(np.int8)
    columns: dict[str, Any] = {
        "Declaration ID": (rng.choice(90_000_000, n, replace=False) + 10_000_000).astype(str),
        "Date": _FIRST_DAY + np.sort(rng.integers(0, _N_DAYS, n)),
        **{name: rng.choice(values, n) for name, values in _CODES.items()},
        "Declarant ID": _ids("DEC", importer % 17),
        "Importer ID": _ids("IMP", importer),
        "Seller ID": _with_gaps(_ids("SEL", rng.integers(0, max(n // 6, 5), n)), rng, 0.1),
        "Courier ID": _with_gaps(_ids("COU", rng.integers(0, 9, n)), rng, 0.8),
        "HS6 Code": hs6,
        "Country of Departure": rng.choice(["CN", "JP", "US", "DE", "VN"], n),
        "Country of Origin": rng.choice(["CN", "JP", "US", "DE", "VN"], n),
        "Tax Rate": rate,
        "Net Mass": mass,
        "Item Price": np.round(mass * unit_price * np.exp(discount)),
        "Fraud": fraud,
        "Critical Fraud": (fraud + (fraud * rng.random(n) > 0.95)).astype(np.int8),
    }
    frame = pd.DataFrame({name: columns[name] for name in COLUMN})
    frame = frame.astype({name: column.dtype for name, column in COLUMN.items()})
    period = np.searchsorted(np.array(PERIOD_STARTS), frame["Date"].to_numpy(), side="right")
    return {
        name: frame[period == i].reset_index(drop=True)
        for i, name in enumerate(("train", "public", "private"))
    }


def _ids(prefix: str, numbers: npt.NDArray[Any]) -> npt.NDArray[np.str_]:
    return np.array([f"{prefix}{number:04d}" for number in numbers])


def _with_gaps(ids: npt.NDArray[np.str_], rng: np.random.Generator, share: float) -> pd.Series[Any]:
    """Leave a share of the cells empty."""
    return pd.Series(ids).mask(rng.random(len(ids)) < share)
