"""Options that several commands of seasons share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from customs_kit.commands.options import FiniteRange, threads_option

#: Copy of the names of `customs_data.season.kinds.SEASONS`, so that --help loads nothing.
KINDS = ("steady", "shifting")

Command = Callable[..., Any]

_season = click.option(
    "--season",
    type=click.Choice(KINDS),
    default=KINDS[0],
    show_default=True,
    help="Kind of simulated world. In shifting, mediocre fraud fills the budget while other parts "
    "of trade turn rich.",
)
_rows = click.option(
    "--rows",
    type=click.IntRange(min=100),
    help="Declarations of a world.  [default: 54000 if steady, 216000 if shifting]",
)
_rate = click.option(
    "--rate", type=float, default=0.05, show_default=True, help="Share of a week that is opened."
)
_schedule = click.option(
    "--schedule",
    default="constant",
    show_default=True,
    help="constant, or decay:FIRST:STEP: from FIRST the rate falls by STEP a week.",
)
_weeks = click.option(
    "--weeks", type=click.IntRange(min=1), default=52, show_default=True, help="Weeks to play."
)
_warm_up_weeks = click.option(
    "--warm-up-weeks",
    type=click.IntRange(min=1),
    default=26,
    show_default=True,
    help="Weeks before the first decision.",
)
_warm_up_rate = click.option(
    "--warm-up-rate", type=float, help="Share of these with a known label.  [default: --rate]"
)
_delay = click.option(
    "--delay",
    type=click.IntRange(1, 26),
    default=1,
    show_default=True,
    help="Weeks until the result of an inspection is known.",
)
_refit_every = click.option(
    "--refit-every",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Weeks between trainings.",
)
_week_timeout = click.option(
    "--week-timeout",
    type=FiniteRange(min=0, min_open=True, max=86_400),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="End a strategy that takes longer for a week.",
)
_strategy_seed = click.option(
    "--strategy-seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the strategies.",
)


def season_options(command: Command) -> Command:
    """Add the options that say what is played: worlds, budget, warm-up and delay."""
    for option in (
        _delay, _warm_up_rate, _warm_up_weeks, _weeks, _schedule, _rate, _rows, _season,
    ):  # fmt: skip
        command = option(command)
    return command


def strategy_options(command: Command) -> Command:
    """Add the options that say how strategies are run."""
    for option in (threads_option, _strategy_seed, _week_timeout, _refit_every):
        command = option(command)
    return command
