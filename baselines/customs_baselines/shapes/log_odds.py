"""Log-odds of probabilities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import logit


def log_odds(p: npt.ArrayLike, least: float) -> npt.NDArray[np.float64]:
    """Return the log-odds of probabilities, in their shape.

    Those closer to 0 or 1 than `least` count as this: a model that is certain has no log-odds.
    """
    return np.asarray(logit(np.clip(p, least, 1.0 - least)))
