"""Strategies over worlds: means, paired differences, and where the rest to the oracle is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any, Final

from customs_baselines.experiments.differences import write_difference
from customs_baselines.experiments.statistics import t_interval
from customs_data.errors import KitError

_AGAINST: Final = "exploit"


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
        95 % interval of the difference (Student's t over worlds); None for one world.
    regret : dict of str to float
        ``learner`` = oracle - everything, ``labels`` = everything - strategy, ``chance`` =
        clairvoyant - oracle, as far as these references were played on the same worlds. Their sum
        is what is missing to 1.
    cpu_seconds : float
        Mean over worlds.
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
    by_strategy: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        if not record["error"]:
            by_strategy[record["strategy"]][record["world"]].append(_flat(record))
    worlds = {
        name: {world: _mean(rows) for world, rows in of_world.items()}
        for name, of_world in by_strategy.items()
    }
    is_reference = {record["strategy"]: bool(record["reference"]) for record in records}
    summaries = [_summarize(name, worlds, is_reference[name], against) for name in worlds]
    return sorted(summaries, key=lambda it: (it.is_reference, -it.scores["precision"]))


def _flat(record: dict[str, Any]) -> dict[str, float | None]:
    names = ("precision", "norm_precision", "recall", "capped_revenue_recall", "revenue_recall")
    quarters = {it: record[it]["precision"] for it in ("first_quarter", "last_quarter")}
    return {name: record[name] for name in names} | quarters | {"cpu": record["cpu_seconds"]}


def _mean(rows: Sequence[dict[str, float | None]]) -> dict[str, float]:
    """Return the means of what all rows have."""
    means = {}
    for name in rows[0]:
        values = [value for row in rows if (value := row[name]) is not None]
        if len(values) == len(rows):
            means[name] = mean(values)
    return means


def _summarize(
    name: str, worlds: dict[str, dict[str, dict[str, float]]], is_reference: bool, against: str
) -> StrategySummary:
    own = worlds[name]
    precision = [it["precision"] for it in own.values()]
    differences = _paired(own, worlds.get(against, {})) if name != against else []
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
    return StrategySummary(
        name,
        is_reference,
        len(own),
        {key: value for key, value in scores.items() if key != "cpu"},
        stdev(precision) / len(precision) ** 0.5 if len(precision) > 1 else None,
        mean(differences) if differences else None,
        t_interval(differences) if len(differences) > 1 else None,
        regret,
        scores["cpu"],
    )


def _paired(upper: dict[str, dict[str, float]], lower: dict[str, dict[str, float]]) -> list[float]:
    return [upper[it]["precision"] - lower[it]["precision"] for it in upper if it in lower]
