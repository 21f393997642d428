"""`customs-kit inspection list | run`."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from customs_baselines.season.catalogue import EXPLORERS
from customs_kit.commands.options import (
    ERASURES,
    FiniteRange,
    cluster_option,
    edition_option,
    json_option,
)
from customs_kit.commands.season.options import season_options, strategy_options


class WarmUp(click.ParamType[str]):
    """How the labels of the warm-up are chosen."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the text; an unknown one is wrong usage (exit status 2)."""
        from customs_data.errors import KitError
        from customs_data.season.warm_up import full_weeks

        try:
            full_weeks(value)
        except KitError as error:
            self.fail(str(error), param, ctx)
        return value


#: Options that an edition has no use for.
_OF_WORLDS = (
    "season", "fraud_rate", "worlds", "seed", "rows", "weeks", "warm_up_weeks", "warm_up_rate",
    "warm_up",
)  # fmt: skip
_DEFAULT = ("random", "profile", "exploit", "hybrid", "noticing", "item_price", "oracle")


@click.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List strategies, references and baselines that can play a season, and explorers.

    An explorer is a value of the option --explore of `customs-kit inspection run`.

    Example: customs-kit inspection list
    """
    from customs_baselines.season.catalogue import list_explorers, list_strategies
    from customs_kit.terminal.entries import show_entries

    show_entries(list_strategies() + list_explorers(), "kind", as_json=as_json)


@click.command()
@click.argument("strategies", nargs=-1, metavar="[STRATEGY ... | FILE.py:NAME]")
@edition_option(required=False)
@season_options
@click.option(
    "--fraud-rate",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Share of fraud in a world.  [default: the season's]",
)
@click.option("--worlds", type=click.IntRange(min=1), default=1, show_default=True, help="Worlds.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the first world.")
@click.option(
    "--warm-up",
    type=WarmUp(),
    default="random",
    show_default=True,
    help=f"How these labels were chosen: {', '.join(ERASURES)}; or full:WEEKS, such as full:4: "
    "all labels of the last weeks, and nothing before them.",
)
@click.option(
    "--report",
    type=click.Choice(["fraud", "scheme"]),
    default="fraud",
    show_default=True,
    help="scheme: reports name the kind of violation, too (column Violation).",
)
@click.option(
    "--explore",
    type=click.Choice(EXPLORERS),
    default="random",
    show_default=True,
    help="How hybrid and adaptive explore; `inspection list` describes each.",
)
@click.option(
    "--explore-share",
    type=FiniteRange(0, 1),
    default=0.1,
    show_default=True,
    help="Share of hybrid's inspections that explores.",
)
@click.option(
    "--explore-weight",
    type=FiniteRange(min=0, min_open=True),
    default=8.0,
    show_default=True,
    help="Weight of the labels that this brought.",
)
@click.option(
    "--half-life",
    type=FiniteRange(min=0, min_open=True),
    metavar="WEEKS",
    help="Weeks after which a label counts half, for exploit and what is built on it.",
)
@strategy_options
@cluster_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("seasons"),
    show_default=True,
    help="Folder of the records; seasons that it has are not played again.",
)
@json_option
def run(
    strategies: tuple[str, ...],
    edition: Path | None,
    season: str,
    fraud_rate: float | None,
    worlds: int,
    seed: int,
    rows: int | None,
    rate: float,
    schedule: str,
    weeks: int,
    warm_up_weeks: int,
    warm_up_rate: float | None,
    warm_up: str,
    delay: int,
    report: str,
    explore: str,
    explore_share: float,
    explore_weight: float,
    refit_every: int,
    half_life: float | None,
    week_timeout: float,
    strategy_seed: int,
    threads: int | None,
    cluster: str | None,
    out: Path,
    as_json: bool,
) -> None:
    """Open declarations week by week, and learn only from what was opened.

    STRATEGY is a name of `customs-kit inspection list`; the default is a selection of them. A
    baseline, or your own model as FILE.py:NAME, is fitted on what is known and opens its highest
    scores. A class with select(week) is a strategy of your own: it returns week.n_inspections rows
    of week.arrivals.

    With --edition the test periods of an edition are played, real declarations too; its training
    labels are known from the start.

    Each season is kept in OUT/WORLD/STRATEGY-seedN: season.json, inspections.csv, log.txt.

    Exits 1 if a strategy fails; the others still play.

    \b
    Examples:
      customs-kit inspection run
      customs-kit inspection run exploit hybrid --explore uncertain --worlds 5
      customs-kit inspection run exploit hybrid --season shifting --rate 0.1
      customs-kit inspection run xgboost --edition my-edition --refit-every 4
      customs-kit inspection run my_strategy.py:MyStrategy exploit --rate 0.1
    """
    from customs_baselines.season.catalogue import resolve_strategy
    from customs_baselines.season.playing import SeasonSettings
    from customs_baselines.season.run_seasons import run_seasons
    from customs_baselines.season.worlds import SeasonWorld
    from customs_data.season.kinds import rows_of_season
    from customs_data.season.warm_up import full_weeks
    from customs_kit.commands.executors import open_threads
    from customs_kit.commands.inspection.show import show_seasons
    from customs_kit.terminal.output import print_json, runs_bar, warn
    from customs_scorer.season.budget import Budget

    if cluster is not None and threads is not None:
        raise click.UsageError("Give either --threads or --cluster.")
    source = click.get_current_context().get_parameter_source
    for name in _OF_WORLDS:
        if edition is not None and source(name) is ParameterSource.COMMANDLINE:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(
                f"{option} is for simulated worlds; leave it out with --edition."
            )
    chosen = [resolve_strategy(name) for name in dict.fromkeys(strategies or _DEFAULT)]
    settings = SeasonSettings(
        Budget.parse(rate, schedule),
        delay,
        strategy_seed,
        {
            "refit_every": refit_every,
            "explore": explore,
            "explore_share": explore_share,
            "explore_weight": explore_weight,
            "n_jobs": 1,
            **({} if half_life is None else {"half_life": half_life}),
        },
        week_timeout,
        report,
    )
    n_full = full_weeks(warm_up)
    if n_full is not None and warm_up_rate is not None:
        raise click.UsageError(f"With --warm-up {warm_up} all labels are known: no --warm-up-rate.")
    warm_up_rate = rate if warm_up_rate is None else warm_up_rate
    played = [
        SeasonWorld(
            season,
            seed + i,
            rows_of_season(season) if rows is None else rows,
            warm_up_weeks,
            weeks,
            1.0 if n_full is not None else warm_up_rate,
            warm_up,
            fraud_rate,
        )
        for i in range(worlds)
    ]
    if edition is not None:
        played = [SeasonWorld(edition=edition)]
    with runs_bar() as bar, open_threads(threads, cluster, out) as executor:
        task = bar.add_task("seasons", total=len(played) * len(chosen))
        records = run_seasons(
            played, chosen, settings, out, executor=executor, on_done=lambda _: bar.advance(task)
        )
    if as_json:
        print_json(records)
    else:
        where = f"{len(played)} worlds" if len(played) > 1 else played[0].name
        show_seasons(records, f"{where}: {rate * 100:g} % opened each week")
    lengths = {record["world"]: len(record["weeks"]) for record in records if not record["error"]}
    for name, length in lengths.items():
        if edition is None and length < weeks:
            warn(f"{name} has {length} weeks to play, not {weeks}.")
    if failed := [record for record in records if record["error"]]:
        for record in failed:
            click.echo(
                f"Error: {record['strategy']} on {record['world']}: {record['error']}", err=True
            )
        raise SystemExit(1)
