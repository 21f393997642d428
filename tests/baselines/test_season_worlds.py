"""What the worlds of seasons are like, on worlds of these tests alone (minutes each)."""

from __future__ import annotations

from statistics import mean

import numpy as np
import pytest

from customs_baselines.season.comparison import compare_strategies, worth_of_labels
from customs_baselines.season.playing import SeasonSettings
from customs_baselines.season.run_seasons import run_seasons
from customs_baselines.season.worlds import SeasonWorld
from customs_data.parallel import threads
from customs_data.season.kinds import rows_of_season

pytestmark = pytest.mark.slow

EXPLORING = {"explore": "random", "explore_share": 0.1, "explore_weight": 8.0}
N_WORLDS = 4


def played(season, first_seed, folder, strategies):
    worlds = [SeasonWorld(season, first_seed + i, rows_of_season(season)) for i in range(N_WORLDS)]
    with threads(2) as executor:
        records = run_seasons(
            worlds, strategies, SeasonSettings(offered=EXPLORING), folder, executor=executor
        )
    assert not any(record["error"] for record in records)
    return records


def means(records):
    return {it.name.partition("-")[0]: it for it in compare_strategies(records)}


@pytest.fixture(scope="module")
def shifting(tmp_path_factory):
    strategies = ("exploit", "hybrid", "noticing", "oracle", "everything", "passive")
    return played("shifting", 880_000, tmp_path_factory.mktemp("shifting"), strategies)


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    strategies = (
        "exploit", "hybrid", "noticing", "passive", "item_price", "duty", "duty_oracle",
    )  # fmt: skip
    return played("steady", 880_000, tmp_path_factory.mktemp("steady"), strategies)


def test_in_a_shifting_world_exploring_pays(shifting):
    summaries = means(shifting)
    exploit = summaries["exploit"].scores
    assert worth_of_labels(shifting).mean > 0.03
    assert summaries["hybrid"].difference > 0.0
    late = summaries["hybrid"].scores["last_quarter"] - exploit["last_quarter"]
    assert late > 0.0
    assert summaries["noticing"].difference > 0.02
    everything = summaries["everything"].scores["precision"]
    assert summaries["oracle"].scores["precision"] - everything > 0.1


def test_in_a_steady_world_exploring_costs_and_noticing_does_not(steady):
    summaries = means(steady)
    assert worth_of_labels(steady).mean < 0.0
    assert summaries["hybrid"].difference < 0.0
    assert summaries["noticing"].difference > -0.02  # four worlds: within two standard errors


def test_expected_duty_beats_size_alone_under_the_cap_and_size_wins_without_it(steady):
    def revenue(strategy, name):
        return mean(it[name] for it in steady if it["strategy"] == strategy)

    capped = [revenue(it, "capped_revenue_recall") for it in ("item_price", "duty", "duty_oracle")]
    assert np.all(np.diff(capped) > 0.02), capped
    assert revenue("item_price", "revenue_recall") > 0.7
