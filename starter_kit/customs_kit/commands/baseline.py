"""`customs-kit baseline`."""

from __future__ import annotations

import click

from customs_kit.lazy import LazyGroup

_RUNNING = "customs_kit.commands.baseline_running"
_TABLES = "customs_kit.commands.baseline_tables"
_EXPLAINING = "customs_kit.commands.baseline_explaining"


@click.group(
    cls=LazyGroup,
    lazy={
        "list": (f"{_RUNNING}:list_", "List the baselines."),
        "run": (f"{_RUNNING}:run", "Train models, write submissions, score them."),
        "table": (f"{_TABLES}:table", "Run grids of models; make tables and curves of results."),
        "explain": (f"{_EXPLAINING}:explain", "Show what a model looks at, and why it flags one."),
        "worlds": (f"{_TABLES}:worlds", "Measure what worlds of a configuration are like."),
    },
)
def baseline() -> None:
    """List, run, compare and explain baselines and your own model.

    Example: customs-kit baseline run
    """
