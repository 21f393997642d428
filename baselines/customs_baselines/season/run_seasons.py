"""Many seasons: strategies on worlds, in parallel, resumed after an interruption."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from customs_baselines.features.as_of import describe_as_of
from customs_baselines.season.playing import SeasonSettings, play_season
from customs_baselines.season.records import LOG, Plan, account_of
from customs_baselines.season.worlds import SeasonWorld
from customs_data.parallel import map_in_order, shares_memory


def run_seasons(
    worlds: Sequence[SeasonWorld],
    strategies: Sequence[str],
    settings: SeasonSettings,
    out: Path,
    *,
    executor: Executor | None = None,
    on_done: Callable[[dict[str, Any]], None] = lambda record: None,
) -> list[dict[str, Any]]:
    """Play every strategy on every world; those that have been played already are read.

    Parameters
    ----------
    worlds : sequence of SeasonWorld
    strategies : sequence of str
        From `resolve_strategy`.
    settings : SeasonSettings
    out : path
        Folder of the records.
    executor : Executor, optional
        One season per worker at a time: each strategy is a process of its own. Workers that are
        other processes load the worlds themselves, and must see `out` and the editions.
    on_done : callable
        Called with each record.

    Returns
    -------
    list of dict
        Records, world by world, in the order of the strategies, with their accounts
        (`account_of`). A strategy that failed has an ``error``; the others go on.
    """
    if not shares_memory(executor):
        return _run_elsewhere(worlds, strategies, settings, out.absolute(), executor, on_done)
    records = []
    for world in worlds:
        plans = [Plan(world, strategy, settings) for strategy in strategies]
        known = {
            plan.folder(out): record for plan in plans if (record := plan.read(out)) is not None
        }
        arrivals = as_of = None
        if len(known) < len(plans):
            arrivals = world.load()
            as_of = describe_as_of(arrivals.declarations, arrivals.week)
        play = partial(_play, out=out, known=known, arrivals=arrivals, as_of=as_of)
        done = map_in_order(play, plans, executor, on_done=lambda _, record: on_done(record))
        for plan, record in zip(plans, list(done), strict=True):
            records.append(record | account_of(plan.folder(out), record))
    return records


def _run_elsewhere(
    worlds: Sequence[SeasonWorld],
    strategies: Sequence[str],
    settings: SeasonSettings,
    out: Path,
    executor: Executor | None,
    on_done: Callable[[dict[str, Any]], None],
) -> list[dict[str, Any]]:
    """Play all seasons side by side; a world takes less time than to send it."""
    plans = [Plan(world, strategy, settings) for world in worlds for strategy in strategies]
    records = [plan.read(out) for plan in plans]
    for record in records:
        if record is not None:
            on_done(record)
    missing = [place for place, record in enumerate(records) if record is None]
    play = partial(_load_and_play, out, Path.cwd())
    played = map_in_order(
        play, [plans[it] for it in missing], executor, on_done=lambda _, record: on_done(record)
    )
    for place, record in zip(missing, played, strict=True):
        records[place] = record
    return [
        record | account_of(plan.folder(out), record)
        for plan, record in zip(plans, records, strict=True)
        if record is not None
    ]


def _load_and_play(out: Path, here: Path, plan: Plan) -> dict[str, Any]:
    world = plan.world
    if world.edition is not None:  # a worker may be in another folder
        world = replace(world, edition=here / world.edition)
    arrivals = world.load()
    as_of = describe_as_of(arrivals.declarations, arrivals.week)
    return _play(plan, out=out, known={}, arrivals=arrivals, as_of=as_of)


def _play(plan: Plan, *, out: Path, known: Any, arrivals: Any, as_of: Any) -> dict[str, Any]:
    folder = plan.folder(out)
    if folder in known:
        record: dict[str, Any] = known[folder]
        return record
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LOG).write_bytes(b"")
    return plan.write(out, play_season(arrivals, as_of, plan.strategy, plan.settings, folder / LOG))
