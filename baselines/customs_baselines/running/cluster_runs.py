"""Runs on a cluster: trained by workers that see public/ alone, scored by this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from customs_baselines.cluster.parts import PublicParts
from customs_baselines.cluster.training import Trained, count_labels, train_on_cluster
from customs_baselines.features.column_account import describe_lacking
from customs_baselines.models.xgboost import MANY_LABELS
from customs_baselines.running.job import JobResult
from customs_baselines.running.plan import Plan, Run
from customs_baselines.running.records import RunRecord, make_record
from customs_baselines.running.run_folders import run_folder
from customs_baselines.running.runner import RECORD, SUBMISSION
from customs_baselines.steps import listen
from customs_data.cluster import check_readable, open_cluster, parse_address
from customs_data.edition.layout import Layout
from customs_data.edition.loading import Edition, load_edition
from customs_data.edition.manifest import Manifest, read_manifest
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically, write_errors
from customs_scorer.submissions import write_submission
from customs_scorer.yardsticks import Reference, make_reference

_MODEL, _RECIPE = "xgboost", "kit"


def run_on_cluster(
    plan: Plan,
    path: Path,
    out: Path,
    address: str,
    *,
    command: str = "",
    on_step: Callable[[str], None] | None = None,
    on_start: Callable[[Run], None] = lambda run: None,
    on_done: Callable[[RunRecord], None] = lambda record: None,
) -> tuple[list[RunRecord], Reference, Edition]:
    """Train and score every run of a plan.

    Parameters
    ----------
    plan : Plan
        Runs of `xgboost` with recipe ``kit`` and all published labels.
    path : path
        Edition in parts.
    out : path
        As of `running.runner.run_baselines`; all workers have to write it.
    address : str
        Of the cluster (see `customs_data.cluster.parse_address`).
    command : str
        Command line, for the records.
    on_step : callable, optional
        Called with the current step of the training.
    on_start, on_done : callable
        Called before each run and when it has been scored.

    Returns
    -------
    records : list of RunRecord
        In the order of the plan.
    reference : Reference
        Scores of copying labels on this edition, for comparison.
    edition : Edition
        Loaded after the workers have ended, so that memory never holds both.

    Raises
    ------
    KitError
        If a run is not made for clusters, or the cluster cannot be used.
    """
    kind = parse_address(address).kind
    for run in plan.runs():
        _check_run(run)
    layout = Layout.find(path)
    manifest = read_manifest(layout.public)
    parts = PublicParts.of(layout, manifest)
    n_labels = count_labels(parts)
    if n_labels < MANY_LABELS:
        raise KitError(
            f"{manifest.name} has {n_labels:,} labels, few enough for one machine: below "
            f"{MANY_LABELS:,}, {_MODEL} also fits a linear model, which needs all of them in one "
            "process. Leave --cluster out."
        )
    with write_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    trained = []
    listen(on_step)
    try:
        with open_cluster(address, shared=out) as client:
            check_readable(client, parts.train[0])
            for run in plan.runs():
                on_start(run)
                started = datetime.now(UTC).isoformat(timespec="seconds")
                parameters = {"recipe": _RECIPE, "random_state": run.seed}
                extra = dict(manifest.extra)
                it = train_on_cluster(client, parts, extra, out, parameters)
                trained.append((run, started, it))
    finally:
        listen(None)
    edition = load_edition(path)
    reference, records = None, []
    for run, started, it in trained:
        with run_folder(out, run.folder, finished=SUBMISSION) as folder:
            submission = write_submission(edition, it.scores, folder / SUBMISSION)
            reference = reference or make_reference(edition)
            record = make_record(
                run,
                edition,
                _result_of(it, kind, manifest),
                n_labels=n_labels,
                submission=submission,
                reference=reference,
            )
            record = replace(record, name=folder.name, started=started, command=command)
            write_atomically(folder / RECORD, json.dumps(record.as_dict(), indent=2) + "\n")
        records.append(record)
        on_done(record)
    assert reference is not None  # a plan has at least one run
    return records, reference, edition


def _check_run(run: Run) -> None:
    """Raise KitError if a run is not made for clusters."""
    if run.model != _MODEL or run.recipe != _RECIPE:
        recipe = f" with recipe {run.recipe}" if run.recipe else ""
        raise KitError(
            f"On a cluster runs {_MODEL} with recipe {_RECIPE} alone, not {run.name}{recipe}: name "
            "it, or leave --cluster out."
        )
    if run.label_rate is not None:
        raise KitError(
            "On a cluster, models learn from all published labels. Leave --label-rate out, or "
            "make the edition with it (`customs-kit data generate --label-rate`)."
        )


def _result_of(trained: Trained, kind: str, manifest: Manifest) -> JobResult:
    n, model = trained.n_workers, trained.model
    parameters: dict[str, Any] = model.get_params()
    lacking, notes = describe_lacking(model, manifest.absent)
    return JobResult(
        parameters=parameters,
        seconds=trained.seconds,
        cpu_seconds=trained.cpu_seconds,
        peak_memory_mib=trained.peak_memory_mib,
        notes=[f"Trained by {n} worker{'s' if n > 1 else ''} of a cluster.", *notes],
        lacking=lacking,
        cluster={"address": kind, "workers": n},
    )
