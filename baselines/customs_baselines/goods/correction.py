"""Which declarations name the wrong goods, from scores of goods and no label of fraud."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Texts = npt.NDArray[np.str_]


def suspicion(
    codes: Texts, scores: npt.NDArray[np.floating], declared: Texts
) -> npt.NDArray[np.float64]:
    """Return how much better another code of the declared chapter fits than the declared one.

    Only codes of the same chapter count, because whoever hides goods names similar ones: other
    chapters would add doubts about the goods, not about the declaration.

    Parameters
    ----------
    codes : ndarray of str, shape (n, n_candidates)
        Candidates, ``""`` for none.
    scores : ndarray, shape (n, n_candidates)
        Their log probabilities, up to a constant of each row.
    declared : ndarray of str, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n,)
        Best score of the chapter minus that of the declared code, at least 0. A declared code that
        is no candidate counts as the worst one; without candidates of the chapter it is 0.

    Examples
    --------
    >>> codes, scores = np.array([["010121", "010129", "020110"]]), np.array([[2.0, 1.5, 3.0]])
    >>> suspicion(codes, scores, np.array(["010129"]))
    array([0.5])
    """
    given = codes != ""
    finite = np.where(given, scores, np.inf)
    worst = finite.min(axis=1, initial=np.inf)
    is_declared = codes == declared[:, None]
    own = np.where(is_declared, scores, -np.inf).max(axis=1, initial=-np.inf)
    own = np.where(is_declared.any(axis=1), own, worst)
    kin = given & (codes.astype("<U2") == declared.astype("<U2")[:, None])
    best = np.where(kin, scores, -np.inf).max(axis=1, initial=-np.inf)
    return np.where(kin.any(axis=1), np.maximum(best - own, 0.0), 0.0).astype(np.float64)
