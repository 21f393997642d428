"""What all studies need of a script: errors in one sentence, results as JSON that are resumed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import click

from customs_baselines.experiments.results_file import read_json
from customs_data.edition.generating import Blueprint
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically


class Study(click.Command):
    """Command that ends a KitError with one sentence and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KitError as error:
            raise click.ClickException(str(error)) from None


def save_results(results: Any, path: Path) -> None:
    """Write results as JSON.

    Raises
    ------
    KitError
        If the file cannot be written.
    """
    write_atomically(path, json.dumps(results, indent=1, allow_nan=False) + "\n")


def describe_blueprint(blueprint: Blueprint) -> dict[str, Any]:
    """Return what results record of the worlds they were measured on: name, version, digest."""
    settings = json.dumps(blueprint.as_dict(), sort_keys=True)
    return {
        "configuration": blueprint.configuration.name,
        "version": blueprint.configuration.version,
        "n_declarations": blueprint.n_declarations,
        "sha256": hashlib.sha256(settings.encode()).hexdigest(),
    }


def resume_results(path: Path | None, head: dict[str, Any], *, fresh: bool) -> dict[str, Any]:
    """Return the results of a study that was stopped, to be completed; or `head` alone.

    Parameters
    ----------
    path : path or None
        Results file; may be missing.
    head : dict
        What the results must have been begun with, as JSON gives it.
    fresh : bool
        Ignore what is in `path`.

    Raises
    ------
    KitError
        If the file cannot be read, or was begun with something else.
    """
    if fresh or path is None or not path.exists():
        return dict(head)
    before = read_json(path)
    if not isinstance(before, dict) or {name: before.get(name) for name in head} != head:
        raise KitError(
            f"{path} was measured on another configuration. Start over with --fresh, or name "
            "another file with --out."
        )
    return before
