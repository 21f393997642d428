"""Differences between models on the same editions: certain even where editions differ."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import mean

from customs_baselines.catalogue import marks_of
from customs_baselines.experiments.markdown_tables import capitalized, markdown_row
from customs_baselines.experiments.result_rows import Group, Results
from customs_baselines.experiments.statistics import scores_by_edition, t_interval
from customs_data.errors import KitError

#: Label rate, erasure, and whether the worlds have links.
Setting = tuple[float, str, bool]
#: Model and recipe.
Model = tuple[str, str | None]


@dataclass(frozen=True)
class Difference:
    """A model's score minus that of the model it is compared with.

    Attributes
    ----------
    mean : float
        Mean over editions.
    interval : (float, float) or None
        95 % interval, Student's t over editions; None for a single edition.
    n_editions : int
        Editions that both models were scored on.
    """

    mean: float
    interval: tuple[float, float] | None
    n_editions: int


def paired_differences(results: Results, against: str) -> dict[Model, dict[Setting, Difference]]:
    """Compare every model with one of them, edition by edition: the first metric on Private.

    Parameters
    ----------
    results : Results
        Runs over editions.
    against : str
        Name of the model to compare with; if it was run with several recipes, its first.

    Returns
    -------
    dict
        By model, by setting; settings in which only one of the two was scored are left out.

    Raises
    ------
    KitError
        If `against` was not scored.

    Notes
    -----
    Both models see the same declarations and labels, so whatever makes a world easy or hard for all
    models cancels. Seeds of an edition are averaged first.
    """
    scores = _scores(results)
    base = next((model for model in scores if model[0] == against), None)
    if base is None:
        known = ", ".join(dict.fromkeys(name for name, _ in scores))
        raise KitError(f"No results of {against!r} to compare with. Choose from {known}.")
    differences: dict[Model, dict[Setting, Difference]] = {}
    for model, settings in scores.items():
        if model == base:
            continue
        by_setting = {}
        for setting, by_edition in settings.items():
            other = scores[base].get(setting, {})
            values = [by_edition[name] - other[name] for name in by_edition if name in other]
            if values:
                interval = t_interval(values) if len(values) > 1 else None
                by_setting[setting] = Difference(mean(values), interval, len(values))
        if by_setting:
            differences[model] = by_setting
    return differences


def differences_table(results: Results, against: str) -> str:
    """Return the table of `paired_differences`: one row per model, one column per setting."""
    differences = paired_differences(results, against)
    settings = list(dict.fromkeys(setting for row in differences.values() for setting in row))
    linkless = any(not setting[2] for setting in settings)
    lines = [
        markdown_row(["baseline", *(_name(setting, linkless) for setting in settings)]),
        markdown_row(["---", *("---:" for _ in settings)]),
    ]
    transductive = {run["baseline"] for run in results.runs if run["transductive"]}
    for (name, recipe), row in differences.items():
        label = f"`{name}`" if recipe in (None, "kit") else f"`{name}`, {recipe}"
        label += marks_of(name, name in transductive, results.task)
        lines.append(markdown_row([label, *(_cell(row.get(setting)) for setting in settings)]))
    counts = sorted({cell.n_editions for row in differences.values() for cell in row.values()})
    title = capitalized(results.metrics.ranked[0].title)
    caption = (
        f"{title} on Private minus that of `{against}`, paired over "
        f"{' to '.join(str(n) for n in dict.fromkeys([counts[0], counts[-1]]))} editions; "
        "95 % intervals: Student's t."
    )
    return "\n".join([*lines, "", caption])


def _scores(results: Results) -> dict[Model, dict[Setting, dict[str, float]]]:
    """Mean over seeds by model, setting and edition."""
    metric = results.metrics.ranked[0].name
    scores: dict[Model, dict[Setting, dict[str, float]]] = defaultdict(dict)
    for group, runs in results.groups().items():
        scores[group.baseline, group.recipe][_setting(group)] = {
            name: mean(values) for name, values in scores_by_edition(runs, metric).items()
        }
    return dict(scores)


def _setting(group: Group) -> Setting:
    return group.label_rate, group.erasure, group.with_links


def _name(setting: Setting, linkless: bool) -> str:
    rate, erasure, with_links = setting
    name = f"{100 * rate:g} %"
    name += f" {erasure}" if erasure not in ("none", "random") else ""
    return name + (", no links" if linkless and not with_links else "")


def _cell(difference: Difference | None) -> str:
    return "-" if difference is None else write_difference(difference.mean, difference.interval)


def write_difference(mean: float, interval: tuple[float, float] | None) -> str:
    """Return a difference as text, with its 95 % interval if there is one.

    Examples
    --------
    >>> write_difference(0.02, (-0.01, 0.05))
    '+0.020 (-0.010 .. +0.050)'
    """
    if interval is None:
        return f"{mean:+.3f}"
    low, high = interval
    return f"{mean:+.3f} ({low:+.3f} .. {high:+.3f})"
