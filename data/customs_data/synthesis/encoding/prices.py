"""Unit prices: each product's average, with noise, and a declaration's ratio to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from customs_data.synthesis.encoding.rows import Floats, Ints

# Largest |ln(price / average)|: beyond e^12, cells are wrong.
_WIDEST: Final = 12.0
# Large noise must not make a price negative.
_LEAST_FACTOR: Final = 0.05


@dataclass(frozen=True)
class UnitPrices:
    """Average price per kilogram of each product.

    Attributes
    ----------
    average : ndarray of float64, shape (n_products,)
        KRW per kg: geometric mean over the source's declarations with a price; 0 for a product
        without any.
    issued : ndarray of float64, shape (n_products,)
        Averages with Gaussian noise, rounded like the source's; drawn prices are based on them.
    """

    average: Floats
    issued: Floats

    @classmethod
    def of(
        cls,
        product: Ints,
        mass: Floats,
        price: Floats,
        *,
        noise: float,
        decimals: int,
        rng: np.random.Generator,
    ) -> Self:
        """Average the prices of a source.

        Parameters
        ----------
        product : ndarray of int64, shape (n_declarations,)
        mass, price : ndarray of float64, shape (n_declarations,)
            kg (above zero), KRW.
        noise : float
            Standard deviation of the noise, as a share of the average.
        decimals : int
            Decimals of issued prices.
        rng : Generator
            Random numbers of the noise.
        """
        n_products = int(product.max()) + 1
        known = price > 0
        size = np.bincount(product[known], minlength=n_products)
        unit = np.log(price[known] / mass[known])
        total = np.bincount(product[known], weights=unit, minlength=n_products)
        average = np.where(size > 0, np.exp(total / np.maximum(size, 1)), 0.0)
        noisy = average * np.maximum(1 + noise * rng.standard_normal(n_products), _LEAST_FACTOR)
        return cls(average, np.round(noisy, decimals))

    def residual(self, product: Ints, mass: Floats, price: Floats) -> Floats:
        """Return ln(price / (mass * average)); 0 where the price is zero."""
        ratio = np.ones(len(price))
        known = price > 0
        ratio[known] = price[known] / (mass[known] * self.average[product[known]])
        return np.clip(np.log(ratio), -_WIDEST, _WIDEST)

    def unit_price(self, product: Ints, residual: Floats, decimals: int) -> Floats:
        """Return the rounded price per kilogram of each declaration, KRW."""
        return np.round(self.issued[product] * np.exp(residual), decimals)
