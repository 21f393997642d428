"""How near simulated worlds are to the declarations they are calibrated to: data/FIDELITY.md.

`make fidelity` compares worlds of fresh secrets with the public release, 54,000 declarations each,
and writes aggregates into `data/results/fidelity_practice.json`. For comparison it also judges a
table whose columns were drawn from the release independently of each other: the metrics of the
paper's Table 2 cannot distinguish that table from a good one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

import click
import numpy as np
import pandas as pd

from customs_baselines.experiments.markdown_tables import put_table
from customs_baselines.experiments.results_file import read_json
from customs_data.edition.generating import Blueprint, read_blueprint, simulate_world
from customs_data.errors import KitError
from customs_data.fidelity.judges.two_sample import JUDGED
from customs_data.fidelity.measure import FidelityReport, measure_fidelity
from customs_data.fidelity.quality import PUBLISHED
from customs_data.fidelity.sides import Side, read_side
from customs_data.keyed_random import secret_of_seed
from customs_data.parallel import map_in_order, processes
from customs_scorer.fidelity_judges import JUDGES
from studies.script import Study, describe_blueprint, resume_results, save_results

#: Worlds that nothing was tuned on.
SEEDS: Final = (91000, 91001, 91002, 91003, 91004)
#: Least mean over worlds; the half-split reference of new rows is below 1.
TARGETS: Final = {
    "KS complement": 0.95,
    "TV complement": 0.92,
    "Pearson similarity": 0.97,
    "contingency similarity": 0.85,
    "range coverage": 0.80,
    "category coverage": 0.88,
    "boundary adherence": 0.98,
    "new-row synthesis": 1.0,
}
#: Largest AUC of the two-sample test that passes.
MOST_AUC: Final = 0.85
_N_NAMED: Final = 12

Results = dict[str, Any]


def measure_study(
    source: Side,
    *,
    config: str = "practice",
    seeds: tuple[int, ...] = SEEDS,
    path: Path | None = None,
    executor: Executor | None = None,
    fresh: bool = False,
    on_world: Callable[[str], None] = lambda name: None,
) -> Results:
    """Compare worlds of a configuration, and independently drawn columns, with a source.

    Parameters
    ----------
    source : Side
        Declarations to compare with.
    config : str
        Shipped configuration or TOML file.
    seeds : tuple of int
        Seeds of the worlds.
    path : path, optional
        Results, saved after each world; worlds that it contains are not compared again.
    executor : Executor, optional
        Compares the worlds; best with processes.
    fresh : bool
        Ignore what is in `path`.
    on_world : callable
        Called with the name of each table that was compared.

    Returns
    -------
    dict
        ``configuration``, ``version``, ``n_declarations``, ``sha256`` of the configuration,
        ``seeds``; ``worlds`` and ``independent``: reports as `summarize` returns them.

    Raises
    ------
    KitError
        If `path` is of another configuration.
    """
    blueprint = read_blueprint(config=config, n_declarations=len(source.frame))
    head = describe_blueprint(blueprint) | {"seeds": list(seeds)}
    results = resume_results(path, head, fresh=fresh)
    worlds: list[Results] = results.setdefault("worlds", [])

    def save(name: str) -> None:
        if path is not None:
            save_results(results, path)
        on_world(name)

    missing = seeds[len(worlds) :]
    reports = map_in_order(partial(_compare_world, source, blueprint), missing, executor)
    for seed, report in zip(missing, reports, strict=True):
        worlds.append(report)
        save(f"world {seed}")
    if "independent" not in results:
        drawn = draw_independently(source)
        results["independent"] = summarize(measure_fidelity(source, drawn, more=JUDGES))
        save(drawn.name)
    return results


def _compare_world(source: Side, blueprint: Blueprint, seed: int) -> Results:
    world = simulate_world(blueprint, secret_of_seed(seed)).declarations
    return summarize(measure_fidelity(source, Side(f"world {seed}", world), more=JUDGES))


def draw_independently(source: Side) -> Side:
    """Draw each column from the same column of the source, with replacement, on its own."""
    rng = np.random.default_rng(0)
    n = len(source.frame)
    columns = {
        str(name): source.frame[name].take(rng.integers(0, n, n)).array for name in source.frame
    }
    return Side("columns drawn independently", pd.DataFrame(columns))


def summarize(report: FidelityReport) -> Results:
    """Return the numbers and sentences of a report as plain data."""
    details = report.judgement("two-sample test").details
    return {
        "quality": {score.name: score.value for score in report.scores},
        "reference": {
            score.name: None if score.reference is None else score.reference.as_dict()
            for score in report.scores
        },
        "with_ids": {score.name: score.with_ids for score in report.scores},
        "findings": {
            judgement.judge: {
                finding.name: {"synthetic": finding.synthetic, "source": finding.source}
                for finding in judgement.findings
            }
            for judgement in report.judgements
        },
        "features": {feature["name"]: feature["auc"] for feature in details["features"]},
        "gains": {
            feature["name"]: feature["gain_without_entities"]
            for feature in details["features"]
            if feature["gain_without_entities"] is not None
        },
        "pairs": {" x ".join(pair["columns"]): pair["auc"] for pair in details["pairs"]},
        "sentences": list(report.judgement("two-sample test").sentences),
    }


def study_table(results: Results) -> str:
    """Return the Markdown tables of FIDELITY.md."""
    worlds, other = results["worlds"], results["independent"]
    references = [world["reference"] for world in worlds]
    n = next(row["n_rows"] for row in references[0].values() if row is not None)
    lines = [
        f"| | mean | standard error | mean at n = {n:,} | half-split reference | target | holds | "
        "drawn independently |",
        "| --- | ---: | ---: | ---: | ---: | --- | --- | ---: |",
    ]
    for name, least in TARGETS.items():
        values = [world["quality"][name] for world in worlds]
        smaller = mean(reference[name]["score"] for reference in references)
        spread = f"{references[0][name]['low']:.4f} .. {references[0][name]['high']:.4f}"
        lines.append(
            f"| {name} | {_spread(values)} | {smaller:.4f} | {spread} | >= {least:g} | "
            f"{_holds(mean(values) >= least)} | {other['quality'][name]:.4f} |"
        )
    for name in worlds[0]["findings"]["two-sample test"]:
        values = _values(worlds, "two-sample test", name)
        target = (
            f"<= {MOST_AUC:g} | {_holds(mean(values) <= MOST_AUC)}" if name == JUDGED else " | "
        )
        drawn = other["findings"]["two-sample test"][name]["synthetic"]
        lines.append(f"| two-sample {name} | {_spread(values)} | | 0.5 | {target} | {drawn:.4f} |")
    lines += ["", "| judge | finding | worlds | drawn independently | source |", _RULE]
    for judge in worlds[0]["findings"]:
        for name, finding in worlds[0]["findings"][judge].items():
            if judge != "two-sample test" and finding["synthetic"] is not None:
                values = _values(worlds, judge, name)
                drawn = other["findings"][judge].get(name, {}).get("synthetic")
                lines.append(
                    f"| {judge} | {name} | {mean(values):.4f} | {_number(drawn)} | "
                    f"{_number(finding['source'])} |"
                )
    lines += [
        "",
        "| gives it away | AUC alone | share of the trees' gain |",
        "| --- | ---: | ---: |",
    ]
    gains = _means(worlds, "gains")
    for name, auc in _largest(_means(worlds, "features")):
        gain = f"{gains[name]:.3f}" if name in gains else ""
        lines.append(f"| {name} | {auc:.3f} | {gain} |")
    lines += [f"| {name} | {auc:.3f} | |" for name, auc in _largest(_means(worlds, "pairs"))]
    lines += ["", f"In words (world {results['seeds'][0]}):", ""]
    lines += [f"* {sentence}" for sentence in worlds[0]["sentences"]]
    return "\n".join(lines)


_RULE: Final = "| --- | --- | ---: | ---: | ---: |"


def _means(worlds: list[Results], what: str) -> dict[str, float]:
    """Means over worlds of the values that every world has, by name."""
    return {
        name: mean(world[what][name] for world in worlds)
        for name in worlds[0][what]
        if all(name in world[what] for world in worlds)
    }


def _largest(values: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items(), key=lambda item: -item[1])[:_N_NAMED]


def _values(worlds: list[Results], judge: str, name: str) -> list[float]:
    return [world["findings"][judge][name]["synthetic"] for world in worlds]


def _spread(values: list[float]) -> str:
    error = stdev(values) / sqrt(len(values)) if len(values) > 1 else float("nan")
    return f"{mean(values):.4f} | {error:.4f}"


def _holds(holds: bool) -> str:
    return "yes" if holds else "**no**"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def read_study(path: Path) -> Results:
    """Read the results of `measure_study`.

    Raises
    ------
    KitError
        If the file cannot be read or contains something else.
    """
    results: Results = read_json(path)
    try:
        if set(results["worlds"][0]["quality"]) != set(PUBLISHED):
            raise ValueError("other metrics")
    except (ValueError, LookupError, TypeError) as error:
        raise KitError(f"{path} does not contain results of `make fidelity`: {error}.") from None
    return results


@click.command(cls=Study)
@click.argument("source")
@click.option("--config", default="practice", show_default=True, help="Configuration to measure.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Results, as JSON.")
@click.option("--write", type=click.Path(path_type=Path), help="Document to put the tables in.")
@click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes."
)
@click.option("--fresh", is_flag=True, help="Discard earlier results.")
def main(
    source: str, config: str, out: Path, write: Path | None, workers: int, fresh: bool
) -> None:
    """Compare worlds of five fresh secrets with the declarations of SOURCE: those that OUT lacks.

    \b
    Example:
      python -m studies.fidelity_study released/ --out fidelity.json
    """
    with processes(workers) as executor:
        results = measure_study(
            read_side(source),
            config=config,
            path=out,
            executor=executor,
            fresh=fresh,
            on_world=lambda name: click.echo(f"{name} compared", err=True),
        )
    if write is not None:
        put_table(write, "fidelity", study_table(results), check=False)


if __name__ == "__main__":
    main()
