"""Where submissions err: by kind of declaration, by level of score, and where all of them miss.

Everything here reads one test period: 'inspected' means the k most suspicious of the rows given.
Numbers of small groups are uncertain; so each table keeps its counts and gives 95 % intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.errors import KitError
from customs_data.proportions import Floats, add_share, ratio
from customs_scorer.calibration import are_probabilities, calibration_table
from customs_scorer.metrics.inspection import gains_of, open_highest

#: What declarations are grouped by, and the column each comes from.
GROUPS: Final = {
    "chapter": "HS6 Code",
    "origin": "Country of Origin",
    "office": "Office ID",
    "month": "Date",
}


@dataclass(frozen=True)
class MissedFrauds:
    """Frauds that every submission misses.

    Attributes
    ----------
    n_fraud : int
        All frauds of the period.
    frauds : DataFrame, shape (n_missed, n_columns)
        Their declared columns, then 'scheme' if known, and 'opened by NAME': the chance that the
        submission opens the declaration (below one half).
    summary : dict of str to DataFrame
        By chapter, and by scheme if known: n_fraud, n_missed, and share_missed with its 95 %
        interval; most missed first.
    """

    n_fraud: int
    frauds: pd.DataFrame
    summary: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class ErrorAnalysis:
    """The errors of several submissions in one period.

    Attributes
    ----------
    by_group : dict of str to DataFrame
        By chapter, origin, office, month, and scheme if known: as `errors_by_group`, with the
        submission as first column.
    calibration : dict of str to DataFrame
        As `calibration_table`, for those submissions whose scores lie in [0, 1] only: other scores
        are no probabilities.
    missed : MissedFrauds
        What every submission misses.
    """

    by_group: dict[str, pd.DataFrame]
    calibration: dict[str, pd.DataFrame]
    missed: MissedFrauds


def analyse_errors(
    declarations: pd.DataFrame,
    y_true: npt.ArrayLike,
    fraud_scores: Mapping[str, npt.ArrayLike],
    rate: float,
    *,
    scheme: npt.ArrayLike | None = None,
) -> ErrorAnalysis:
    """Analyse the errors of submissions in one test period.

    Parameters
    ----------
    declarations : DataFrame, shape (n_declarations, >= 20)
        Declared columns of the period.
    y_true : array_like of int, shape (n_declarations,)
        1 = fraud, 0 = honest.
    fraud_scores : mapping of str to array_like of float, each of shape (n_declarations,)
        Scores by the name of the submission; at least one.
    rate : float
        Inspection rate in (0, 1].
    scheme : array_like of str, shape (n_declarations,), optional
        What the importers really did (organizers, after the close; see `schemes_of`).

    Raises
    ------
    KitError
        If there is no submission; otherwise as `precision_at`.
    """
    groups = {by: group_of(declarations, by) for by in GROUPS}
    if scheme is not None:
        groups["scheme"] = np.asarray(scheme, dtype=object)
    missed = frauds_missed_by_all(declarations, y_true, fraud_scores, rate, scheme=scheme)
    by_group = {}
    for by, group in groups.items():
        tables = [
            errors_by_group(group, y_true, scores, rate).assign(submission=name)
            for name, scores in fraud_scores.items()
        ]
        table = pd.concat(tables, ignore_index=True)
        by_group[by] = table[["submission", *table.columns.drop("submission")]]
    calibration = {
        name: calibration_table(y_true, scores)
        for name, scores in fraud_scores.items()
        if are_probabilities(np.asarray(scores))
    }
    return ErrorAnalysis(by_group, calibration, missed)


def inspection_weights(fraud_score: npt.ArrayLike, rate: float) -> Floats:
    """Chance that each declaration is opened, when ties at the cut are broken at random.

    Parameters
    ----------
    fraud_score : array_like of float, shape (n_declarations,)
        Finite; higher is more suspicious.
    rate : float
        Inspection rate in (0, 1].

    Returns
    -------
    ndarray of float64, shape (n_declarations,)
        In [0, 1]; the sum is k = ceil(rate * n_declarations).

    Notes
    -----
    With a declarations above the cut and t tied at it: 1 above, (k - a) / t at the cut, 0 below.
    So precision@rate is the mean label under these weights.

    Examples
    --------
    >>> inspection_weights([0.9, 0.5, 0.5, 0.1], 0.5).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    return open_highest(fraud_score, [rate])[0].chances()


def group_of(declarations: pd.DataFrame, by: str) -> npt.NDArray[np.object_]:
    """Return the chapter, origin, office or month (YYYY-MM) of each declaration, as text.

    Raises
    ------
    KitError
        If `by` is none of them.
    """
    if by not in GROUPS:
        raise KitError(f"Cannot group errors by {by!r}: choose {', '.join(GROUPS)}.")
    column = declarations[GROUPS[by]]
    if by == "month":
        return np.datetime_as_string(column.to_numpy(), unit="M").astype(object)
    return np.asarray(column.str[:2] if by == "chapter" else column, dtype=object)


def schemes_of(declaration_ids: pd.Series[str], oracle: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Return what the importer really did in each declaration; 'honest' for nothing.

    Parameters
    ----------
    declaration_ids : Series of str, shape (n_declarations,)
        Which declarations, in which order.
    oracle : DataFrame
        Declaration ID and Scheme (`customs_data.edition.hidden.load_oracle`).

    Raises
    ------
    KeyError
        If the oracle does not have one of the declarations.
    """
    scheme = oracle.set_index("Declaration ID")["Scheme"].fillna("").replace("", "honest")
    return np.asarray(scheme.loc[list(declaration_ids)], dtype=object)


def errors_by_group(
    group: npt.ArrayLike, y_true: npt.ArrayLike, fraud_score: npt.ArrayLike, rate: float
) -> pd.DataFrame:
    """Precision and recall in each group of declarations.

    The inspected are the k most suspicious of all rows, not of each group: the table says where
    inspections go and what they find there.

    Parameters
    ----------
    group : array_like of str, shape (n_declarations,)
        `group_of` or `schemes_of`.
    y_true : array_like of int, shape (n_declarations,)
        1 = fraud, 0 = honest.
    fraud_score : array_like of float, shape (n_declarations,)
        Finite; higher is more suspicious.
    rate : float
        Inspection rate in (0, 1].

    Returns
    -------
    DataFrame
        One row per group, larger groups first: group, n_declarations, n_fraud, fraud_rate;
        n_inspected and n_found (expected numbers: ties at the cut count as their expectation),
        share_inspected = n_inspected / n_declarations; precision = n_found / n_inspected and
        recall = n_found / n_fraud, each with the ends of its 95 % interval (``_low``, ``_high``);
        NaN where nothing is inspected, or nothing is fraud.

    Examples
    --------
    Two of four are opened: the first, and one of the second and third.

    >>> table = errors_by_group(list("aabb"), [1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1], 0.5)
    >>> table[["group", "n_inspected", "n_found", "precision", "recall"]].values.tolist()
    [['a', 1.5, 1.0, 0.6666666666666666, 1.0], ['b', 0.5, 0.5, 1.0, 0.5]]
    """
    labels = np.asarray(y_true)
    gains_of(labels, fraud_score, rate)  # refuses what cannot be scored
    weight = inspection_weights(fraud_score, rate)
    rows = pd.DataFrame(
        {
            "group": np.asarray(group, dtype=object),
            "n_declarations": 1,
            "n_fraud": labels.astype(np.int64),
            "n_inspected": weight,
            "n_found": weight * labels,
        }
    )
    table = rows.groupby("group", as_index=False, sort=True).sum()
    fraud_rate = ratio(table["n_fraud"], table["n_declarations"])
    table.insert(3, "fraud_rate", fraud_rate)
    table["share_inspected"] = ratio(table["n_inspected"], table["n_declarations"])
    add_share(table, "precision", "n_found", "n_inspected")
    add_share(table, "recall", "n_found", "n_fraud")
    return table.sort_values("n_declarations", ascending=False, kind="stable", ignore_index=True)


def frauds_missed_by_all(
    declarations: pd.DataFrame,
    y_true: npt.ArrayLike,
    fraud_scores: Mapping[str, npt.ArrayLike],
    rate: float,
    *,
    scheme: npt.ArrayLike | None = None,
) -> MissedFrauds:
    """Frauds that no submission opens with a chance of at least one half.

    Parameters and errors as `analyse_errors`. Above the cut the chance is 1, below it 0; between
    them stand ties at the cut (`inspection_weights`).
    """
    if not fraud_scores:
        raise KitError("Give at least one submission to analyse.")
    fraud = np.asarray(y_true) == 1
    chances = {}
    for name, scores in fraud_scores.items():
        gains_of(y_true, scores, rate)  # refuses what cannot be scored
        chances[f"opened by {name}"] = inspection_weights(scores, rate)
    missed = fraud & (np.max(list(chances.values()), axis=0) < 0.5)
    groups = {"chapter": group_of(declarations, "chapter")}
    known = {}
    if scheme is not None:
        groups["scheme"] = known["scheme"] = np.asarray(scheme, dtype=object)
    beside = pd.DataFrame({**known, **chances}, index=declarations.index)
    return MissedFrauds(
        n_fraud=int(fraud.sum()),
        frauds=pd.concat([declarations, beside], axis=1)[missed].reset_index(drop=True),
        summary={by: _missed_by_group(group[fraud], missed[fraud]) for by, group in groups.items()},
    )


def _missed_by_group(group: npt.NDArray[np.object_], missed: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Share of each group's frauds that are missed, most missed first."""
    rows = pd.DataFrame({"group": group, "n_fraud": 1, "n_missed": missed.astype(np.int64)})
    table = rows.groupby("group", as_index=False, sort=True).sum()
    add_share(table, "share_missed", "n_missed", "n_fraud")
    return table.sort_values("n_missed", ascending=False, kind="stable", ignore_index=True)
