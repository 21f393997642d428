"""How the kit's hyper-parameters were chosen: validation by time on worlds made for tuning.

Each candidate of a classic model learns from the first nine months of the training period and is
scored on the last three; the test periods are never read. `make settings` writes the scores into
`baselines/results/settings.json`. A test checks that the models use the best candidates.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.catalogue import find_baseline, list_baselines
from customs_baselines.features import make_features
from customs_baselines.features.folds import ONE_VIEW, TWO_VIEWS
from customs_baselines.features.row_blocks import MatrixRows, read_all
from customs_baselines.shapes.recipe_model import RecipeModel
from customs_data.edition.generating import read_blueprint, simulate_world, split_periods
from customs_data.erasure import erase
from customs_data.keyed_random import secret_of_seed
from customs_data.schema import DECLARED_COLUMNS, ERASED
from customs_data.split import split_by_time
from customs_scorer.metrics.inspection import precision_at
from studies.script import Study, save_results

#: Seeds of the worlds that settings are chosen on; no table of results uses them.
TUNING_SEEDS: Final = (9000, 9001, 9002)
LABEL_RATES: Final = (1.0, 0.1)


@dataclass(frozen=True)
class TuningSplit:
    """Features and labels of one world at one label rate, split by time.

    Features, labels and weight of training rows come by the views that models learn from.
    """

    training: dict[tuple[float, ...], tuple[npt.NDArray[np.float64], npt.NDArray[np.int8], float]]
    later_features: npt.NDArray[np.float64]
    later_y: npt.NDArray[np.int8]


def make_splits() -> Iterator[TuningSplit]:
    """Yield a split for each tuning world and label rate, with features of recipe kit."""
    blueprint = read_blueprint()
    for seed in TUNING_SEEDS:
        train = split_periods(simulate_world(blueprint, secret_of_seed(seed)))["train"]
        X, fraud = train[list(DECLARED_COLUMNS)], train["Fraud"].to_numpy()
        earlier, later = split_by_time(X["Date"])
        for rate in LABEL_RATES:
            yield _split(X, fraud, earlier, later, rate)


def _split(
    X: pd.DataFrame,
    fraud: npt.NDArray[np.int8],
    earlier: npt.NDArray[np.bool_],
    later: npt.NDArray[np.bool_],
    rate: float,
) -> TuningSplit:
    kept = erase(X, fraud, label_rate=rate, erasure="random", secret=secret_of_seed(0))
    y = np.where(kept, fraud, ERASED).astype(np.int8)[earlier]
    recipe = make_features("kit")
    training: dict[
        tuple[float, ...], tuple[npt.NDArray[np.float64], npt.NDArray[np.int8], float]
    ] = {}
    for views in (ONE_VIEW, TWO_VIEWS):
        features = read_all(recipe.fit_rows(X[earlier].reset_index(drop=True), y, views))
        labels = np.tile(y, len(features) // len(y))
        taught = labels >= 0
        training[views] = features[taught], labels[taught], len(y) / len(labels)
    return TuningSplit(
        training,
        recipe.transform(X[later].reset_index(drop=True)),
        fraud[later],
    )


def measure(
    model: type[RecipeModel], settings: dict[str, Any], splits: list[TuningSplit]
) -> list[float]:
    """Return, for each split, the mean of precision@5 % and @10 % on the later part."""
    precisions = []
    for split in splits:
        features, y, weight = split.training[model.views]
        classifier = model(settings=settings).train(MatrixRows(features), y, weight)
        scores = classifier.predict_proba(split.later_features)[:, 1]
        precisions.append(mean(precision_at(split.later_y, scores, rate) for rate in (0.05, 0.10)))
    return precisions


def search(
    on_done: Callable[[str, dict[str, Any]], None], names: Collection[str] = ()
) -> dict[str, Any]:
    """Measure every candidate of every model over a recipe.

    Parameters
    ----------
    on_done : callable
        Called after each candidate with the name of the model and the candidate's scores.
    names : collection of str
        Models to measure; empty for all.

    Returns
    -------
    dict
        ``seeds``, ``label_rates`` and ``models``: by name, the candidates, best first. Each has
        ``settings``, ``mean``, ``behind_best`` with its ``standard_error`` (over worlds and label
        rates), and ``cpu_seconds``.
    """
    splits = list(make_splits())
    models = {}
    for entry in list_baselines():
        model = entry.load_class()
        if not issubclass(model, RecipeModel) or (names and entry.name not in names):
            continue
        rows = []
        for settings in model.candidates:
            started = time.process_time()
            scores = measure(model, dict(settings), splits)
            seconds = time.process_time() - started
            rows.append({"settings": dict(settings), "scores": scores, "cpu_seconds": seconds})
            on_done(entry.name, rows[-1])
        models[entry.name] = _ranked(rows)
    return {"seeds": TUNING_SEEDS, "label_rates": LABEL_RATES, "models": models}


def _ranked(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = sorted(rows, key=lambda row: -mean(row["scores"]))
    best = rows[0]["scores"]
    ranked = []
    for row in rows:
        behind = [a - b for a, b in zip(best, row["scores"], strict=True)]
        ranked.append(
            {
                "settings": row["settings"],
                "mean": round(mean(row["scores"]), 4),
                "behind_best": round(mean(behind), 4),
                "standard_error": round(stdev(behind) / sqrt(len(behind)), 4),
                "cpu_seconds": round(row["cpu_seconds"], 1),
            }
        )
    return ranked


@click.command(cls=Study)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Results, as JSON.")
@click.option("--models", default="", help="Only these, with commas; OUT keeps its others.")
def main(out: Path, models: str) -> None:
    """Choose the kit's hyper-parameters by time-ordered validation (about half an hour).

    \b
    Example:
      python -m studies.settings_search --out settings.json --models mlp,tabm
    """
    names = [name for name in models.split(",") if name]
    for name in names:
        find_baseline(name)

    def show(name: str, row: dict[str, Any]) -> None:
        click.echo(f"{name} {row['settings']}: {mean(row['scores']):.4f}", err=True)

    results = search(show, names)
    if names and out.is_file():
        known = json.loads(out.read_text(encoding="utf-8"))["models"] | results["models"]
        results["models"] = {
            entry.name: known[entry.name] for entry in list_baselines() if entry.name in known
        }
    save_results(results, out)


if __name__ == "__main__":
    main()
