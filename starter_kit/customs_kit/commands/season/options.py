"""Options that several commands of seasons share."""

from __future__ import annotations

import click

#: Copy of the names of `customs_data.season.kinds.SEASONS`, so that --help loads nothing.
KINDS = ("steady", "shifting")

season_kind_option = click.option(
    "--season",
    type=click.Choice(KINDS),
    default=KINDS[0],
    show_default=True,
    help="Kind of simulated worlds. In shifting, mediocre fraud fills the budget while other parts "
    "of trade turn rich.",
)

world_rows_option = click.option(
    "--rows",
    type=click.IntRange(min=100),
    help="Declarations of a world.  [default: 54000 if steady, 216000 if shifting]",
)
