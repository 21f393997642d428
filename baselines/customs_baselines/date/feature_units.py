"""Features of recipe `kit` in the units in which people declare and count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, exp, expm1, floor, isinf, log10
from typing import Final

# Bounds of trees have single precision: digits after the fifth are noise.
_TRUE_DIGITS: Final = 5
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Quantity:
    """A number as people know it, and how to compute it from its feature.

    Attributes
    ----------
    noun : str
        What is measured.
    unit : str
        Text after a number.
    decode : callable
        Number of a feature's value; strictly increasing.
    digits : int
        Significant digits to write.
    """

    noun: str
    unit: str
    decode: Callable[[float], float]
    digits: int = 3

    def between(self, low: float, high: float) -> str:
        """Return ``low <= feature < high`` in words, bounds rounded outward.

        So every declaration that meets the condition meets the words.
        """
        first = "" if isinf(low) else _text(_decoded(self.decode, low), self.digits, up=False)
        last = "" if isinf(high) else _text(_decoded(self.decode, high), self.digits, up=True)
        if first and last:
            return f"{self.noun} from {first} to {last}{self.unit}"
        return f"{self.noun} {f'>= {first}' if first else f'< {last}'}{self.unit}"


def _with_commas(number: int) -> str:
    return f"{number:,}"


@dataclass(frozen=True)
class WholeNumber:
    """A whole number, such as a count or the digits of a chapter.

    Attributes
    ----------
    noun : str
        What is counted.
    decode : callable
        Number of a feature's value; strictly increasing.
    write : callable
        Text of a number.
    """

    noun: str
    decode: Callable[[float], float] = float
    write: Callable[[int], str] = _with_commas

    def between(self, low: float, high: float) -> str:
        """Return ``low <= feature < high`` in words; the words include both ends."""
        first = "" if isinf(low) else self.write(ceil(_decoded(self.decode, low)))
        last = "" if isinf(high) else self.write(ceil(_decoded(self.decode, high)) - 1)
        if first == last:
            return f"{self.noun} = {first}"
        if first and last:
            return f"{self.noun} from {first} to {last}"
        return f"{self.noun} >= {first}" if first else f"{self.noun} <= {last}"


@dataclass(frozen=True)
class Choice:
    """One of a few named values, numbered by the feature.

    Attributes
    ----------
    noun : str
        What is chosen.
    values : tuple of str
        Names of the values.
    first : int
        Number of the first value.
    """

    noun: str
    values: tuple[str, ...]
    first: int = 0

    def between(self, low: float, high: float) -> str:
        """Return ``low <= feature < high`` in words."""
        numbered = enumerate(self.values, start=self.first)
        return f"{self.noun} {' or '.join(name for i, name in numbered if low <= i < high)}"


def _decoded(decode: Callable[[float], float], bound: float) -> float:
    """Number of a bound, without the noise of single precision."""
    value = decode(bound)
    return 0.0 if abs(value) < 10**-_TRUE_DIGITS else float(f"{value:.{_TRUE_DIGITS}g}")


def _text(value: float, digits: int, *, up: bool) -> str:
    """Return a number with some significant digits, rounded up or down."""
    if value == 0:
        return "0"
    step = 10.0 ** (floor(log10(abs(value))) - digits + 1)
    # Divided exactly where it can be: 0.3 / 0.001 is not 300.
    places = round(value / step, _TRUE_DIGITS)
    rounded = (ceil(places) if up else floor(places)) * step
    return f"{float(f'{rounded:.{digits}g}'):,.10g}"


def _percent_of_odds(log_odds: float) -> float:
    return 100 / (1 + exp(-log_odds))


_OF_HS6: Final = "its HS6 Code"
_OF_ORIGIN: Final = "its HS6 Code and Country of Origin"
_READINGS: Final[dict[str, Quantity | WholeNumber | Choice]] = {
    # The offsets are those of the recipe, which takes logarithms of 0 kg and 0 KRW too.
    "log mass": Quantity("Net Mass", " kg", lambda value: exp(value) - 0.1),
    "log price": Quantity("Item Price", " KRW", expm1),
    "log unit price": Quantity("unit price", " KRW per kg", exp),
    "log duty": Quantity("duty", " KRW", expm1),
    "tax rate": Quantity("Tax Rate", " %", float),
    "log unit price against HS6 norm": Quantity("unit price", f" times the norm of {_OF_HS6}", exp),
    "log unit price against HS6 and origin norm": Quantity(
        "unit price", f" times the norm of {_OF_ORIGIN}", exp
    ),
    "log mass against HS6 norm": Quantity("Net Mass", f" times the norm of {_OF_HS6}", exp),
    "log mass against HS6 and origin norm": Quantity(
        "Net Mass", f" times the norm of {_OF_ORIGIN}", exp
    ),
    "weekday": Choice("weekday", _WEEKDAYS),
    "day of month": WholeNumber("day of the month"),
    "month": Choice("month", _MONTHS, first=1),
    "chapter": WholeNumber("HS chapter", write="{:02d}".format),
    "heading": WholeNumber("HS heading", write="{:04d}".format),
}


def reading_of(feature: str) -> Quantity | WholeNumber | Choice:
    """Return how to read a feature that is no code; an unknown one is read as it is.

    Parameters
    ----------
    feature : str
        Name of a feature of recipe `kit`.

    Examples
    --------
    log(1 + 90) = 4.511 and 1 / (1 + exp(0.5586)) = 36.4 %:

    >>> reading_of("count of Declarant ID").between(4.505, float("inf"))
    'training declarations of its Declarant ID >= 90'
    >>> reading_of("risk of Seller ID").between(-0.5586, float("inf"))
    'fraud rate of its Seller ID >= 36 %'
    >>> reading_of("log mass").between(-float("inf"), 6.657)
    'Net Mass < 779 kg'
    >>> reading_of("share of Tax Type in HS6 Code x Country of Origin").between(0.0, 0.7778)
    "its Tax Type's share of its HS6 Code and Country of Origin from 0 to 78 %"
    """
    if feature in _READINGS:
        return _READINGS[feature]
    what, _, of = feature.partition(" of ")
    if what == "count":
        return WholeNumber(f"training declarations of its {_joined(of)}", expm1)
    if what == "evidence":
        return WholeNumber(f"labelled declarations of its {_joined(of)}", expm1)
    if what == "risk":
        return Quantity(f"fraud rate of its {_joined(of)}", " %", _percent_of_odds, digits=2)
    if what == "share":
        fine, _, coarse = of.partition(" in ")
        noun = f"its {fine}'s share of its {_joined(coarse)}"
        return Quantity(noun, " %", lambda value: 100 * value, digits=2)
    return Quantity(feature, "", float)


def _joined(key: str) -> str:
    """Return 'A x B x C' as 'A, B and C'."""
    *first, last = key.split(" x ")
    return f"{', '.join(first)} and {last}" if first else last
