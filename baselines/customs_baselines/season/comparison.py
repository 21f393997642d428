"""Strategies over worlds: means, paired differences, and where the rest to the oracle is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, stdev
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from customs_baselines.experiments.differences import write_difference
from customs_baselines.experiments.statistics import t_interval
from customs_data.errors import KitError
from customs_scorer.bootstrap import block_bootstrap_interval
from customs_scorer.season.detection import Detection, summarize_detection

_AGAINST: Final = "exploit"
#: Weeks that are drawn together where one world alone was played.
BLOCK_WEEKS: Final = 4
#: By strategy, by world, the means over seeds.
Worlds = dict[str, dict[str, dict[str, float]]]
#: By strategy, frauds found and declarations opened by week, shape (2, n_weeks).
Weeks = dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class PairedDifference:
    """A strategy's precision minus another's on the same worlds.

    Attributes
    ----------
    mean : float
        Over worlds.
    interval : (float, float) or None
        95 % interval: over several worlds Student's t; on one world a bootstrap of its weeks in
        blocks of four, paired week by week, or None if it has fewer than 20.
    over : {"worlds", "weeks"}
        What the interval is over.
    n_worlds : int
    """

    mean: float
    interval: tuple[float, float] | None
    over: Literal["worlds", "weeks"]
    n_worlds: int


@dataclass(frozen=True)
class StrategySummary:
    """A strategy over worlds.

    Attributes
    ----------
    name : str
    is_reference : bool
        Whether it knows what no office knows.
    n_worlds : int
    scores : dict of str to float
        Means over worlds of ``precision``, ``first_quarter``, ``last_quarter`` (precision),
        ``norm_precision``, ``capped_revenue_recall`` and ``revenue_recall``; those that some world
        does not have are missing.
    error : float or None
        Standard error of the mean precision; None for one world.
    difference : float or None
        Precision minus that of the strategy compared with, on the same worlds; None for itself.
    interval : (float, float) or None
        95 % interval of the difference, as of `PairedDifference`.
    regret : dict of str to float
        ``learner`` = oracle - everything, ``labels`` = everything - strategy, ``chance`` =
        clairvoyant - oracle, as far as these references were played on the same worlds. Their sum
        is what is missing to 1.
    cpu_seconds : float
        Mean over worlds.
    over : {"worlds", "weeks"} or None
        What the interval is over; None without one.
    exploration : dict of str to float
        Means over worlds of ``gain``, ``cost``, ``marginal_yield`` and ``base_rate``
        (`customs_baselines.season.records.account_of`); empty if it does not explore.
    detection : Detection or None
        Over the outbreaks of all worlds; None if there are none.
    """

    name: str
    is_reference: bool
    n_worlds: int
    scores: dict[str, float]
    error: float | None
    difference: float | None
    interval: tuple[float, float] | None
    regret: dict[str, float]
    cpu_seconds: float
    over: Literal["worlds", "weeks"] | None = None
    exploration: dict[str, float] = field(default_factory=dict)
    detection: Detection | None = None

    def write_precision(self) -> str:
        """Return the precision as text, with its standard error if there is one."""
        error = "" if self.error is None else f" ± {self.error:.3f}"
        return f"{self.scores['precision']:.3f}{error}"

    def write_difference(self, nothing: str = "-") -> str:
        """Return the difference as text, with its interval if there is one."""
        if self.difference is None:
            return nothing
        return write_difference(self.difference, self.interval)


def compare_strategies(
    records: Sequence[dict[str, Any]], against: str = _AGAINST
) -> list[StrategySummary]:
    """Summarize records by strategy; seeds are averaged first.

    Parameters
    ----------
    records : sequence of dict
        Of seasons with one rate; those that failed are left out.
    against : str
        Strategy to compare with. Without the default there are no differences.

    Returns
    -------
    list of StrategySummary
        References last, otherwise the highest precision first.

    Raises
    ------
    KitError
        If another one than the default is asked for, but was not played.
    """
    played = sorted({record["strategy"] for record in records})
    if against not in (*played, _AGAINST):
        raise KitError(f"No season of {against!r} was played: choose {', '.join(played)}.")
    worlds, weeks = _by_world(records), _by_week(records)
    of_strategy: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        if not record["error"]:
            of_strategy[record["strategy"]].append(record)
    summaries = [
        _summarize(name, rows, worlds, _pair(name, against, worlds, weeks))
        for name, rows in of_strategy.items()
    ]
    return sorted(summaries, key=lambda it: (it.is_reference, -it.scores["precision"]))


def worth_of_labels(records: Sequence[dict[str, Any]]) -> PairedDifference | None:
    """Return `passive` - `exploit`; None if they were not played on the same worlds.

    Above 0, labels drawn by lot teach more than those that a model chooses: exploring can pay.

    Parameters
    ----------
    records : sequence of dict
        As of `compare_strategies`.
    """
    return _pair("passive", "exploit", _by_world(records), _by_week(records))


def write_worth(worth: PairedDifference) -> str:
    """Return the worth of labels as a sentence."""
    text = f"Labels drawn by lot instead of those that exploit chooses: {_write(worth)}"
    low, high = worth.interval or (-1.0, 1.0)
    if high < 0:
        return f"{text}. They teach less, so that exploring is unlikely to pay."
    if low > 0:
        return f"{text}. They teach more, so that exploring can pay."
    return f"{text}. Which of them teach more is open."


def _write(difference: PairedDifference) -> str:
    return write_difference(difference.mean, difference.interval)


def _by_world(records: Sequence[dict[str, Any]]) -> Worlds:
    rows: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        if not record["error"]:
            rows[record["strategy"]][record["world"]].append(_flat(record))
    return {
        name: {world: _mean(some) for world, some in of_world.items()}
        for name, of_world in rows.items()
    }


def _by_week(records: Sequence[dict[str, Any]]) -> Weeks:
    """Return means over seeds by strategy; empty if records have no weeks."""
    series = defaultdict(list)
    for record in records:
        if not record["error"] and "weeks" in record:
            weeks = record["weeks"]
            numbers = [[it[name] for it in weeks] for name in ("fraud_found", "opened")]
            series[record["strategy"]].append(numbers)
    alike = {name: {len(one[0]) for one in some} for name, some in series.items()}
    return {
        name: np.asarray(np.mean(some, axis=0))
        for name, some in series.items()
        if len(alike[name]) == 1
    }


def _pair(name: str, against: str, worlds: Worlds, weeks: Weeks) -> PairedDifference | None:
    values = _paired(worlds.get(name, {}), worlds.get(against, {}))
    if name == against or not values:
        return None
    if len(values) > 1:
        return PairedDifference(mean(values), t_interval(values), "worlds", len(values))
    interval = None
    n_worlds = len({world for of_world in worlds.values() for world in of_world})
    both = [weeks[it] for it in (name, against) if it in weeks]
    if n_worlds == 1 and len(both) == 2 and both[0].shape == both[1].shape:
        interval = block_bootstrap_interval(*np.stack(both, axis=1), block=BLOCK_WEEKS)
    return PairedDifference(values[0], interval, "weeks", 1)


def _flat(record: dict[str, Any]) -> dict[str, float | None]:
    names = ("precision", "norm_precision", "recall", "capped_revenue_recall", "revenue_recall")
    quarters = {it: record[it]["precision"] for it in ("first_quarter", "last_quarter")}
    return {name: record[name] for name in names} | quarters | {"cpu": record["cpu_seconds"]}


def _mean(rows: Sequence[dict[str, float | None]]) -> dict[str, float]:
    """Return the means of what all rows have."""
    means = {}
    for name in rows[0] if rows else ():
        values = [value for row in rows if (value := row[name]) is not None]
        if len(values) == len(rows):
            means[name] = mean(values)
    return means


def _summarize(
    name: str,
    records: Sequence[dict[str, Any]],
    worlds: Worlds,
    difference: PairedDifference | None,
) -> StrategySummary:
    own = worlds[name]
    is_reference = bool(records[0]["reference"])
    precision = [it["precision"] for it in own.values()]
    regret = {}
    for part, (upper, lower) in {
        "chance": ("clairvoyant", "oracle"),
        "learner": ("oracle", "everything"),
        "labels": ("everything", name),
    }.items():
        values = _paired(worlds.get(upper, {}), worlds.get(lower, {}))
        if values and not is_reference:
            regret[part] = mean(values)
    scores = _mean([dict(it) for it in own.values()])
    interval = None if difference is None else difference.interval
    return StrategySummary(
        name,
        is_reference,
        len(own),
        {key: value for key, value in scores.items() if key != "cpu"},
        stdev(precision) / len(precision) ** 0.5 if len(precision) > 1 else None,
        None if difference is None else difference.mean,
        interval,
        regret,
        scores["cpu"],
        None if difference is None or interval is None else difference.over,
        _mean([it["exploration"] for it in records if "exploration" in it]),
        summarize_detection(one for it in records for one in it.get("detection", ())),
    )


def _paired(upper: dict[str, dict[str, float]], lower: dict[str, dict[str, float]]) -> list[float]:
    return [upper[it]["precision"] - lower[it]["precision"] for it in upper if it in lower]
