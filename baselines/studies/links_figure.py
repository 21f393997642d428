"""Figure: precision with and without the links that rings leave, paired by secret."""

from __future__ import annotations

from collections import defaultdict
from statistics import mean
from typing import TYPE_CHECKING, Final

from customs_baselines.experiments.result_rows import Results
from customs_baselines.experiments.statistics import scores_by_edition, t_interval
from customs_data.errors import KitError
from studies.world_figures.style import HONEST, INK, RULE, SOFT, new_panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_METRIC: Final = "precision_at_5"
_ERASURES: Final = ("none", "random")
_DASHES: Final = (0, (4, 1.5))

#: Label rate -> secret's seed -> scores with and without links.
Pairs = dict[float, dict[int, tuple[float, float]]]


def draw_links(results: Results) -> Figure:
    """Draw one column per model: both curves with 95 % intervals, and the gain below.

    Parameters
    ----------
    results : Results
        Results of a grid over worlds of the same seeds, with and without links.

    Raises
    ------
    KitError
        If no model was scored in both.
    """
    models = list(dict.fromkeys(group.baseline for group in results.groups()))
    pairs = {model: paired_scores(results, model) for model in models}
    models = [model for model in models if pairs[model]]
    if not models:
        raise KitError(
            "No model of these results was scored with and without links in worlds of one seed."
        )
    figure, panels = new_panels(2, len(models), height=6.0, sharey="row", sharex=True)
    for column, model in enumerate(models):
        _draw_curves(panels[0, column], pairs[model])
        _draw_ceiling(panels[0, column], results)
        _draw_gain(panels[1, column], pairs[model])
        # Panels are narrower than long names.
        panels[0, column].set_title("_\n".join(model.rsplit("_", 1)), fontsize="small")
    panels[0, 0].set_ylabel("precision@5 %")
    panels[0, 0].set_ylim(0, 1)
    panels[1, 0].set_ylabel("gain from links")
    rates = sorted({rate for by_rate in pairs.values() for rate in by_rate})
    panels[1, 0].set_xscale("log")
    panels[1, 0].set_xticks(rates, [f"{100 * rate:g}" for rate in rates])
    panels[1, 0].set_xlim(rates[0] / 1.4, rates[-1] * 1.4)
    panels[1, 0].minorticks_off()
    panels[1, len(models) // 2].set_xlabel("labelled training declarations, %")
    n_worlds = max(len(scores) for by_rate in pairs.values() for scores in by_rate.values())
    _explain(figure, n_worlds)
    return figure


def paired_scores(results: Results, model: str) -> Pairs:
    """Return the scores of a model on Private in worlds run with and without links.

    Parameters
    ----------
    results : Results
        Runs with all labels, or with labels erased at random, count; others are ignored.
    model : str
        Name of the model.
    """
    scores: dict[float, dict[int, dict[bool, float]]] = defaultdict(lambda: defaultdict(dict))
    for group, runs in results.groups().items():
        if group.baseline == model and group.erasure in _ERASURES:
            for name, values in scores_by_edition(runs, _METRIC).items():
                seed = results.editions[name].get("seed")
                if seed is not None:
                    scores[group.label_rate][seed][group.with_links] = mean(values)
    pairs = {
        rate: {seed: (both[True], both[False]) for seed, both in by_seed.items() if len(both) == 2}
        for rate, by_seed in scores.items()
    }
    return {rate: by_seed for rate, by_seed in sorted(pairs.items()) if by_seed}


def _draw_curves(axes: Axes, pairs: Pairs) -> None:
    rates = list(pairs)
    for setting, color, style, mark in ((0, HONEST, "-", "o"), (1, SOFT, _DASHES, "s")):
        scores = [[both[setting] for both in by_seed.values()] for by_seed in pairs.values()]
        axes.plot(
            rates,
            [mean(values) for values in scores],
            color=color,
            linestyle=style,
            linewidth=2.2,
            marker=mark,
        )
        if min(len(values) for values in scores) > 1:
            low, high = zip(*(t_interval(values) for values in scores), strict=True)
            axes.fill_between(rates, low, high, color=color, alpha=0.18, linewidth=0)
    axes.grid(visible=True, axis="y", linewidth=0.6)


def _draw_ceiling(axes: Axes, results: Results) -> None:
    ceilings = [
        edition["ceiling"]["private"][_METRIC]
        for edition in results.linked_editions()
        if edition.get("ceiling")
    ]
    if ceilings:
        axes.axhline(mean(ceilings), color=SOFT, linewidth=1, linestyle=":")
        axes.text(
            0.03,
            mean(ceilings) + 0.015,
            "ceiling",
            transform=axes.get_yaxis_transform(),
            color=SOFT,
            fontsize=10.5,
        )


def _draw_gain(axes: Axes, pairs: Pairs) -> None:
    axes.axhline(0, color=SOFT, linewidth=1)
    for rate, by_seed in pairs.items():
        gains = [linked - unlinked for linked, unlinked in by_seed.values()]
        if len(gains) > 1:
            axes.plot([rate, rate], t_interval(gains), color=RULE, linewidth=6, zorder=1)
        axes.scatter([rate] * len(gains), gains, color=SOFT, s=16, linewidths=0, zorder=2)
        axes.plot([rate], [mean(gains)], color=INK, marker="_", markersize=13, markeredgewidth=2.4)
    axes.grid(visible=True, axis="y", linewidth=0.6)


def _explain(figure: Figure, n_worlds: int) -> None:
    from matplotlib.lines import Line2D

    figure.legend(
        handles=[
            Line2D([], [], color=HONEST, linewidth=2.2, marker="o", label="with links"),
            Line2D(
                [],
                [],
                color=SOFT,
                linewidth=2.2,
                marker="s",
                linestyle=_DASHES,
                label=f"without links (the same {n_worlds} secrets)",
            ),
        ],
        loc="outside upper center",
        ncols=2,
    )
