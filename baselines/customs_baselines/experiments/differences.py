"""Differences between models on the same worlds: what is sure although worlds differ."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import mean

from customs_baselines.experiments.markdown_tables import markdown_row
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
        Over editions.
    interval : (float, float) or None
        95 % interval, Student's t over editions; None of a single edition.
    n_editions : int
        Editions that both were scored on.
    """

    mean: float
    interval: tuple[float, float] | None
    n_editions: int


def paired_differences(
    results: Results, against: str, *, metric: str = "precision_at_5"
) -> dict[Model, dict[Setting, Difference]]:
    """Compare every model with one of them, edition by edition, on Private.

    Parameters
    ----------
    results : Results
        Of runs over editions.
    against : str
        Name of the model to compare with; of several recipes, its first.
    metric : str
        For example ``precision_at_5``.

    Returns
    -------
    dict
        By model, by setting; settings that only one of the two was scored in are left out.

    Raises
    ------
    KitError
        If `against` was not scored.

    Notes
    -----
    Both models meet the same declarations and the same labels, so what makes a world easy or hard
    for all cancels. Seeds of an edition are averaged first.
    """
    scores = _scores(results, metric)
    base = next((model for model in scores if model[0] == against), None)
    if base is None:
        known = ", ".join(dict.fromkeys(name for name, _ in scores))
        raise KitError(f"The model to compare with must be among {known}, however: {against!r}.")
    found: dict[Model, dict[Setting, Difference]] = {}
    for model, settings in scores.items():
        if model == base:
            continue
        held = {}
        for setting, by_edition in settings.items():
            other = scores[base].get(setting, {})
            values = [by_edition[name] - other[name] for name in by_edition if name in other]
            if values:
                interval = t_interval(values) if len(values) > 1 else None
                held[setting] = Difference(mean(values), interval, len(values))
        if held:
            found[model] = held
    return found


def differences_table(results: Results, against: str) -> str:
    """Return the Markdown table of `paired_differences`: a row a model, a column a setting."""
    found = paired_differences(results, against)
    settings = list(dict.fromkeys(setting for held in found.values() for setting in held))
    linkless = any(not setting[2] for setting in settings)
    lines = [
        markdown_row(["baseline", *(_name(setting, linkless) for setting in settings)]),
        markdown_row(["---", *("---:" for _ in settings)]),
    ]
    for (name, recipe), held in found.items():
        label = f"`{name}`" if recipe in (None, "kit") else f"`{name}`, {recipe}"
        lines.append(markdown_row([label, *(_cell(held.get(setting)) for setting in settings)]))
    counts = sorted({held.n_editions for row in found.values() for held in row.values()})
    caption = (
        f"Precision@5 % on Private minus that of `{against}`, paired over "
        f"{' to '.join(str(n) for n in dict.fromkeys([counts[0], counts[-1]]))} editions; "
        "95 % intervals: Student's t."
    )
    return "\n".join([*lines, "", caption])


def _scores(results: Results, metric: str) -> dict[Model, dict[Setting, dict[str, float]]]:
    """By model, setting and edition: the mean over seeds."""
    found: dict[Model, dict[Setting, dict[str, float]]] = defaultdict(dict)
    for group, runs in results.groups().items():
        found[group.baseline, group.recipe][_setting(group)] = {
            name: mean(values) for name, values in scores_by_edition(runs, metric).items()
        }
    return dict(found)


def _setting(group: Group) -> Setting:
    return group.label_rate, group.erasure, group.with_links


def _name(setting: Setting, linkless: bool) -> str:
    rate, erasure, with_links = setting
    name = f"{100 * rate:g} %"
    name += f" {erasure}" if erasure not in ("none", "random") else ""
    return name + (", no links" if linkless and not with_links else "")


def _cell(difference: Difference | None) -> str:
    if difference is None:
        return "-"
    text = f"{difference.mean:+.3f}"
    if difference.interval is None:
        return text
    low, high = difference.interval
    return f"{text} ({low:+.3f} .. {high:+.3f})"
