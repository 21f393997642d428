"""Tables of what the adversary reached: scores by labels, and each target met or missed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

import click

from customs_baselines.catalogue import list_baselines, marks_of
from customs_baselines.experiments.markdown_tables import put_table
from customs_baselines.experiments.results_file import load_grid_results, read_json
from customs_data.errors import KitError
from studies.script import Study
from studies.worlds_table import Target

#: Those who know how a world is built, and the tuned table: no part of "best shipped model".
YARDSTICKS: Final = tuple(baseline.name for baseline in list_baselines() if baseline.is_yardstick)
ADVERSARY: Final = "structured_likelihood"
TEAM: Final = "lightgbm_team"
GRAPH: Final = ("graphfc", "graphfc_transductive", "mixed_effects_graph", "xgboost_graph")
RATES: Final = (1.0, 0.1, 0.02, 0.01)

#: precision@5 % on Private by edition.
Scores = dict[str, float]


@dataclass(frozen=True)
class Models:
    """Scores of the models on the worlds of the study.

    Attributes
    ----------
    linked, unlinked : dict of Scores
        By (model, label rate); worlds as they are, and without the links of clusters.
    transductive : frozenset of str
        Models that read the declarations they scored.
    """

    linked: dict[tuple[str, float], Scores]
    unlinked: dict[tuple[str, float], Scores]
    transductive: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """The models, in the order of their names."""
        return sorted({name for name, _ in self.linked})

    def best(self, rate: float, names: tuple[str, ...] | None = None) -> str | None:
        """Return the model with the highest mean of those named, by default of the shipped ones.

        Only models that were run on every world count: means over fewer are means over others.
        """
        known = {
            name: self.linked[name, rate]
            for name in self.names
            if (name, rate) in self.linked
            and (name in names if names is not None else name not in YARDSTICKS)
        }
        n_worlds = max(map(len, known.values()), default=0)
        means = {name: mean(by.values()) for name, by in known.items() if len(by) == n_worlds}
        return max(means, key=means.__getitem__) if means else None


def read_models(paths: tuple[Path, ...], editions: set[str]) -> Models:
    """Read results files of grids: runs on some editions, with labels erased at random.

    Raises
    ------
    KitError
        If a file is none of a grid.
    """
    linked: dict[tuple[str, float], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    unlinked: dict[tuple[str, float], dict[str, list[float]]] = defaultdict(
        lambda: defaultdict(list)
    )
    transductive = set()
    for path in paths:
        results = load_grid_results(path)
        for run in results.runs.values():
            name = run["edition"].removesuffix("-without-links")
            usual = "error" not in run and run["erasure"] in ("none", "random")
            if not usual or name not in editions:
                continue
            part = linked if results.editions[run["edition"]]["with_links"] else unlinked
            score = run["private"]["precision_at_5"]
            part[run["baseline"], run["label_rate"]][name].append(score)
            if run["transductive"]:
                transductive.add(run["baseline"])
    return Models(_means(linked), _means(unlinked), frozenset(transductive))


def _means(
    part: dict[tuple[str, float], dict[str, list[float]]],
) -> dict[tuple[str, float], Scores]:
    """Average the seeds of each edition."""
    return {
        key: {edition: mean(values) for edition, values in of_key.items()}
        for key, of_key in part.items()
    }


def adversary_tables(measures: Path, grids: tuple[Path, ...]) -> dict[str, str]:
    """Return the tables by the name of their markers in a document.

    Parameters
    ----------
    measures : path
        Results of `studies.adversary.measure_without_labels`.
    grids : tuple of path
        Results files of grids with the same worlds.

    Raises
    ------
    KitError
        If a file cannot be read or contains something else.
    """
    content: Any = read_json(measures)
    worlds = content.get("worlds") if isinstance(content, dict) else None
    if not isinstance(worlds, dict) or not worlds:
        raise KitError(f"{measures} does not contain measures of `studies.adversary`.")
    models = read_models(grids, {f"world-{seed}" for seed in worlds})
    return {
        "adversary targets": targets_table(models, worlds),
        "adversary models": models_table(models, worlds),
        "adversary measures": measures_table(worlds),
    }


def models_table(models: Models, worlds: dict[str, dict[str, float]]) -> str:
    """Return mean and standard error of each model by share of the labels, as Markdown."""
    head = [*(f"{100 * rate:g} %" for rate in RATES), "none"]
    lines = [f"| | {' | '.join(head)} |", f"| --- |{' ---: |' * len(head)}"]
    without = {
        name.split(",")[0] for values in worlds.values() for name in values if "no l" in name
    }
    for name in sorted({*models.names, *without}):
        cells = [_cell(list(models.linked.get((name, rate), {}).values())) for rate in RATES]
        row = f"{name}, no labels, better orientation"
        cells.append(_cell([world[row] for world in worlds.values() if row in world]))
        marks = marks_of(name, name in models.transductive)
        lines.append(f"| `{name}`{marks} | {' | '.join(cells)} |")
    fewer = {len(scores) for scores in models.linked.values()} - {len(worlds)}
    some = f" (of some models over {min(fewer)})" if fewer else ""
    lines += [
        "",
        f"Precision@5 % on Private, mean ± standard error over {len(worlds)} worlds{some}. Without "
        "labels, the better orientation of the score.",
    ]
    return "\n".join(lines)


def measures_table(worlds: dict[str, dict[str, float]]) -> str:
    """Return mean and standard error of what was measured without models of the catalogue."""
    lines = ["| | mean ± standard error |", "| --- | ---: |"]
    names = dict.fromkeys(name for values in worlds.values() for name in values)
    lines += [
        f"| {name} | {_cell([w[name] for w in worlds.values() if name in w])} |"
        for name in names
        if "no labels" not in name
    ]
    return "\n".join(lines)


def targets_table(models: Models, worlds: dict[str, dict[str, float]]) -> str:
    """Return each target with what was measured, and whether the mean meets it, as Markdown."""
    lines = [
        "| target | mean ± standard error | wanted | met |",
        "| --- | ---: | --- | --- |",
    ]
    for name, values, target in _targets(models, worlds):
        verdict = "not measured"
        if values:
            verdict = "yes" if target.holds(mean(values)) else "**no**"
        lines.append(f"| {name} | {_cell(values)} | {target} | {verdict} |")
    return "\n".join(lines)


def _targets(
    models: Models, worlds: dict[str, dict[str, float]]
) -> list[tuple[str, list[float], Target]]:
    """Return name, values by world and target of each row."""
    edition = {f"world-{seed}": values for seed, values in worlds.items()}
    rows: list[tuple[str, list[float], Target]] = []

    def scores(name: str | None, rate: float) -> Scores:
        return models.linked.get((name or "", rate), {})

    def measured(name: str) -> Scores:
        return {world: values[name] for world, values in edition.items() if name in values}

    for more, less, low in ((1.0, 0.1, 0.10), (0.1, 0.02, 0.08)):
        lost = _less(scores(ADVERSARY, more), scores(ADVERSARY, less))
        rows.append((f"price of labels, {more:.0%} to {less:.0%}", lost, Target(low, None)))
    for rate, high in zip(RATES, (0.03, 0.03, 0.05, 0.05), strict=True):
        best = models.best(rate)
        ahead = _less(scores(ADVERSARY, rate), scores(best, rate))
        name = f"adversary above the best shipped model, {rate:.0%} (`{best}`)"
        rows.append((name, ahead, Target(None, high)))
    recovered = list(measured("detector: B-cubed precision x recall").values())
    rows.append(("learned recovery, B-cubed", recovered, Target(None, 0.35)))
    for rate in (1.0, 0.1):
        best = models.best(rate)
        column = _less(scores(best, rate), measured(f"lightgbm_team with groups, {rate:.0%}"))
        name = f"best shipped model above `lightgbm_team` with the groups, {rate:.0%} (`{best}`)"
        rows.append((name, column, Target(0.03, None)))
    for name in ("simulator_transfer", ADVERSARY, "simulated_prior"):
        unlabelled = measured(f"{name}, no labels, better orientation")
        copied = _less(unlabelled, measured("logistic regression, all labels"))
        rows.append((f"`{name}` without labels above logistic", copied, Target(None, 0.0)))
    for rate in (1.0, 0.1):
        best = models.best(rate, GRAPH)
        ahead = _less(scores(best, rate), scores(TEAM, rate))
        rows.append((f"`{best}` above `{TEAM}`, {rate:.0%}", ahead, Target(0.05, None)))
        lost = _less(scores(best, rate), models.unlinked.get((best or "", rate), {}))
        rows.append((f"links, `{best}`, {rate:.0%}", lost, Target(0.06, None)))
    traces = list(measured("frauds that leave a trace").values())
    rows.append(("frauds that leave a trace", traces, Target(0.97, None)))
    pace = list(measured("pace: correlation with rows of a shell").values())
    rows.append(("pace: correlation with rows of a shell", pace, Target(0.5, None)))
    return rows


def _less(a: Scores, b: Scores) -> list[float]:
    """Return the differences on the editions that both have."""
    return [a[edition] - b[edition] for edition in a if edition in b]


def _cell(values: list[float]) -> str:
    if not values:
        return "-"
    error = stdev(values) / sqrt(len(values)) if len(values) > 1 else float("nan")
    return f"{mean(values):.3f} ± {error:.3f}"


@click.command(cls=Study)
@click.argument("measures", type=click.Path(path_type=Path))
@click.argument("grids", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--write",
    "document",
    type=click.Path(path_type=Path),
    help="Document to put the tables in.",
)
def main(measures: Path, grids: tuple[Path, ...], document: Path | None) -> None:
    """Print the tables of MEASURES (of `studies.adversary`) and results files of GRIDS.

    \b
    Example:
      python -m studies.adversary_table a.json scarcity.json --write ADVERSARY.md
    """
    for name, table in adversary_tables(measures, grids).items():
        if document is None:
            click.echo(f"{table}\n")
        else:
            put_table(document, name, table, check=False)


if __name__ == "__main__":
    main()
