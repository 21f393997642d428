"""Noise of the OpenDP library, and what a release costs by its proofs.

Contributions are whole numbers, in units of one `UNIT`-th declaration, so that no rounding of
floating-point numbers breaks the guarantee (Mironov, CCS 2012).
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from math import ceil
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from customs_data.errors import KitError

IntArray = NDArray[np.int64]

#: Units of a declaration.
UNIT: Final = 65_536
#: Only noise from this source keeps the guarantee.
SECURE: Final = "secure"


class Noise(Protocol):
    """What adds noise to tables of whole numbers.

    Attributes
    ----------
    source : str
        `SECURE`, or in words why it is not.
    library : str
        Name and version of the library that draws it.
    """

    source: str
    library: str

    def add(self, sums: IntArray, scale: float) -> IntArray:
        """Return sums with discrete Gaussian noise of a standard deviation, shape (n_cells,)."""
        ...

    def add_above(self, sums: IntArray, scale: float, threshold: int) -> tuple[IntArray, IntArray]:
        """Return places and noisy sums of the cells that reach the threshold with noise."""
        ...


class SecureNoise:
    """OpenDP's discrete Gaussian noise, from the operating system's secure random numbers."""

    source = SECURE

    def __init__(self) -> None:
        _opendp()
        self.library = f"OpenDP {version('opendp')}"

    def add(self, sums: IntArray, scale: float) -> IntArray:
        """Return noisy sums; see `Noise`."""
        measurement = _opendp().m.make_gaussian(*_vectors(), scale=scale)
        return np.array(measurement(sums.tolist()), dtype=np.int64)

    def add_above(self, sums: IntArray, scale: float, threshold: int) -> tuple[IntArray, IntArray]:
        """Return places and noisy sums above the threshold; see `Noise`."""
        measurement = _opendp().m.make_gaussian_threshold(
            *_maps(), scale=scale, threshold=threshold
        )
        released = measurement(dict(enumerate(sums.tolist())))
        places = np.array(sorted(released), dtype=np.int64)
        return places, np.array([released[place] for place in places.tolist()], dtype=np.int64)


@cache
def _opendp() -> Any:
    """Import OpenDP, which only private profiles need."""
    try:
        import opendp.prelude as dp
    except ImportError:
        raise KitError(
            "A private profile needs OpenDP. Install it: pip install 'customs-kit[privacy]'."
        ) from None
    dp.enable_features("contrib")
    return dp


@cache
def _vectors() -> tuple[Any, Any]:
    dp = _opendp()
    return dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64")


@cache
def _maps() -> tuple[Any, Any]:
    dp = _opendp()
    whole = dp.atom_domain(T="i64")
    return dp.map_domain(whole, whole), dp.l02inf_distance(dp.absolute_distance(T="i64"))


def cost_of_known(norm: float, scale: float) -> float:
    """Return rho of noise on known cells; norm and scale in units of a declaration."""
    measurement = _opendp().m.make_gaussian(*_vectors(), scale=scale)
    return float(measurement.map(norm))


def cost_of_thresholded(
    most_cells: int, norm: float, scale: float, threshold: int
) -> tuple[float, float]:
    """Return rho and delta of noise on cells that only the data shows."""
    measurement = _opendp().m.make_gaussian_threshold(*_maps(), scale=scale, threshold=threshold)
    rho, delta = measurement.map((most_cells, ceil(norm), ceil(norm)))
    return float(rho), float(delta)


def epsilon_of(rho: float, delta: float) -> float:
    """Return epsilon of rho-zCDP at a delta.

    References
    ----------
    Bun & Steinke, Concentrated differential privacy, TCC 2016; Canonne, Kamath & Steinke, The
    discrete Gaussian for differential privacy, NeurIPS 2020, proposition 12.
    """
    dp = _opendp()
    whole = dp.atom_domain(T="i64"), dp.absolute_distance(T="f64")
    one = dp.m.make_gaussian(*whole, scale=float((2.0 * rho) ** -0.5))
    return float(dp.c.make_fix_delta(dp.c.make_zCDP_to_approxDP(one), delta).map(1.0)[0])
