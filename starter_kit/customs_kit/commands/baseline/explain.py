"""`customs-kit baseline explain`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from customs_kit.commands.options import (
    device_option,
    edition_option,
    erasure_option,
    json_option,
    recipe_option,
    threads_option,
)


@click.command()
@click.argument("name", metavar="NAME | FILE.py:NAME")
@edition_option(required=False)
@recipe_option
@click.option("--declaration", help="Test declaration to explain.  [default: the most suspicious]")
@click.option(
    "--declarations",
    "n_declarations",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    help="Number of test declarations to explain.",
)
@click.option(
    "--anonymous",
    is_flag=True,
    help="Omit the single declaration from all files and output.",
)
@click.option("--label-rate", type=float, help="Share of training declarations with a label.")
@erasure_option
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of model and erasure.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for figures and pages.  [default: runs/NAME-OF-EDITION/explained]",
)
@threads_option
@device_option
@json_option
def explain(
    name: str,
    edition: Path | None,
    recipes: tuple[str, ...],
    declaration: str | None,
    n_declarations: int,
    anonymous: bool,
    label_rate: float | None,
    erasure: str,
    seed: int,
    out: Path | None,
    threads: int | None,
    device: str,
    as_json: bool,
) -> None:
    """Show which columns a model relies on, and why it flags one declaration.

    Trains NAME (`customs-kit baseline list`) or your own FILE.py:NAME on the training
    declarations and explains its scores of test declarations by SHAP values. Writes figures of
    importance, of one declaration and of many as PNG, all of them as one HTML page, and JSON. Graph
    networks show the declaration's neighbourhood instead, with the effect of deleting each
    neighbour; DATE shows the cross features it attended to. Reads no hidden label.

    \b
    Examples:
      customs-kit baseline explain xgboost
      customs-kit baseline explain xgboost --recipe paper,kit --edition my-edition --out explained
      customs-kit baseline explain lightgbm --edition my-edition --declaration 12345678
    """
    from customs_baselines.attribution.account import ModelAccount
    from customs_baselines.explaining.explain import explain_run
    from customs_baselines.explaining.explanation import FORMAT
    from customs_baselines.explaining.model_accounts import write_model_account
    from customs_baselines.explaining.report import write_explanation
    from customs_baselines.running.plan import Plan
    from customs_baselines.running.run_folders import run_folder
    from customs_data import load_edition
    from customs_kit.terminal.output import print_json, progress_console, show
    from customs_kit.terminal.score_tables import (
        account_table,
        contributions_table,
        importance_table,
    )
    from customs_kit.workspace import chosen_edition

    loaded = load_edition(chosen_edition(edition))
    loaded.task.require_one_label("`baseline explain`")
    rates = () if label_rate is None else (label_rate,)
    runs = list(Plan((name,), recipes, rates, erasure, (seed,), loaded.task.name).runs())
    out = out or Path("runs") / loaded.manifest.name.replace(" ", "-") / "explained"
    columns = loaded.manifest.column_set
    name_and_columns = columns.after(loaded.manifest.name)
    about: Any = {"edition": name_and_columns, "with_declaration": not anonymous}
    explanations, folders = [], []
    for run in runs:
        # Without a log the model has not run, and there is nothing to keep.
        with (
            run_folder(out, run.folder, finished="log.txt") as folder,
            progress_console().status(f"Training and explaining {run.folder} ..."),
        ):
            explanation = explain_run(
                run,
                loaded,
                folder / "log.txt",
                declaration=declaration,
                n_declarations=n_declarations,
                n_jobs=threads,
                device=device,
            )
            if isinstance(explanation, ModelAccount):
                write_model_account(explanation, folder, **about)
            else:
                write_explanation(explanation, folder, **about)
        explanations.append(explanation)
        folders.append(str(folder))
    if as_json:
        print_json(
            {
                "format": FORMAT,
                "edition": loaded.manifest.name,
                "train_sha256": loaded.manifest.files["train"].sha256,
                "explanations": [
                    explanation.as_dict(with_declaration=not anonymous)
                    for explanation in explanations
                ],
            }
        )
        return
    for explanation in explanations:
        if not isinstance(explanation, ModelAccount):
            show(importance_table(explanation))
        if not anonymous:
            if isinstance(explanation, ModelAccount):
                show(account_table(explanation), explanation.sentence)
            else:
                show(contributions_table(explanation))
    for sentence in columns.sentences():
        click.echo(sentence)
    click.echo(f"Figures, pages and JSON: {', '.join(folders)}")
