"""`customs-kit start`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.options import asked_task_option, json_option


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--edition",
    type=click.Path(path_type=Path),
    help="The competition's edition (the folder that contains public/).  [default: the practice "
    "edition]",
)
@asked_task_option
@json_option
def start(folder: Path, edition: Path | None, task: str | None, as_json: bool) -> None:
    """Make a team's workspace in DIR: a model, a notebook, the rules, and the edition.

    Commands run in DIR use its edition. It contains no hidden labels.

    \b
    Examples:
      customs-kit start team
      cd team && customs-kit baseline run my_model.py:MyModel
      customs-kit start team --edition busan-2030
      customs-kit start team --task hs6
    """
    from customs_kit.terminal.output import print_json, progress_console
    from customs_kit.workspace import make_workspace

    with progress_console().status("Making the workspace ..."):
        manifest = make_workspace(folder, edition, task)
    if as_json:
        names = sorted(path.name for path in folder.iterdir())
        print_json({"folder": str(folder), "edition": manifest.name, "files": names})
        return
    click.echo(f"Made {folder} with the edition {manifest.name}. Next:")
    click.echo(f"  cd {folder}\n  customs-kit baseline run my_model.py:MyModel")
