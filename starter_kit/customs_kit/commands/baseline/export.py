"""`customs-kit baseline export`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.options import edition_option, json_option


@click.command()
@click.argument("name", type=click.Choice(["lite"]))
@edition_option(required=False)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="New folder for the files.",
)
@click.option(
    "--rules",
    type=click.IntRange(min=1, max=20),
    default=20,
    show_default=True,
    help="Rules at most.",
)
@json_option
def export(name: str, edition: Path | None, out: Path, rules: int, as_json: bool) -> None:
    """Write a model that runs without this kit: in a spreadsheet or a database.

    `lite` is a scorecard of at most 20 rules with whole points. Learns it from the labelled
    training declarations and writes scorecard.csv and lists.csv for a spreadsheet, lists.sql and
    score.sql for a database (SQLite, DuckDB, PostgreSQL), and scorecard.html, to print, with how to
    use them. The lists name traders. Reads no hidden label.

    \b
    Examples:
      customs-kit baseline export lite --edition my-edition --out card
      customs-kit baseline export lite --rules 8 --out small-card
    """
    from customs_baselines.answering import fit_and_score
    from customs_baselines.lite.estimator import LiteScorecard
    from customs_baselines.lite.export import write_scorecard
    from customs_data import load_edition
    from customs_data.errors import KitError
    from customs_data.tasks import find_task
    from customs_kit.terminal.lite_table import lite_table
    from customs_kit.terminal.output import print_json, progress_console, show
    from customs_kit.workspace import chosen_edition

    loaded = load_edition(chosen_edition(edition))
    default = find_task().name
    if loaded.task.name != default:
        raise KitError(
            f"{name} answers the task {default}, but this edition's task is {loaded.task.name}. "
            f"Take an edition of the task {default}."
        )
    with progress_console().status(f"Learning {name} ..."):
        model = LiteScorecard(n_rules=rules)
        fit_and_score(model, loaded.split)
        card = model.scorecard_
        paths = write_scorecard(card, out, loaded.manifest.name)
    if as_json:
        print_json(
            {
                "rules": [
                    {
                        "columns": rule.key,
                        "condition": rule.condition,
                        "points": rule.points,
                        "values": len(rule.values),
                        "share": rule.share,
                    }
                    for rule in card.rules
                ],
                "cuts": {f"{rate:g}": points for rate, points in card.cuts.items()},
                "files": [str(path) for path in paths],
            }
        )
        return
    show(lite_table(card))
    click.echo(f"Open declarations with {card.cuts[0.05]} points or more (about 5 %).")
    click.echo(f"Files: {', '.join(map(str, paths))}")
