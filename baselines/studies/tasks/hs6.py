"""The task hs6 on ten worlds: models, look-ups, the agent oracle, and corrections.

Models are judged on Private; nothing was tuned on these worlds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil
from pathlib import Path
from time import process_time
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score

from customs_baselines.answering import fit_and_answer
from customs_baselines.catalogue import find_baseline, list_baselines
from customs_baselines.contract import accepted_keywords, make_model
from customs_baselines.goods.codes import best_first
from customs_baselines.goods.correction import suspicion
from customs_baselines.goods.mixture import CHAIN, Mixture
from customs_data.edition.generating import read_blueprint, simulate_world
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.schema import KEY
from customs_data.split import Split, rows_of
from customs_data.tasks import find_task
from customs_data.world.simulate import World
from customs_scorer.audit.choice_lookups import ChoiceLookups, neighbours_agree
from customs_scorer.metrics import metrics_of
from customs_scorer.metrics.metric import values_of
from studies.script import Study, describe_blueprint, resume_results, save_results
from studies.tasks.commands import options_of_worlds
from studies.tasks.hs6_oracle import oracle_goods

#: Rows of the table that are no baselines.
OTHERS: Final = ("entity-free", "look-ups", "agent oracle")
_INSPECTED: Final = 0.05
_NAMED: Final = 5

Values = dict[str, float]
Texts = npt.NDArray[np.str_]


def measure_worlds(
    *,
    n_worlds: int,
    seed: int,
    path: Path | None = None,
    models: tuple[str, ...] | None = None,
    n_declarations: int | None = None,
    fresh: bool = False,
    on_step: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Measure models and yardsticks on worlds, after what was measured before.

    Parameters
    ----------
    n_worlds : int
    seed : int
        Chooses their secrets; use one that nothing was tuned on.
    path : path, optional
        Results, saved after each model; what it contains is not measured again.
    models : tuple of str, optional
        Baselines of the task; all by default.
    n_declarations : int, optional
        Declarations of a world; the configuration's by default.
    fresh : bool
        Ignore what is in `path`.
    on_step : callable
        Called with what is measured next.

    Returns
    -------
    dict
        ``configuration``, ``version``, ``n_declarations``, ``sha256`` of the configuration,
        ``seed``, and ``worlds``: per world and row of the table, values.

    Raises
    ------
    KitError
        If `path` is of another configuration or seed.
    """
    blueprint = read_blueprint(n_declarations=n_declarations, task="hs6")
    head = describe_blueprint(blueprint) | {"seed": seed}
    measured = resume_results(path, head, fresh=fresh)
    worlds: list[dict[str, Values]] = measured.setdefault("worlds", [])
    if models is None:
        models = tuple(it.name for it in list_baselines("hs6"))
    for number in range(n_worlds):
        if number == len(worlds):
            worlds.append({})
        missing = [name for name in (*OTHERS, *models) if name not in worlds[number]]
        if not missing:
            continue
        secret = derive(secret_of_seed(seed), "hs6 world", str(number))
        world = simulate_world(blueprint, secret)
        split = split_of(world)
        public = world.period_rows[1]
        for name in missing:
            on_step(f"world {number + 1}: {name}")
            if name == "look-ups":
                values = _lookups(split, public)
            elif name == "entity-free":
                values = _values(split, public, _entity_free(split))
            elif name == "agent oracle":
                values = _values(
                    split, public, oracle_goods(blueprint, secret, split.test)[:, None]
                )
            else:
                values = _run(name, split, public)
            worlds[number][name] = values
            if path is not None:
                save_results(measured, path)
    return measured


def split_of(world: World) -> Split:
    """Return a split whose test is the public and the private period."""
    task = find_task("hs6")
    frame = world.declarations.assign(
        **{
            "True HS6 Code": world.truth["True HS6 Code"].to_numpy(),
            "Declared HS6 Code": world.declarations["HS6 Code"].to_numpy(),
        }
    )
    train = frame.iloc[: world.period_rows[0]].reset_index(drop=True)
    test = frame.iloc[world.period_rows[0] :].reset_index(drop=True)
    return Split.of_frames(task, train, test)


def _private(split: Split, public: int) -> Split:
    private = np.arange(len(split.test)) >= public
    assert split.answers is not None
    return replace(
        split, test=rows_of(split.test, private), answers=rows_of(split.answers, private)
    )


def _values(split: Split, public: int, ranked: Texts) -> Values:
    """Return the task's metrics on Private, and the first one by whether importers are new."""
    metrics = metrics_of(split.task)
    private, ranked = _private(split, public), ranked[public:]
    assert private.answers is not None
    values: Values = values_of(metrics.all, private.answers, ranked)
    unseen = ~private.test["Importer ID"].isin(split.train["Importer ID"]).to_numpy()
    for name, rows in (("seen", ~unseen), ("unseen", unseen)):
        some = rows_of(private.answers, rows)
        values[f"top_1 {name}"] = metrics.ranked[0].value(some, ranked[rows])
    return values | {"share unseen": float(unseen.mean())}


def _run(name: str, split: Split, public: int) -> Values:
    """Return the values of a model on Private, its corrections, and its CPU seconds."""
    entry = find_baseline(name, "hs6")
    model = make_model(entry.load_class(), {"random_state": 0, "n_jobs": 1}, split.task)
    start = process_time()
    if not hasattr(model, "score_candidates"):
        ranked = fit_and_answer(model, split)
        return _values(split, public, ranked) | {"cpu_seconds": process_time() - start}
    # Scores once, for the answer and for the corrections.
    declared = split.train["HS6 Code"].to_numpy(dtype=object).astype(np.str_)
    keywords = accepted_keywords(model.fit, {"X_test": split.test})
    model.fit(split.train[list(split.task.test_columns)], declared, **keywords)
    codes, scores = model.score_candidates(split.test)
    seconds = process_time() - start
    ranked = np.take_along_axis(codes, best_first(scores, _NAMED), axis=1)
    corrections = _corrections(_private(split, public), codes[public:], scores[public:])
    return _values(split, public, ranked) | corrections | {"cpu_seconds": seconds}


def _corrections(private: Split, codes: Texts, scores: npt.NDArray[np.float32]) -> Values:
    """Return how well misdeclared goods are found without any label of fraud."""
    assert private.answers is not None
    true, declared = (
        private.answers[name].to_numpy(dtype=object).astype(np.str_)
        for name in ("True HS6 Code", "Declared HS6 Code")
    )
    wrong = true != declared
    doubt = suspicion(codes, scores, declared)
    opened = np.argsort(-doubt, kind="stable")[: ceil(_INSPECTED * len(doubt))]
    return {
        "misdeclared": float(wrong.mean()),
        "misdeclared AP": float(average_precision_score(wrong, doubt)),
        "misdeclared @5 %": float(wrong[opened].mean()),
    }


def _entity_free(split: Split) -> Texts:
    """Goods on the route times densities of mass and price: no entity."""
    codes = split.train["HS6 Code"].to_numpy(dtype=object).astype(np.str_)
    mixture = Mixture(split.train, codes, chain=CHAIN[:1])
    best = [best_first(scores, _NAMED) for _, scores in mixture.score(split.test)]
    return mixture.codes.named(np.concatenate(best))


def _lookups(split: Split, public: int) -> Values:
    """Return what copying codes of equal values names, and what IDs and order tell."""
    private = _private(split, public)
    assert private.answers is not None
    declared, true = (
        column.to_numpy(dtype=object).astype(np.str_)
        for column in (split.train["HS6 Code"], private.answers["True HS6 Code"])
    )
    lookups = ChoiceLookups(split.train, declared, private.test, true)
    both = pd.concat([split.train[[KEY, "Date"]], private.test[[KEY, "Date"]]])
    texts = np.concatenate([declared, true])
    anywhere = np.zeros(len(texts), dtype="<U1")
    row = np.arange(len(texts), dtype=np.float64)
    return {
        "best on three columns": lookups.best().top_1,
        "exact Net Mass": lookups.top_1(("Net Mass",)),
        "exact Item Price": lookups.top_1(("Item Price",)),
        "neighbours by ID": neighbours_agree(both[KEY].to_numpy(np.float64), texts, anywhere),
        "neighbours in a day": neighbours_agree(row, texts, both["Date"].to_numpy()),
    }


@click.command(cls=Study)
@options_of_worlds(seed=2028)
def main(worlds: int, seed: int, models: str | None, out: Path, fresh: bool) -> None:
    """Measure the models of the task hs6 on worlds that OUT lacks.

    \b
    Example:
      python -m studies.tasks.hs6 --out hs6.json
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
