"""Elementary functions that give the same last bit on every machine.

numpy's ``exp``, ``log`` and pairwise ``sum`` differ in the last bit between instruction sets. A
label is the result of ``u < p``, so one bit could flip it on another machine and break the
commitment. These versions use only operations that IEEE 754 defines exactly: ``+ - * /``, the
square root and scaling by powers of two. Each numpy call is a separate operation, so no compiler
can fuse a multiplication into an addition.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_LOG2_HIGH = 6.93147180369123816490e-01  # ln 2 in two pieces (fdlibm e_exp.c, 1995), so that
_LOG2_LOW = 1.90821492927058770002e-10  # k * high is exact for the |k| < 1,100 that occur
_INVERSE_LOG2 = 1.44269504088896338700

# Taylor coefficients 1/n!, n = 13 .. 0: on |r| <= ln(2)/2 the remainder is below 1e-17.
_EXP_COEFFICIENTS = (
    1.6059043836821613e-10,
    2.08767569878681e-09,
    2.505210838544172e-08,
    2.755731922398589e-07,
    2.7557319223985893e-06,
    2.48015873015873e-05,
    1.984126984126984e-04,
    1.388888888888889e-03,
    8.333333333333333e-03,
    4.1666666666666664e-02,
    1.6666666666666666e-01,
    0.5,
    1.0,
    1.0,
)

# Rational approximations of the normal quantile, accurate to 1e-16: Wichura, M. J. (1988),
# Algorithm AS 241, PPND16, Applied Statistics 37(3), highest power first.
_CENTRE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
     4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
     1.3314166789178437745e2, 3.3871328727963666080e0),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
     2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
     4.2313330701600911252e1, 1.0),
)  # fmt: skip
_SHOULDER = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
     4.63033784615654529590e0, 1.42343711074968357734e0),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
     2.05319162663775882187e0, 1.0),
)  # fmt: skip
_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
     5.46378491116411436990e0, 6.65790464350110377720e0),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def _polynomial(x: FloatArray, coefficients: tuple[float, ...]) -> FloatArray:
    """Evaluate a polynomial by Horner's rule, highest power first, one rounding per step."""
    value = coefficients[0] * x
    value += coefficients[1]
    for coefficient in coefficients[2:]:
        value *= x
        value += coefficient
    return value


def exponential(x: FloatArray) -> FloatArray:
    """Return e to the power x, bit-identical on every machine.

    Parameters
    ----------
    x : float64 array
        Any shape; clipped to [-700, 700].

    Returns
    -------
    float64 array of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> exponential(np.array([0.0, 1.0])).round(6).tolist()
    [1.0, 2.718282]
    """
    clipped = np.clip(np.asarray(x, dtype=np.float64), -700.0, 700.0)
    power = np.rint(clipped * _INVERSE_LOG2)
    remainder = (clipped - power * _LOG2_HIGH) - power * _LOG2_LOW
    return np.ldexp(_polynomial(remainder, _EXP_COEFFICIENTS), power.astype(np.int32))


def logarithm(x: FloatArray) -> FloatArray:
    """Return the natural logarithm, bit-identical on every machine.

    Parameters
    ----------
    x : float64 array
        Any shape; positive.

    Returns
    -------
    float64 array of the same shape.

    Notes
    -----
    x = m 2^k with m in [sqrt(1/2), sqrt 2); ln m = 2 artanh((m - 1) / (m + 1)) as a series.

    Examples
    --------
    >>> import numpy as np
    >>> logarithm(np.array([1.0, 10.0])).round(6).tolist()
    [0.0, 2.302585]
    """
    mantissa, power = np.frexp(np.asarray(x, dtype=np.float64))
    low = mantissa < 0.7071067811865476
    mantissa = np.where(low, mantissa * 2.0, mantissa)
    power = power.astype(np.float64) - low
    ratio = (mantissa - 1.0) / (mantissa + 1.0)
    series = _polynomial(ratio * ratio, tuple(2.0 / n for n in range(23, 0, -2)))
    return power * _LOG2_HIGH + (power * _LOG2_LOW + ratio * series)


def logistic(x: FloatArray) -> FloatArray:
    """Return the probability of log-odds x, 1 / (1 + e^-x), in [0, 1]."""
    return 1.0 / (1.0 + exponential(-x))


def normal_quantile(u: FloatArray) -> FloatArray:
    """Return the standard normal quantile of `u`.

    Parameters
    ----------
    u : float64 array
        Any shape, in the open interval (0, 1).

    Returns
    -------
    float64 array of the same shape.

    References
    ----------
    Wichura, M. J. (1988). Algorithm AS 241. Applied Statistics 37(3), 477-484.

    Examples
    --------
    >>> import numpy as np
    >>> normal_quantile(np.array([0.5, 0.975])).round(6).tolist()
    [0.0, 1.959964]
    """
    shape = np.shape(u)
    flat = np.asarray(u, dtype=np.float64).reshape(-1)
    centred = flat - 0.5
    square = 0.180625 - centred * centred
    value = centred * _polynomial(square, _CENTRE[0]) / _polynomial(square, _CENTRE[1])
    outer = np.flatnonzero(square < 0.0)
    if len(outer):
        share = np.minimum(flat[outer], 1.0 - flat[outer])
        root = np.sqrt(-logarithm(share))
        near = root - 1.6
        outside = _polynomial(near, _SHOULDER[0]) / _polynomial(near, _SHOULDER[1])
        ends = np.flatnonzero(root > 5.0)  # of shares below 1e-10: hardly ever
        far = root[ends] - 5.0
        outside[ends] = _polynomial(far, _TAIL[0]) / _polynomial(far, _TAIL[1])
        value[outer] = np.where(centred[outer] < 0.0, -outside, outside)
    return value.reshape(shape)


def trimmed_quantile(u: FloatArray, tail: float) -> FloatArray:
    """Return the quantile of a normal distribution without the share `tail` on either side."""
    return normal_quantile(tail + (1.0 - 2.0 * tail) * u)


def wave(turns: FloatArray) -> FloatArray:
    """Return a smooth wave of period 1 and amplitude 1: two parabolas in place of the sine.

    The last bit of the library's sine differs between machines. The wave differs from the sine by
    at most .06.
    """
    turn = turns - np.floor(turns)
    half = turn - 0.5
    return np.where(turn < 0.5, 16.0 * turn * (0.5 - turn), -16.0 * half * (0.5 - half))


def ordered_sum(x: FloatArray) -> float:
    """Add from first to last; numpy's sum adds in an order that depends on the machine."""
    return float(np.cumsum(x)[-1]) if len(x) else 0.0
