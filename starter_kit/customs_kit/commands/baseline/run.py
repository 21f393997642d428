"""`customs-kit baseline list | run`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from customs_kit.commands.options import (
    CommaSeparated,
    FiniteRange,
    TaskName,
    asked_task_option,
    cluster_option,
    device_option,
    edition_option,
    erasure_option,
    json_option,
    recipe_option,
    threads_option,
)

if TYPE_CHECKING:
    from customs_baselines.running.records import RunRecord
    from customs_data.edition.loading import Edition
    from customs_data.tasks import Task


@click.command("list")
@click.option("--task", type=TaskName(), help="Only baselines of this task.  [default: all]")
@json_option
def list_(task: str | None, as_json: bool) -> None:
    """List the baselines by task.

    \b
    Examples:
      customs-kit baseline list
      customs-kit baseline list --task hs6
    """
    from customs_baselines.catalogue import list_baselines, tasks_with_baselines
    from customs_kit.terminal.entries import show_entries

    tasks = tasks_with_baselines() if task is None else [task]
    baselines = [entry for name in tasks for entry in list_baselines(name)]
    show_entries(baselines, "task", "recipe", as_json=as_json)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ... | FILE.py:NAME]")
@edition_option(required=False)
@asked_task_option
@recipe_option
@click.option(
    "--label-rate",
    "--label-rates",
    "label_rates",
    type=CommaSeparated(float),
    default=(),
    help="Share of all training declarations that keep a label, or several: 1,0.1,0.05.  "
    "[default: all published labels]",
)
@erasure_option
@click.option(
    "--seed",
    "--seeds",
    "seeds",
    type=CommaSeparated(int),
    default=(0,),
    help="Seed of model and erasure, or several: 0,1,2.  [default: 0]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for submissions and records.  [default: runs/NAME-OF-EDITION]",
)
@click.option(
    "--validate/--no-validate",
    default=None,
    help="Also validate on the last quarter of the training period.  [default: only without "
    "hidden labels]",
)
@threads_option
@cluster_option
@click.option(
    "--time-limit",
    type=FiniteRange(min=0, min_open=True),
    metavar="SECONDS",
    help="End a training that takes longer; the other models still run.  [default: no limit]",
)
@click.option(
    "--verbose",
    is_flag=True,
    help="Show what the models print, on standard error; it is in their log.txt in any case.",
)
@click.option(
    "--picture",
    type=click.Path(path_type=Path),
    help="Also save the table as SVG.",
)
@click.option(
    "--errors",
    is_flag=True,
    help="Also write errors.html, an analysis of the models' errors on the validation rows if "
    "models are validated, else on hidden labels.",
)
@device_option
@json_option
def run(
    names: tuple[str, ...],
    edition: Path | None,
    task: str | None,
    recipes: tuple[str, ...],
    label_rates: tuple[float, ...],
    erasure: str,
    seeds: tuple[int, ...],
    out: Path | None,
    validate: bool | None,
    threads: int | None,
    cluster: str | None,
    time_limit: float | None,
    verbose: bool,
    picture: Path | None,
    errors: bool,
    device: str,
    as_json: bool,
) -> None:
    """Train models, write their submissions, and score them if hidden labels are available.

    NAME is a baseline (`customs-kit baseline list`); the default is a selection of them.

    FILE.py:NAME is your own model: a class with fit(X, y) and predict_proba(X), a scikit-learn
    estimator or Pipeline, or a function that returns one. FILE.py is enough if the file has one
    model. X is a DataFrame of the 20 declared columns and the edition's extra ones, y contains 0, 1
    and -1 (unlabelled), and predict_proba returns the columns [honest, fraud]. An estimator of a
    library does not know -1 and is fitted on the labelled declarations only. The model runs in the
    folder of its file. random_state (or seed) is set to --seed; a number of your own in an
    estimator is increased by it.

    --edition defaults to that of your workspace (`customs-kit start`), else to the practice
    edition, which is made in your cache.

    With --cluster, the workers of a Dask cluster train xgboost on an edition in parts (`customs-kit
    data generate --format parts`), each on parts of its own. They must see edition and --out under
    the same paths. Features do not depend on the workers; scores repeat with the same number of
    them.

    Exits 1 if a model fails; the other models still run.

    \b
    Examples:
      customs-kit baseline run
      customs-kit baseline run xgboost --edition my-edition --recipe paper,kit
      customs-kit baseline run xgboost lightgbm --edition my-edition --label-rates 1,0.1,0.05
      customs-kit baseline run my_model.py:MyModel --edition my-edition
      customs-kit baseline run my_pipeline.py:pipe --verbose --time-limit 600
      customs-kit baseline run xgboost lightgbm --edition my-edition --validate --errors
      customs-kit baseline run --task hs6
      customs-kit baseline run xgboost --edition my-nation --cluster local:4
    """
    if cluster is not None and not (validate is threads is time_limit is None):
        raise click.UsageError(
            "Workers of a cluster know no --validate, --threads and --time-limit. Leave them out."
        )
    from customs_baselines.running.cluster_runs import run_on_cluster
    from customs_baselines.running.plan import Plan
    from customs_baselines.running.runner import run_baselines
    from customs_baselines.running.watch import Watch
    from customs_data import load_edition
    from customs_data.edition.layout import Layout
    from customs_data.edition.manifest import read_manifest
    from customs_data.tasks import find_task
    from customs_kit.terminal.output import (
        PICTURE_WIDTH,
        output_width,
        print_json,
        save_picture,
        say,
        show,
        warn,
    )
    from customs_kit.terminal.run_tables import runs_table
    from customs_kit.terminal.runs_progress import runs_progress
    from customs_kit.workspace import chosen_edition
    from customs_scorer.metrics import metrics_of
    from customs_scorer.validation import about_training

    chosen = chosen_edition(edition, task)
    manifest = read_manifest(Layout.find(chosen).public)
    if errors:
        find_task(manifest.task).require_one_label("The error analysis (--errors)")
    plan = Plan(names, recipes, label_rates, erasure, seeds, manifest.task)
    out = out or Path("runs") / manifest.name.replace(" ", "-")
    command = shlex.join(["customs-kit", *sys.argv[1:]])
    loaded = load_edition(chosen) if cluster is None else None
    with runs_progress(sum(1 for _ in plan.runs())) as progress:
        on_step = progress.step if progress.is_shown else None
        if loaded is not None:
            records, reference = run_baselines(
                plan,
                loaded,
                out,
                validate=validate,
                device=device,
                n_jobs=threads,
                command=command,
                watch=Watch(
                    time_limit=time_limit,
                    on_output=progress.print_line if verbose else None,
                    on_step=on_step,
                ),
                on_start=progress.start,
                on_done=progress.finish,
            )
        else:
            assert cluster is not None
            records, reference, loaded = run_on_cluster(
                plan,
                chosen,
                out,
                cluster,
                command=command,
                on_step=on_step,
                on_start=progress.start,
                on_done=progress.finish,
            )
    title = f"{loaded.manifest.name}: {about_training(loaded.split)}"
    metrics = metrics_of(loaded.task)
    if picture is not None:
        parts = runs_table(records, title, metrics, reference, PICTURE_WIDTH)
        save_picture(picture, "customs-kit baseline run", *parts)
    failed = [record for record in records if record.failed]
    if as_json:
        print_json([record.as_dict() for record in records])
    elif len(failed) < len(records):
        show(*runs_table(records, title, metrics, reference, output_width()))
        if any(record.validation for record in records):
            say(_about_validation(records, loaded.task))
        if not loaded.layout.has_hidden:
            _check_submissions(records, loaded)
        for sentence in loaded.manifest.column_set.sentences():
            say(sentence)
        _tell_notes_and_logs(records)
        kept = ", ".join(record.name for record in records)
        say(f"Kept in {out} (submission, record, log): {kept}.")
    if errors:  # after the scores, which a failure here cannot hide
        page = _write_errors(records, loaded, out)
        if page is not None and not as_json:
            say(f"Error analysis: {page}")
    if not as_json:
        for record in records:
            # Of a baseline, nobody can change them.
            if record.run.is_own and record.ties is not None and record.ties.warning:
                warn(f"{record.name} has {record.ties.warning}")
            if validation_error := (record.validation or {}).get("error"):
                warn(f"{record.name} was not validated: {validation_error}")
    for record in failed:
        say(f"Error: {record.run.name} failed: {record.result.error}", err=True)
    if failed:
        raise SystemExit(1)


def _tell_notes_and_logs(records: list[RunRecord]) -> None:
    """Print the notes of models, and where the output is of those that printed something."""
    from customs_baselines.running.run_folders import LOG
    from customs_kit.terminal.output import say

    models: dict[str, list[str]] = {}  # by note: many models often have the same
    for record in records:
        for note in record.result.notes:
            models.setdefault(note, []).append(record.run.name)
    for note, names in models.items():
        say(f"{', '.join(dict.fromkeys(names))}: {note}")
    for record in records:
        if record.submission is not None:
            log = record.submission.parent / LOG
            if log.exists() and log.stat().st_size:
                say(f"Output of {record.run.name}: {log}")


def _about_validation(records: list[RunRecord], task: Task) -> str:
    """Return what was validated on, with a caveat where it resembles the test periods less."""
    from customs_scorer.validation import about_validation

    sentence = f"Validation: {about_validation(task)}."
    erasures = {
        record.repeat["erasure"]
        for record in records
        if record.validation and record.repeat["label_rate"] < 1
    }
    if erasures <= {"none", "random"}:
        return sentence
    return f"{sentence} Their labels were not erased at random, so the test declarations differ."


def _check_submissions(records: list[RunRecord], edition: Edition) -> None:
    """Check a team's submissions as the organizer will."""
    from customs_kit.terminal.output import say
    from customs_scorer.submissions import read_submission

    for record in records:
        if record.submission is not None:
            n = len(read_submission(record.submission, edition.units, task=edition.task))
            unit = edition.task.unit.name
            say(f"Checked: {record.submission} can be scored ({n:,} {unit}s).")


def _write_errors(records: list[RunRecord], edition: Edition, out: Path) -> Path | None:
    """Write the error analysis of the runs that labels can be compared with."""
    from customs_baselines.running.short_names import short_names
    from customs_baselines.running.validation_mistakes import validation_errors
    from customs_kit.terminal.error_files import ERROR_RATE, write_errors
    from customs_scorer.mistakes.of_files import errors_of_files

    names = short_names([record.run for record in records])
    both = zip(names, records, strict=True)
    files = {name: it.submission for name, it in both if it.submission is not None}
    if not files:
        return None  # every model failed
    if any(record.validation for record in records) or not edition.layout.has_hidden:
        analysis, source = validation_errors(records, edition, ERROR_RATE)
    else:
        analysis, source = errors_of_files(files, edition, ERROR_RATE)
    title = f"Where models err: {edition.manifest.name}"
    return write_errors(analysis, out, title=title, source=source)
