"""`customs-kit baseline explain`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.options import (
    CommaSeparated,
    device_option,
    edition_option,
    erasure_option,
    json_option,
)


@click.command()
@click.argument("name", metavar="NAME | FILE.py:CLASS")
@edition_option(required=False)
@click.option(
    "--recipe",
    "recipes",
    type=CommaSeparated(str),
    default=(),
    help="Feature recipe: paper or kit, or both with a comma.  [default: the model's own]",
)
@click.option("--declaration", help="Test declaration to explain.  [default: the most suspicious]")
@click.option(
    "--declarations",
    "n_declarations",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    help="Test declarations to explain in all.",
)
@click.option(
    "--anonymous",
    is_flag=True,
    help="Leave the single declaration out of everything that is written or printed.",
)
@click.option("--label-rate", type=float, help="Share of training declarations with a label.")
@erasure_option
@click.option("--seed", type=int, default=0, show_default=True, help="Of model and erasure.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for pictures and pages.  [default: runs/NAME-OF-EDITION/explained]",
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads.  [default: processors]")
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
    """Show what a model looks at, and why it flags one declaration.

    Trains NAME (`customs-kit baseline list`) or your own FILE.py:CLASS on the training
    declarations, explains its scores of test declarations by SHAP values, and writes importance,
    one declaration and many as PNG, all in one HTML page, and JSON. Graph networks show the
    declaration's neighbourhood instead, and what deleting each neighbour does to its score; DATE
    the cross features it attended to. No hidden label is read.

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
    from customs_data import load_edition
    from customs_data.errors import KitError
    from customs_kit.terminal.output import print_json, progress_console, show
    from customs_kit.terminal.score_tables import (
        account_table,
        contributions_table,
        importance_table,
    )
    from customs_kit.workspace import chosen_edition

    rates = () if label_rate is None else (label_rate,)
    runs = list(Plan((name,), recipes, rates, erasure, (seed,)).runs())
    loaded = load_edition(chosen_edition(edition))
    out = out or Path("runs") / loaded.manifest.name.replace(" ", "-") / "explained"
    explanations = []
    for run in runs:
        folder = out / run.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with progress_console().status(f"Training and explaining {run.folder} ..."):
                found = explain_run(
                    run,
                    loaded,
                    folder / "log.txt",
                    declaration=declaration,
                    n_declarations=n_declarations,
                    n_jobs=threads,
                    device=device,
                )
                named = loaded.manifest.name
                if isinstance(found, ModelAccount):
                    write_model_account(found, folder, named, with_declaration=not anonymous)
                else:
                    write_explanation(found, folder, named, with_declaration=not anonymous)
        except OSError as error:
            raise KitError(f"{folder} cannot be written: {error.strerror}. Choose --out.") from None
        explanations.append(found)
    if as_json:
        print_json(
            {
                "format": FORMAT,
                "edition": loaded.manifest.name,
                "train_sha256": loaded.manifest.files["train"].sha256,
                "explanations": [
                    found.as_dict(with_declaration=not anonymous) for found in explanations
                ],
            }
        )
        return
    for found in explanations:
        if isinstance(found, ModelAccount):
            if not anonymous:
                show(account_table(found), found.sentence)
        else:
            show(importance_table(found), *([] if anonymous else [contributions_table(found)]))
    click.echo(f"Pictures, pages and JSON are in {out}.")
