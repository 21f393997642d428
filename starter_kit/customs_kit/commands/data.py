"""`customs-kit data`."""

from __future__ import annotations

import click

from customs_kit.lazy import LazyGroup

_MAKING = "customs_kit.commands.data_making"
_CHECKING = "customs_kit.commands.data_checking"


@click.group(
    cls=LazyGroup,
    lazy={
        "generate": (f"{_MAKING}:generate", "Simulate an edition from a seed or a secret."),
        "import": (f"{_MAKING}:import_", "Make an edition from existing declarations."),
        "synthesize": (
            "customs_kit.commands.data_synthesizing:synthesize",
            "Draw declarations like those of a source.",
        ),
        "secret": (f"{_MAKING}:secret", "Draw the secret of a competition."),
        "profile": (f"{_MAKING}:profile", "Calibrate the simulator to declarations."),
        "audit": (f"{_CHECKING}:audit", "Measure whether an edition can be looked up or leaks."),
        "fidelity": (
            "customs_kit.commands.data_fidelity:fidelity",
            "Judge synthetic declarations by their source.",
        ),
        "verify": (f"{_CHECKING}:verify", "Check that an edition is whole and unchanged."),
        "describe": (f"{_CHECKING}:describe", "Show what an edition holds."),
        "reveal": (f"{_MAKING}:reveal", "Write what is published after the close."),
    },
)
def data() -> None:
    """Make, check and look at editions.

    Example: customs-kit data describe my-edition
    """
