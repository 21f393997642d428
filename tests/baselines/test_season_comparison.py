"""Seasons beside each other: account of exploring, worth of labels, intervals, table and page."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from customs_baselines.features.as_of import describe_as_of
from customs_baselines.season.comparison import compare_strategies, worth_of_labels, write_worth
from customs_baselines.season.page import season_page
from customs_baselines.season.playing import SeasonSettings, message_of
from customs_baselines.season.records import INSPECTIONS, RECORD, read_records
from customs_baselines.season.run_seasons import run_seasons
from customs_baselines.season.worlds import SeasonWorld
from customs_data.errors import KitError
from customs_kit.commands.inspection.run import run
from customs_kit.commands.inspection.show import table
from customs_scorer.season.budget import Budget
from customs_scorer.season.environment import InspectionSeason
from page_outline import Outline

#: Two late rings begin in the weeks that are played.
WORLD = SeasonWorld(
    seed=2, n_declarations=6_000, warm_up_weeks=52, played_weeks=24, warm_up_rate=0.2
)
SETTINGS = SeasonSettings(
    Budget(0.1),
    offered={"refit_every": 4, "n_jobs": 1, "explore": "random", "explore_share": 0.25},
)
NAMES = ("exploit", "hybrid", "passive", "everything", "oracle", "clairvoyant", "random")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("seasons")
    run_seasons([WORLD], NAMES, SETTINGS, out)
    return out


@pytest.fixture(scope="module")
def summaries(folder):
    return {it.name: it for it in compare_strategies(read_records(folder))}


HYBRID = "hybrid-random-0.25"


@pytest.mark.process
def test_gain_minus_cost_is_the_difference_to_exploit(folder, summaries):
    records = {it["strategy"]: it for it in read_records(folder)}
    assert [name for name in records if "exploration" in records[name]] == [HYBRID]
    account, k = records[HYBRID]["exploration"], records[HYBRID]["opened"]
    won, lost = (round(account[name] * k) for name in ("gain", "cost"))
    assert [account["gain"], account["cost"]] == [won / k, lost / k]
    assert won - lost == records[HYBRID]["fraud_found"] - records["exploit"]["fraud_found"]
    arrivals = WORLD.load()
    assert account["base_rate"] == (arrivals.fraud[arrivals.week >= 1] == 1).mean()
    assert summaries[HYBRID].exploration == account
    assert summaries["exploit"].exploration == {}


@pytest.mark.process
def test_the_parts_of_regret_add_up_to_what_is_missing(summaries):
    for name in ("exploit", HYBRID, "random"):
        one = summaries[name]
        missing = summaries["clairvoyant"].scores["precision"] - one.scores["precision"]
        assert sum(one.regret.values()) == pytest.approx(missing)
        assert set(one.regret) == {"learner", "labels", "chance"}


@pytest.mark.process
def test_one_world_has_an_interval_over_its_weeks(folder, summaries):
    one = summaries["random"]
    assert one.over == "weeks"
    assert one.interval[0] < one.difference < one.interval[1] < 0
    assert summaries["exploit"].interval is None
    worth = worth_of_labels(read_records(folder))
    assert (worth.over, worth.n_worlds) == ("weeks", 1)
    assert (worth.mean, worth.interval) == (
        summaries["passive"].difference,
        summaries["passive"].interval,
    )
    # On a second world the interval is over worlds.
    copies = read_records(folder) + [it | {"world": "other"} for it in read_records(folder)]
    assert {it.over for it in compare_strategies(copies) if it.interval} == {"worlds"}


def test_a_sentence_says_which_labels_teach_more():
    from customs_baselines.season.comparison import PairedDifference

    def sentence(low, high):
        return write_worth(PairedDifference((low + high) / 2, (low, high), "worlds", 5))

    assert "They teach less" in sentence(-0.2, -0.1)
    assert "They teach more" in sentence(0.1, 0.2)
    assert "is open" in sentence(-0.1, 0.2)
    assert "is open" in write_worth(PairedDifference(0.3, None, "weeks", 1))


@pytest.mark.process
def test_the_table_shows_account_and_worth_as_text_and_json(folder):
    text = CliRunner().invoke(table, [str(folder)]).output
    for part in ("Exploring: gain - cost", "weeks drawn in blocks", "Labels drawn by lot"):
        assert part in text
    content = json.loads(CliRunner().invoke(table, [str(folder), "--json"]).output)
    by_name = {it["name"]: it for it in content["strategies"]}
    assert set(by_name[HYBRID]["exploration"]) == {"gain", "cost", "marginal_yield", "base_rate"}
    assert content["worth_of_labels"]["over"] == "weeks"
    assert {it["detection"]["n_outbreaks"] for it in content["strategies"]} == {2}


@pytest.mark.process
def test_the_page_has_a_table_behind_every_figure(folder):
    page = season_page(folder)
    outline = Outline(page)
    figures = [attributes for tag, attributes in outline.elements if tag == "figure"]
    assert len(figures) == 3
    assert all(it["role"] == "img" and it["aria-label"] for it in figures)
    for part in ("found by week 13", "Time to detect", "Per inspection", "drawn in blocks of four"):
        assert part in page
    (record,) = [it for it in read_records(folder) if it["strategy"] == "oracle"]
    assert len(record["detection"]) == 2
    assert all(it["outbreak"] in page for it in record["detection"])
    with pytest.raises(KitError, match="has no season on 'steady-9': choose steady-2"):
        season_page(folder, world="steady-9")


@pytest.mark.process
def test_inspections_that_were_deleted_are_named(folder, tmp_path):
    run_seasons([WORLD], ("random",), SETTINGS, tmp_path)
    for name in ("exploit", HYBRID):
        (tmp_path / WORLD.name / f"{name}-seed0").mkdir()
        kept = (folder / WORLD.name / f"{name}-seed0" / RECORD).read_text()
        (tmp_path / WORLD.name / f"{name}-seed0" / RECORD).write_text(kept)
    with pytest.raises(KitError, match=f"{INSPECTIONS} is missing or damaged"):
        read_records(tmp_path)


@pytest.mark.process
def test_seasons_with_other_reports_are_not_compared(folder, tmp_path):
    scheme = replace(SETTINGS, report="scheme")
    (record,) = run_seasons([WORLD], ("random",), scheme, tmp_path)
    assert record["settings"]["report"] == "scheme"
    header = (tmp_path / WORLD.name / "random-seed0" / INSPECTIONS).read_text().splitlines()[0]
    assert header.endswith(",Violation")
    run_seasons([WORLD], ("oracle",), SETTINGS, tmp_path)
    with pytest.raises(KitError, match="different conditions"):
        read_records(tmp_path)


def test_nothing_of_outbreaks_and_violations_is_sent_to_a_strategy():
    arrivals = WORLD.load()
    assert arrivals.outbreak.max() >= 0
    as_of = describe_as_of(arrivals.declarations, arrivals.week)
    unknowing = replace(arrivals, outbreak=None, outbreak_names=(), violation=None)
    sent = []
    for one in (arrivals, unknowing):
        season = InspectionSeason(one)
        week, _ = season.reset()
        messages = []
        while week is not None:
            messages.append(pickle.dumps(message_of(one, as_of, week)))
            week, *_ = season.step(np.arange(week.n_inspections))
        sent.append(messages)
    assert sent[0] == sent[1]
    kinds = {it for it in arrivals.violation if it}
    for name in (*arrivals.outbreak_names, *kinds):
        assert not any(name.encode() in message for message in sent[0])


def test_the_warm_up_is_checked_before_anything_is_played():
    for arguments, message in (
        (["--warm-up", "full:x"], "Unknown warm-up 'full:x'"),
        (["--warm-up", "full:4", "--warm-up-rate", "0.1"], "no --warm-up-rate"),
    ):
        done = CliRunner().invoke(run, ["random", *arguments])
        assert done.exit_code == 2
        assert message in done.output
