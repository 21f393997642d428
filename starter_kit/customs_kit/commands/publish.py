"""`customs-kit publish`."""

from __future__ import annotations

import click

from customs_kit.lazy import LazyGroup

_COMMANDS = "customs_kit.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "codabench": (
            f"{_COMMANDS}.publish_codabench:codabench",
            "Make a competition bundle for Codabench, or check one.",
        ),
        "kaggle": (
            f"{_COMMANDS}.publish_kaggle:kaggle",
            "Publish on Kaggle, as a dataset or a hosted competition.",
        ),
    },
)
def publish() -> None:
    """Publish an edition where people already compete.

    Example: customs-kit publish codabench my-edition --out bundle.zip
    """
