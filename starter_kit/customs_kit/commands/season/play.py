"""`customs-kit leaderboard season play | check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from customs_kit.commands.leaderboard.options import (
    competition_argument,
    database_option,
    require_extra,
)
from customs_kit.commands.options import json_option
from customs_kit.commands.season.conduct import opened_season
from customs_kit.commands.season.options import strategy_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customs_baselines.season.playing import SeasonSettings
    from customs_leaderboard.season.client import SeasonClient

_CHECK_WORLDS = 10


@click.command()
@click.argument("url")
@click.argument("strategy", metavar="STRATEGY|FILE.py:NAME")
@click.option(
    "--abandon",
    is_flag=True,
    help="Begin another attempt although one is under way, which ends it.",
)
@strategy_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("played"),
    show_default=True,
    help="Folder of the reports: attempt-N/world-N.csv, and what was printed.",
)
@json_option
def play(
    url: str,
    strategy: str,
    abandon: bool,
    refit_every: int,
    week_timeout: float,
    strategy_seed: int,
    threads: int | None,
    out: Path,
    as_json: bool,
) -> None:
    """Play an attempt of the competition at URL with a STRATEGY, all its worlds at a time.

    STRATEGY is a name of `customs-kit inspection list`, a baseline, or your own FILE.py:NAME, as
    for `customs-kit inspection run`. The team's token is read from the environment variable
    CUSTOMS_KIT_TOKEN or asked for.

    An attempt that is under way is continued: the strategy decides its weeks again, which must
    give the same. The last finished attempt counts, not the best.

    \b
    Examples:
      customs-kit leaderboard season play https://board.example exploit
      customs-kit leaderboard season play https://board.example my_strategy.py:MyStrategy
    """
    require_extra()
    from functools import partial

    from customs_baselines.running.runner import n_processors
    from customs_baselines.season.catalogue import REFERENCES, resolve_strategy
    from customs_data.errors import KitError
    from customs_data.files.atomic import write_atomically
    from customs_data.parallel import map_in_order
    from customs_data.parallel import threads as open_threads
    from customs_kit.commands.leaderboard.serve import team_token
    from customs_kit.served_season import play_served
    from customs_kit.terminal.output import print_json, runs_bar
    from customs_leaderboard.season.client import SeasonClient

    reference = resolve_strategy(strategy)
    if reference in REFERENCES:
        raise KitError(f"{strategy} knows labels that nobody has opened: it cannot compete.")
    settings = _settings(refit_every, strategy_seed, week_timeout)
    with SeasonClient(url, team_token(url)) as client:
        rules = client.competition()["rules"]
        attempt = _attempt(client, abandon)
        folder = out / f"attempt-{attempt}"
        folder.mkdir(parents=True, exist_ok=True)
        worlds = [client.world(attempt, world) for world in range(1, rules["worlds"] + 1)]
        with runs_bar() as bar, open_threads(threads or n_processors()) as executor:
            task = bar.add_task("weeks", total=rules["worlds"] * rules["weeks"])

            def play_one(world: Any) -> Any:
                log = folder / f"world-{world.world}.log"
                return play_served(
                    world,
                    reference,
                    settings,
                    rules["warm_up_weeks"],
                    log,
                    lambda _: bar.advance(task),
                )

            played = list(map_in_order(partial(play_one), worlds, executor))
    for one in played:
        text = one.inspections.to_csv(index=False, lineterminator="\n")
        write_atomically(folder / f"world-{one.world}.csv", text)
    scores = [one.precision for one in played]
    mean = sum(scores) / len(scores)
    if as_json:
        print_json({"attempt": attempt, "precision": mean, "worlds": scores, "out": str(folder)})
        return
    click.echo(
        f"Attempt {attempt}: precision {mean:.3f} by your own reports, worlds "
        f"{', '.join(f'{score:.3f}' for score in scores)}. Reports: {folder}"
    )


@click.command()
@competition_argument
@click.argument("strategies", nargs=-1, required=True, metavar="[TEAM=]STRATEGY|FILE.py:NAME ...")
@click.option(
    "--worlds",
    type=click.IntRange(min=1),
    default=_CHECK_WORLDS,
    show_default=True,
    help="Common worlds.",
)
@strategy_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("final-check"),
    show_default=True,
    help="Folder of the records; seasons that it has are not played again.",
)
@database_option
@json_option
def check(
    competition: Path,
    strategies: tuple[str, ...],
    worlds: int,
    refit_every: int,
    week_timeout: float,
    strategy_seed: int,
    threads: int | None,
    out: Path,
    database_url: str | None,
    as_json: bool,
) -> None:
    """Run teams' code on common worlds that nobody has seen, and compare it pair by pair.

    Their secrets follow from the master secret, so that anyone can repeat the check after the
    reveal. The first strategy is the one that others are compared with. Run foreign code only
    where it can do no harm: this command has no sandbox.

    \b
    Example:
      customs-kit leaderboard season check my-season Busan=busan.py:Ours Incheon=incheon.py:Model
    """
    from customs_baselines.running.runner import n_processors
    from customs_baselines.season.catalogue import resolve_strategy
    from customs_baselines.season.run_seasons import run_seasons
    from customs_baselines.season.worlds import SeasonWorld
    from customs_data.errors import KitError
    from customs_data.parallel import threads as open_threads
    from customs_kit.terminal.output import print_json, runs_bar

    named = _named(strategies)
    with opened_season(competition, database_url) as board:
        from customs_leaderboard.season.secret import final_check_key

        with board.database.reading() as session:
            if board.state(session).closed_at is None:
                raise KitError("The final check follows the close: run `season close` first.")
        rules, secret = board.competition, board.secret
        keys = [final_check_key(secret, world) for world in range(1, worlds + 1)]
    played = [
        SeasonWorld(
            rules.season,
            int.from_bytes(key[:4], "big"),
            rules.rows,
            rules.warm_up_weeks,
            rules.weeks,
            rules.warm_up_rate,
            secret=key,
        )
        for key in keys
    ]
    settings = _settings(refit_every, strategy_seed, week_timeout, rules.budget, rules.delay)
    records: list[dict[str, Any]] = []
    with runs_bar() as bar, open_threads(threads or n_processors()) as executor:
        task = bar.add_task("seasons", total=len(played) * len(named))
        for name, strategy in named.items():
            own = run_seasons(
                played,
                [resolve_strategy(strategy)],
                settings,
                out / name,
                executor=executor,
                on_done=lambda _: bar.advance(task),
            )
            records += [{**record, "strategy": name} for record in own]
    _show_check(records, next(iter(named)), as_json, print_json)
    if failed := [record for record in records if record["error"]]:
        for record in failed:
            click.echo(f"Error: {record['strategy']}: {record['error']}", err=True)
        raise SystemExit(1)


def _settings(
    refit_every: int, seed: int, week_timeout: float, budget: Any = None, delay: int = 1
) -> SeasonSettings:
    from customs_baselines.season.playing import SeasonSettings
    from customs_scorer.season.budget import Budget

    offered = {"refit_every": refit_every, "n_jobs": 1}
    return SeasonSettings(budget or Budget(), delay, seed, offered, week_timeout)


def _attempt(client: SeasonClient, abandon: bool) -> int:
    under_way = None if abandon else client.open_attempt()
    return client.begin(abandon=abandon) if under_way is None else under_way


def _named(strategies: Sequence[str]) -> dict[str, str]:
    """Return strategies by the names of their teams; without one, by their own."""
    from customs_data.errors import KitError

    named: dict[str, str] = {}
    for text in strategies:
        name, equals, strategy = text.partition("=")
        name, strategy = (name, strategy) if equals else (text.rpartition(":")[2], text)
        if name in named or not name or "/" in name or name.startswith("."):
            raise KitError(
                f"Give each strategy a name of its own: TEAM=FILE.py:NAME, not {text!r}."
            )
        named[name] = strategy
    return named


def _show_check(
    records: Sequence[dict[str, Any]], against: str, as_json: bool, print_json: Any
) -> None:
    from dataclasses import asdict

    from customs_baselines.season.comparison import compare_strategies
    from customs_kit.commands.inspection.show import show_seasons

    if as_json:
        print_json([asdict(it) for it in compare_strategies(records, against)])
    else:
        show_seasons(records, "Final check", against)
