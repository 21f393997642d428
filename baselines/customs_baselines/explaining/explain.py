"""Train a model on an edition and explain its scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from customs_baselines.attribution.account import ModelAccount
from customs_baselines.attribution.explain_in_child import read_explained
from customs_baselines.attribution.request import ExplainRequest
from customs_baselines.explaining.explanation import Explanation
from customs_baselines.running.job import Job
from customs_baselines.running.plan import Run
from customs_baselines.running.runner import n_processors, split_of, train_in_child
from customs_data.edition.loading import Edition
from customs_data.errors import KitError
from customs_data.schema import KEY


def explain_run(
    run: Run,
    edition: Edition,
    log: Path,
    *,
    declaration: str | None = None,
    n_declarations: int = 500,
    n_jobs: int | None = None,
    device: str = "auto",
) -> Explanation | ModelAccount:
    """Train the model of a run and explain it; no hidden label is read.

    Parameters
    ----------
    run : Run
        Model, recipe, label rate and seed.
    edition : Edition
        Edition to train on.
    log : path
        File to which the model's output is appended.
    declaration : str, optional
        ID of the test declaration to explain in detail; by default the most suspicious.
    n_declarations : int
        Number of test declarations to explain.
    n_jobs, device
        Passed to models that take them.

    Returns
    -------
    Explanation or ModelAccount
        The second from models that give their own account.

    Raises
    ------
    KitError
        If there is no such test declaration, the model fails, or it reads declarations together.
    """
    place = None
    if declaration is not None:
        places = np.flatnonzero(edition.test[KEY] == declaration)
        if len(places) == 0:
            raise KitError(
                f"--declaration: test.csv has no {KEY} {declaration!r}. One that it has: "
                f"{edition.test[KEY].iloc[0]}."
            )
        place = int(places[0])
    offered = {"random_state": run.seed, "device": device, "n_jobs": n_jobs or n_processors()}
    offered |= {} if run.recipe is None else {"recipe": run.recipe}
    name = run.name if run.recipe is None else f"{run.name}, recipe {run.recipe}"
    request = ExplainRequest(name, place, min(n_declarations, len(edition.test)), run.seed)
    result, scores, explained = train_in_child(
        Job(run.model, offered, request), split_of(run, edition), log, collect=read_explained
    )
    if scores is None or explained is None:
        raise KitError(f"{run.name} cannot be explained: {result.error}")
    if isinstance(explained, ModelAccount):
        return explained
    declarations = edition.test.iloc[explained.rows].reset_index(drop=True)
    return Explanation(name, explained.shap, explained.splits, declarations, scores[explained.rows])
