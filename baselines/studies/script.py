"""What all studies need of a script: errors in one sentence, results as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

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
