"""The task scheme on ten worlds: models, prior and ceiling, and how certain its metric is by size.

Models are judged on Private; nothing was tuned on these worlds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.answering import fit_and_score
from customs_baselines.catalogue import find_baseline, list_baselines
from customs_baselines.contract import make_model
from customs_data.edition.generating import read_blueprint, simulate_world
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.split import Split
from customs_data.tasks import find_task
from customs_data.tasks.scheme import VIOLATIONS
from customs_data.world.schemes import POSTERIORS, PRIORS
from customs_data.world.simulate import World
from customs_scorer.metrics import metrics_of
from customs_scorer.metrics.metric import values_of
from studies.script import Study, describe_blueprint, resume_results, save_results
from studies.tasks.commands import options_of_worlds

#: Editions whose certainty is measured, and the number of worlds of each.
SIZES: Final = {5_000: 10, 10_000: 10, 20_000: 10, 54_000: 10, 100_000: 4, 200_000: 4}
_N_SAMPLES: Final = 200  # of the bootstrap
_LABEL: Final = "Violation Code"

Values = dict[str, float]
Scores = npt.NDArray[np.float64]


def measure_worlds(
    *,
    n_worlds: int,
    seed: int,
    path: Path | None = None,
    sizes: dict[int, int] = SIZES,
    models: tuple[str, ...] | None = None,
    n_declarations: int | None = None,
    fresh: bool = False,
    on_step: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Measure models on worlds, and the metric's certainty by size, after what was measured before.

    Parameters
    ----------
    n_worlds : int
        Worlds for the models.
    seed : int
        Chooses their secrets; use one that nothing was tuned on.
    path : path, optional
        Results, saved after each world and size; what it contains is not measured again.
    sizes : dict of int to int
        Worlds by number of declarations.
    models : tuple of str, optional
        Baselines of the task; all by default.
    n_declarations : int, optional
        Declarations of a world for the models; the configuration's by default.
    fresh : bool
        Ignore what is in `path`.
    on_step : callable
        Called with what is measured next.

    Returns
    -------
    dict
        ``configuration``, ``version``, ``n_declarations``, ``sha256`` of the configuration,
        ``seed``; ``worlds``: per world and model (ceiling, prior and chance among them), values;
        ``sizes``: per number of declarations and world, the standard errors of the ceiling.

    Raises
    ------
    KitError
        If `path` is of another configuration or seed.
    """
    blueprint = read_blueprint(n_declarations=n_declarations, task="scheme")
    head = describe_blueprint(blueprint) | {"seed": seed}
    measured = resume_results(path, head, fresh=fresh)
    worlds: list[dict[str, Values]] = measured.setdefault("worlds", [])
    by_size: dict[str, list[Values]] = measured.setdefault("sizes", {})
    if models is None:
        models = tuple(it.name for it in list_baselines("scheme"))

    def save() -> None:
        if path is not None:
            save_results(measured, path)

    for number in range(n_worlds):
        if number == len(worlds):
            worlds.append({})
        missing = [name for name in ("ceiling", *models) if name not in worlds[number]]
        if not missing:
            continue
        secret = derive(secret_of_seed(seed), "scheme world", str(number))
        world = simulate_world(blueprint, secret)
        split = _split(world)
        if "ceiling" in missing:
            worlds[number] |= _limits(world, split)
        for name in missing:
            if name != "ceiling":
                on_step(f"world {number + 1}: {name}")
                worlds[number][name] = _run(name, split, world)
                save()
    for size, n in sizes.items():
        known = by_size.setdefault(str(size), [])
        for number in range(len(known), n):
            on_step(f"{size:,} declarations: world {number + 1}")
            secret = derive(secret_of_seed(seed), "scheme size", str(number))
            known.append(_certainty(_simulate(size, secret)))
            save()
    return measured


def _simulate(n_declarations: int, secret: bytes) -> World:
    # Worlds smaller than an edition of the task may be: that is what is measured.
    return simulate_world(read_blueprint(n_declarations=n_declarations), secret)


def _split(world: World) -> Split:
    """Return a split whose test is the public and the private period."""
    frame = with_codes(world)
    train = frame.iloc[: world.period_rows[0]].reset_index(drop=True)
    test = frame.iloc[world.period_rows[0] :].reset_index(drop=True)
    return Split.of_frames(find_task("scheme"), train, test)


def with_codes(world: World) -> pd.DataFrame:
    """Return the declarations of a world with their violation codes."""
    code = {"": 0} | {name: number for number, name in enumerate(VIOLATIONS, start=1)}
    codes = world.truth["Violation"].fillna("").map(code).to_numpy(np.int8)
    return world.declarations.assign(**{_LABEL: codes})


def _private(world: World) -> slice:
    return slice(sum(world.period_rows[:2]), None)


def _values(answers: pd.DataFrame, scores: Scores) -> Values:
    """Return the metrics, and the bootstrap's standard error of the ranking one."""
    metrics = metrics_of("scheme")
    values = values_of(metrics.all, answers, scores)
    rng = np.random.default_rng(0)
    n = len(answers)
    counts = rng.multinomial(n, np.full(n, 1 / n), size=_N_SAMPLES).astype(np.int32)
    sampled = metrics.ranked[0].sampler(answers, scores)(counts)
    return values | {"standard_error": float(np.nanstd(sampled))}


def _limits(world: World, split: Split) -> dict[str, Values]:
    """Return the values of ceiling, prior, and equal scores: the share of each violation."""
    rows = _private(world)
    assert split.answers is not None
    answers = split.answers.iloc[world.period_rows[1] :]
    limits = {
        name: _values(answers, world.schemes[list(columns)].to_numpy()[rows])
        for name, columns in (("ceiling", POSTERIORS), ("prior of the world", PRIORS))
    }
    return limits | {"chance": _values(answers, np.zeros((len(answers), len(VIOLATIONS))))}


def _run(name: str, split: Split, world: World) -> Values:
    """Return the values of a model on Private, and its CPU seconds."""
    assert split.answers is not None
    model = make_model(
        find_baseline(name, "scheme").load_class(), {"random_state": 0, "n_jobs": 1}, split.task
    )
    start = process_time()
    scores = fit_and_score(model, split)
    seconds = process_time() - start
    public = world.period_rows[1]
    return _values(split.answers.iloc[public:], scores[public:]) | {"cpu_seconds": seconds}


def _certainty(world: World) -> Values:
    """Return standard errors of the ceiling, and how many rows the rarest violation has."""
    rows = _private(world)
    answers = with_codes(world).iloc[rows]
    best = world.schemes[list(POSTERIORS)].to_numpy()[rows]
    number = np.bincount(answers[_LABEL], minlength=len(VIOLATIONS) + 1)[1:]
    rarest = metrics_of("scheme").reported[int(number.argmin())]
    rng = np.random.default_rng(0)
    n = len(answers)
    counts = rng.multinomial(n, np.full(n, 1 / n), size=_N_SAMPLES).astype(np.int32)
    of_rarest = rarest.sampler(answers, best)(counts)
    return {
        "standard_error": _values(answers, best)["standard_error"],
        "standard_error_of_rarest": float(np.nanstd(of_rarest)) if number.min() else 0.0,
        "fewest": float(number.min()),
    }


@click.command(cls=Study)
@options_of_worlds(seed=2027)
def main(worlds: int, seed: int, models: str | None, out: Path, fresh: bool) -> None:
    """Measure the models of the task scheme on worlds that OUT lacks.

    \b
    Example:
      python -m studies.tasks.scheme --out scheme.json
    """
    measure_worlds(
        n_worlds=worlds,
        seed=seed,
        path=out,
        models=tuple(models.split(",")) if models else None,
        fresh=fresh,
        on_step=lambda text: click.echo(text, err=True),
    )


if __name__ == "__main__":
    main()
