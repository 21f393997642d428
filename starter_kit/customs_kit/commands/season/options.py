"""Options that several commands of seasons share."""

from __future__ import annotations

import click

#: Copy of the names of `customs_data.season.kinds.SEASONS`, so that --help loads nothing.
KINDS = ("steady",)

season_kind_option = click.option(
    "--season",
    type=click.Choice(KINDS),
    default=KINDS[0],
    show_default=True,
    help="Kind of simulated worlds.",
)
