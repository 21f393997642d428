"""`customs-kit baseline runs`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.options import json_option


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of runs, as given to `baseline run`.  [default: runs]",
)
@json_option
def runs(out: Path | None, as_json: bool) -> None:
    """List the runs that are kept, newest first.

    `customs-kit submission check` and `send` take a name from this list. To delete a run, delete
    its folder.

    \b
    Examples:
      customs-kit baseline runs
      customs-kit baseline runs --out few --json
    """
    from customs_baselines.running.history import list_runs
    from customs_data.errors import KitError
    from customs_kit.kept_runs import runs_folder
    from customs_kit.terminal.output import output_width, print_json, say, show
    from customs_kit.terminal.run_tables import kept_runs_table

    folder = out or runs_folder()
    if not folder.is_dir():
        raise KitError(
            f"No such folder: {folder}. `customs-kit baseline run` makes it, or name another one "
            "with --out."
        )
    kept, notes = list_runs(folder)
    if as_json:
        print_json([run.as_dict() for run in kept])
    elif kept:
        show(*kept_runs_table(kept, output_width()))
    else:
        say(f"No run is kept in {folder}.")
    for note in notes:
        say(f"Left out: {note}", err=True)
