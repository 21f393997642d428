"""How well a validation score predicts hidden scores, measured on simulated worlds.

A team validates on the last quarter of the training year, but is ranked on declarations filed up to
six months later. `make validation` scores models on both and writes the table into
starter_kit/README.md; `starter_kit/results/validation.json` contains every run.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from itertools import combinations
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.answering import fit_and_score
from customs_baselines.catalogue import find_baseline
from customs_baselines.contract import FraudModel, make_model
from customs_baselines.experiments.markdown_tables import markdown_row, put_table
from customs_baselines.running.own_loading import make_own_model
from customs_baselines.running.own_model import split_reference
from customs_data.edition.generating import (
    Blueprint,
    read_blueprint,
    simulate_world,
    split_periods,
)
from customs_data.erasure import erase
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.parallel import map_in_order, processes
from customs_data.split import Split, split_by_time
from customs_data.tasks import find_task
from customs_scorer.metrics.inspection import precision_at
from studies.script import Study, describe_blueprint, resume_results, save_results

#: Models beside the team's: (name, recipe). None was chosen on these worlds.
REFERENCES: Final = (
    ("risk_profile", None),
    ("logistic_regression", "kit"),
    ("xgboost", "paper"),
    ("lightgbm", "paper"),
)
#: Label rate and erasure of the settings.
SETTINGS: Final = ((1.0, "random"), (0.1, "random"), (0.1, "inspection"))
_SEED: Final = 31
_PARTS: Final = ("validation", "public", "private")


def measure(
    own_model: str,
    n_worlds: int,
    path: Path,
    *,
    executor: Executor | None = None,
    fresh: bool = False,
    on_world: Callable[[int], None] = lambda index: None,
) -> list[dict[str, Any]]:
    """Run models on worlds, after those that were measured before.

    Parameters
    ----------
    own_model : str
        ``FILE.py:CLASS``.
    n_worlds : int
        Worlds of the practice configuration, from secrets that nothing else uses.
    path : path
        Results, saved after each world; worlds that it contains are not measured again.
    executor : Executor, optional
        Measures the worlds; best with processes.
    fresh : bool
        Ignore what is in `path`.
    on_world : callable
        Called after each world with its number.

    Returns
    -------
    list of dict
        One run per world, setting and model.

    Raises
    ------
    KitError
        If `path` is of another configuration.
    """
    blueprint = read_blueprint()
    results = resume_results(path, describe_blueprint(blueprint), fresh=fresh)
    runs: list[dict[str, Any]] = results.setdefault("runs", [])
    missing = range(len({run["world"] for run in runs}), n_worlds)
    for of_world in map_in_order(partial(measure_world, blueprint, own_model), missing, executor):
        runs += of_world
        save_results(results, path)
        on_world(of_world[0]["world"])
    return runs


def measure_world(blueprint: Blueprint, own_model: str, index: int) -> list[dict[str, Any]]:
    """Return one run per setting and model."""
    secret = derive(secret_of_seed(_SEED), "validation study", str(index))
    periods = split_periods(simulate_world(blueprint, secret))
    test = pd.concat([periods["public"], periods["private"]], ignore_index=True)
    everything = Split.of_frames(find_task(), periods["train"], test)
    runs = []
    for rate, erasure in SETTINGS:
        kept = erase(
            everything.train,
            everything.y,
            label_rate=rate,
            erasure=erasure,
            secret=derive(secret, "erasure"),
        )
        split = everything.with_labels(kept)
        for name, recipe in ((own_model, None), *REFERENCES):
            runs.append(
                {
                    "world": index,
                    "label_rate": rate,
                    "erasure": erasure,
                    "model": name if split_reference(name) is None else Path(name).name,
                    "recipe": recipe,
                    **_scores(name, recipe, split, len(periods["public"])),
                }
            )
    return runs


def _scores(name: str, recipe: str | None, split: Split, n_public: int) -> dict[str, Any]:
    """Precision on the last quarter of training and on both test periods."""
    own = split_reference(name)
    offered: dict[str, Any] = {"random_state": 0} | ({"recipe": recipe} if recipe else {})
    later = split.earlier_and_later(split_by_time(split.train["Date"])[1])

    def new_model() -> FraudModel:
        if own:
            own_model: FraudModel = make_own_model(*own, offered)
            return own_model
        model: FraudModel = make_model(find_baseline(name).load_class(), offered)
        return model

    validation = fit_and_score(new_model(), later)
    test = fit_and_score(new_model(), split)
    public, private = slice(None, n_public), slice(n_public, None)
    return {
        "validation": _precision(later.y_test, validation),
        "public": _precision(split.y_test[public], test[public]),
        "private": _precision(split.y_test[private], test[private]),
    }


def _precision(y: npt.NDArray[np.int8], scores: npt.NDArray[np.float64]) -> dict[str, float]:
    return {f"precision_at_{n}": precision_at(y, scores, n / 100) for n in (5, 10)}


def validation_table(runs: list[dict[str, Any]]) -> str:
    """Return the Markdown table of the runs: one row per setting and model, then a caption."""
    header = ["labels", "model", "validation @5 %", "Public @5 %", "Private @5 %"]
    header += ["Private - validation", "its sd", "r"]
    lines = [markdown_row(header), markdown_row(["---"] * 2 + ["---:"] * 6)]
    agreements = []
    for rate, erasure in SETTINGS:
        chosen = [run for run in runs if (run["label_rate"], run["erasure"]) == (rate, erasure)]
        labels = f"{rate:.0%}" + ("" if rate == 1 else f", {erasure}")
        for name in dict.fromkeys((run["model"], run["recipe"]) for run in chosen):
            of_model = [run for run in chosen if (run["model"], run["recipe"]) == name]
            lines.append(markdown_row([labels, _label(*name), *_cells(of_model)]))
        agreements.append(f"{labels}: {_agreement(chosen)}")
    n_worlds = len({run["world"] for run in runs})
    return "\n".join(
        [
            *lines,
            "",
            f"Means over {n_worlds} worlds of the practice configuration. *sd* and *r*: standard "
            "deviation of the difference, and correlation of validation with Private, over "
            "worlds. How often the better of two models on validation is the better one on "
            f"Private, over all pairs in all worlds, by labels: {'; '.join(agreements)}.",
        ]
    )


def _label(model: str, recipe: str | None) -> str:
    return f"`{model}`" + (f" ({recipe})" if recipe else "")


def _cells(runs: list[dict[str, Any]]) -> list[str]:
    validation, public, private = (_five(runs, part) for part in _PARTS)
    differences = [b - a for a, b in zip(validation, private, strict=True)]
    error = stdev(differences) / sqrt(len(differences))
    return [
        *(f"{mean(scores):.3f}" for scores in (validation, public, private)),
        f"{mean(differences):+.3f} ± {error:.3f}",
        f"{stdev(differences):.3f}",
        f"{np.corrcoef(validation, private)[0, 1]:.2f}",
    ]


def _five(runs: list[dict[str, Any]], part: str) -> list[float]:
    return [run[part]["precision_at_5"] for run in runs]


def _agreement(runs: list[dict[str, Any]]) -> str:
    """Share of the pairs of models that validation and Private put in the same order."""
    alike = n_pairs = 0
    for world in {run["world"] for run in runs}:
        for a, b in combinations([run for run in runs if run["world"] == world], 2):
            differences = [
                a[part]["precision_at_5"] - b[part]["precision_at_5"]
                for part in ("validation", "private")
            ]
            alike += differences[0] * differences[1] > 0
            n_pairs += 1
    return f"{alike} of {n_pairs} ({alike / n_pairs:.0%})"


@click.command(cls=Study)
@click.argument("own_model", metavar="FILE.py:CLASS")
@click.option(
    "--worlds", type=click.IntRange(min=2), default=10, show_default=True, help="Worlds to run on."
)
@click.option("--results", type=click.Path(path_type=Path), required=True, help="Runs, as JSON.")
@click.option(
    "--write",
    "document",
    type=click.Path(path_type=Path),
    required=True,
    help="Document to put the table in.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes."
)
@click.option("--fresh", is_flag=True, help="Discard earlier results.")
def main(
    own_model: str, worlds: int, results: Path, document: Path, workers: int, fresh: bool
) -> None:
    """Measure how well validation predicts hidden scores: worlds that RESULTS lacks."""
    with processes(workers) as executor:
        runs = measure(
            own_model,
            worlds,
            results,
            executor=executor,
            fresh=fresh,
            on_world=lambda index: click.echo(f"world {index} measured", err=True),
        )
    put_table(document, results.stem, validation_table(runs), check=False)


if __name__ == "__main__":
    main()
