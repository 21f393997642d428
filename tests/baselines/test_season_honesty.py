"""Seasons cannot lie: no strategy knows a hidden label or the future, and each is repeatable.

A new module in `customs_baselines.strategies` or `customs_baselines.explorers` is tested here
without a change.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cache
from textwrap import dedent

import numpy as np
import pytest
from scipy.stats import binomtest

from customs_baselines.features.as_of import describe_as_of
from customs_baselines.season.catalogue import EXPLORERS, list_strategies, read_options
from customs_baselines.season.playing import SeasonSettings, play_season
from customs_baselines.season.run_seasons import run_seasons
from customs_data.parallel import threads
from customs_scorer.season.budget import Budget
from played_seasons import (
    RATE,
    WORLD,
    decisions,
    play,
    with_another_future,
    with_other_hidden_labels,
    with_other_labels,
    with_shuffled_labels,
)

STRATEGIES = [it.name for it in list_strategies() if it.kind == "strategy"]
#: Every strategy, and a hybrid of each way of exploring.
PLAYERS = [(name, "random") for name in STRATEGIES] + [
    ("hybrid", name) for name in EXPLORERS if name != "random"
]
NETWORKS = ("graphfc", "graphfc_transductive", "date")
#: Large enough that learning shows.
LARGER = replace(WORLD, n_declarations=12_000, played_weeks=8)
SHORT = replace(WORLD, played_weeks=5)
LAST = 4  # the week after which the future changes
every_player = pytest.mark.parametrize(("name", "explore"), PLAYERS)
training = pytest.mark.training


@cache
def arrivals_of(world=WORLD):
    return world.load()


@cache
def played(name, explore="random"):
    return play(arrivals_of(), name, explore=explore, explore_share=0.5)


def chance_of_lot(season):
    """Return how likely the frauds that were opened are, if they were opened by lot."""
    arrivals = season.arrivals
    opened = np.concatenate([it.rows for it in season.opened])
    base = float(arrivals.fraud[arrivals.week >= 1].mean())
    return binomtest(int(arrivals.fraud[opened].sum()), len(opened), base).pvalue


def knows_too_much(play_again, season):
    """Return whether hidden labels or later declarations change what is opened."""
    hidden = decisions(play_again(with_other_hidden_labels(season)))
    future = decisions(play_again(with_another_future(season.arrivals, LAST)))
    same = decisions(season)
    return hidden != same or future[:LAST] != same[:LAST]


@training
@every_player
def test_labels_of_unopened_rows_and_later_declarations_change_nothing(name, explore):
    def play_again(arrivals):
        return play(arrivals, name, explore=explore, explore_share=0.5)

    assert not knows_too_much(play_again, played(name, explore))


class Cheat:
    """It was given arrivals with labels, or with the weeks to come."""

    def __init__(self, arrivals, looks_at):
        self.arrivals = arrivals
        self.looks_at = looks_at

    def select(self, week):
        rows = self.arrivals.rows_of(week.number)
        importer = self.arrivals.declarations["Importer ID"]
        if self.looks_at == "labels":
            return week.highest(self.arrivals.fraud[rows].astype(float))
        return week.highest(importer.map(importer.value_counts()).to_numpy(float)[rows])


@pytest.mark.parametrize("looks_at", ["labels", "future"])
def test_a_cheat_is_caught(looks_at):
    def play_cheating(arrivals):
        return play(arrivals, Cheat(arrivals, looks_at))

    assert knows_too_much(play_cheating, play_cheating(arrivals_of()))


@training
@every_player
def test_shuffled_labels_leave_the_base_rate(name, explore):
    shuffled = with_shuffled_labels(arrivals_of(LARGER))
    season = play(shuffled, name, explore=explore, explore_share=0.5)
    assert chance_of_lot(season) > 1e-3


@training
def test_true_labels_do_not():
    for name, learns in (("random", False), ("profile", True), ("exploit", True)):
        assert (chance_of_lot(play(arrivals_of(LARGER), name)) < 1e-6) == learns
    cheat = Cheat(with_shuffled_labels(arrivals_of()), "labels")
    assert chance_of_lot(play(cheat.arrivals, cheat)) < 1e-6


@training
@every_player
def test_the_same_seed_gives_the_same_bytes(name, explore):
    again = play(arrivals_of(), name, explore=explore, explore_share=0.5)
    assert decisions(again) == decisions(played(name, explore))


@training
@every_player
def test_reports_that_are_under_way_change_nothing(name, explore):
    options = {"explore": explore, "explore_share": 0.5, "delay": 3}
    season = play(arrivals_of(), name, **options)
    # What week 3 opened is known in week 6; what later weeks opened, after the season.
    later = np.concatenate([it.rows for it in season.opened[3:]])
    changed = play(with_other_labels(arrivals_of(), later), name, **options)
    assert decisions(changed) == decisions(season)
    third = play(with_other_labels(arrivals_of(), season.opened[2].rows), name, **options)
    assert decisions(third)[:5] == decisions(season)[:5]
    if name not in ("random", "item_price"):  # all others learn
        assert decisions(third)[5] != decisions(season)[5]


@training
@pytest.mark.parametrize("explore", EXPLORERS)
def test_no_exploring_is_exploit(explore):
    without = play(arrivals_of(), "hybrid", explore=explore, explore_share=0.0)
    assert decisions(without) == decisions(played("exploit"))


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_knows_neither_hidden_labels_nor_the_future(name):
    season = play(arrivals_of(SHORT), name)
    assert not knows_too_much(lambda arrivals: play(arrivals, name), season)
    shuffled = play(with_shuffled_labels(arrivals_of(LARGER)), name, refit_every=4)
    assert chance_of_lot(shuffled) > 1e-3


SETTINGS = SeasonSettings(Budget(RATE), offered={"refit_every": 3, "n_jobs": 1}, week_timeout=60)


@pytest.mark.slow
def test_every_strategy_has_the_same_bytes_in_any_process_order_and_number_of_workers(tmp_path):
    for explore in EXPLORERS:
        names = STRATEGIES if explore == "random" else ["hybrid"]
        settings = SeasonSettings(
            Budget(RATE), offered=SETTINGS.offered | {"explore": explore}, week_timeout=60
        )
        run_seasons([WORLD], names, settings, tmp_path / "a")
        with threads(3) as executor:
            run_seasons([WORLD], names[::-1], settings, tmp_path / "b", executor=executor)
    written = sorted((tmp_path / "a").glob("*/*/*.csv"))
    assert len(written) == len(PLAYERS)
    for path in written:
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


#: Searches everything that this process can reach for arrays with certain digests.
WALKER = """
    import gc, hashlib, json, os
    import numpy as np

    HERE = {"own.py", "log.txt", "hidden.json", "__pycache__"}

    def arrays_within(thing):
        if isinstance(thing, np.ndarray):
            yield thing
        if type(thing).__name__ in ("DataFrame", "Series"):
            columns = [thing[c] for c in thing] if type(thing).__name__ == "DataFrame" else [thing]
            yield from (it.to_numpy() for it in columns if it.dtype.kind in "biuf")

    def digests():
        known = set()
        for thing in gc.get_objects():
            # Arrays are no objects of the collector: what refers to them is.
            for one in (thing, *gc.get_referents(thing)):
                for array in arrays_within(one):
                    known.add(hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest())
                    if isinstance(array.base, bytes):
                        known.add(hashlib.sha256(array.base).hexdigest())
        return known

    class Own:
        def select(self, week):
            hidden = set(json.load(open("hidden.json")))
            self.kept = week.known_labels.astype(np.int16)  # the search itself works
            control = hashlib.sha256(self.kept.tobytes()).hexdigest()
            seen = digests()
            assert control in seen
            assert not hidden & seen, "a hidden label"
            assert set(os.listdir(".")) <= HERE, os.listdir(".")
            assert len("".join(os.environ.values())) < 20_000
            return week.random()
    """


@pytest.mark.process
def test_hidden_labels_are_nowhere_in_the_strategys_process(tmp_path):
    arrivals = arrivals_of()

    def digests(values):
        kinds = (np.int8, np.int32, np.int64, np.float32, np.float64, np.bool_)
        return [hashlib.sha256(values.astype(kind).tobytes()).hexdigest() for kind in kinds]

    hidden = [arrivals.fraud, arrivals.fraud[arrivals.week < 1]]
    hidden += [arrivals.fraud[arrivals.week <= week] for week in range(1, 7)]
    for week in range(1, 7):
        of_week = arrivals.rows_of(week)
        columns = (arrivals.fraud, arrivals.critical, arrivals.duty, arrivals.probability)
        hidden += [column[of_week] for column in columns]
    (tmp_path / "hidden.json").write_text(json.dumps([it for one in hidden for it in digests(one)]))
    (tmp_path / "own.py").write_text(dedent(WALKER))
    as_of = describe_as_of(arrivals.declarations, arrivals.week)
    own = f"{tmp_path / 'own.py'}:Own"
    assert play_season(arrivals, as_of, own, SETTINGS, tmp_path / "log.txt").error == ""


def test_every_option_of_a_strategy_is_known():
    known = {"explore", "explore_share", "explore_weight"}
    assert all(set(read_options(name)) <= known for name in STRATEGIES)
    assert set(read_options("hybrid")) == known
