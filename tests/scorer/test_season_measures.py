"""What a season measures: outbreaks, exploring, violations in reports, the papers' warm-up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from customs_data.edition.generating import read_blueprint, simulate_world
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed
from customs_data.season.arrivals import Arrivals, arrivals_of_world
from customs_data.season.outbreaks import find_outbreaks
from customs_data.season.warm_up import full_weeks
from customs_scorer.bootstrap import block_bootstrap_interval
from customs_scorer.season.detection import detect_outbreaks, summarize_detection
from customs_scorer.season.environment import REPORT_COLUMNS, InspectionSeason, OpenedWeek
from customs_scorer.season.exploration import explores, settle_exploration
from customs_scorer.season.selection import Selection

SECRET = secret_of_seed(4)


@pytest.fixture(scope="module")
def world():
    return simulate_world(read_blueprint(n_declarations=8_000), SECRET)


def made_up(weeks, frauds, outbreak):
    """Return arrivals of which only week, fraud and outbreak matter."""
    n = len(weeks)
    return Arrivals(
        pd.DataFrame({"Declaration ID": [str(i) for i in range(n)]}),
        np.array(weeks, dtype=np.int32),
        np.zeros(n, dtype=bool),
        np.array(frauds, dtype=np.int8),
        np.array(frauds, dtype=np.int8),
        None,
        1.0,
        outbreak=np.array(outbreak, dtype=np.int32),
        outbreak_names=("late", "known", "small", "hidden"),
    )


#: Outbreak 0 has an honest row among its frauds, outbreak 1 a fraud in the warm-up, outbreak 2 two
#: frauds; outbreak 3 is never opened.
ARRIVALS = made_up(
    weeks=[0, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5, 5],
    frauds=[1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1],
    outbreak=[1, 1, 0, 0, 0, 1, 0, 3, 3, 3, 2, 2],
)


def opened(*rows):
    return [
        OpenedWeek(i + 1, np.array(some, dtype=np.int64), Selection.of(some, "highest"))
        for i, some in enumerate(rows)
    ]


def test_an_outbreak_is_detected_with_its_third_fraud_and_else_cut_off():
    everything = opened([1], [2, 3], [4, 5], [6], [10, 11])
    late, hidden = detect_outbreaks(ARRIVALS, everything)
    assert late == {
        "outbreak": "late", "first_week": 2, "last_week": 4, "detected_week": 4, "weeks": 2,
        "n_fraud": 3,
    }  # fmt: skip
    assert hidden["outbreak"] == "hidden"
    assert (hidden["detected_week"], hidden["weeks"]) == (None, 1)
    # The honest row of the outbreak is no fraud: without row 4 there are only two.
    (late, _) = detect_outbreaks(ARRIVALS, opened([1], [2, 3], [5], [6], []))
    assert (late["detected_week"], late["weeks"]) == (None, 3)
    assert detect_outbreaks(replace(ARRIVALS, outbreak=None), everything) == []


def test_the_median_counts_outbreaks_that_the_end_cut_off():
    def one(weeks, detected):
        return {"weeks": weeks, "detected_week": weeks if detected else None}

    assert summarize_detection([]) is None
    assert summarize_detection([one(3, False)]).median_weeks is None
    # Without censoring the median is that of the weeks; a long cut-off one moves it up.
    seen = [one(2, True), one(4, True), one(6, True)]
    assert summarize_detection(seen).median_weeks == 4.0
    assert summarize_detection([*seen, one(9, False)]).median_weeks == 4.0
    assert summarize_detection([*seen, one(9, False), one(9, False)]).median_weeks == 6.0
    # One that was cut off at once says nothing.
    assert summarize_detection([*seen, one(0, False)]).median_weeks == 4.0


def test_outbreaks_of_a_world_are_its_late_rings_and_campaigns(world):
    code, names = find_outbreaks(world)
    late = world.unrecorded["Late Cluster"].to_numpy()
    ring = world.oracle["Ring"].fillna("").to_numpy()
    assert set(names) == set(ring[late]) - {""}
    assert len(names) > 0
    for i, name in enumerate(names):
        assert np.array_equal(code == i, late & (ring == name))
    campaign = np.full(len(code), "", dtype=object)
    campaign[:50] = "campaign-1"
    both = replace(world, unrecorded=world.unrecorded.assign(Campaign=campaign))
    code, names = find_outbreaks(both)
    assert (code[:50] == names.index("campaign-1")).all()
    assert len(names) > 1


def inspections(*weeks):
    """Return reports; each week is a list of (fraud, reason)."""
    rows = [(i + 1, *one) for i, week in enumerate(weeks) for one in week]
    return pd.DataFrame(rows, columns=["Week", "Fraud", "Chosen By"])


def test_what_exploring_displaced_is_the_end_of_the_others_ranking():
    other = inspections(
        [(1, "highest"), (0, "highest"), (1, "highest")],
        [(0, "highest"), (1, "highest"), (0, "highest")],
    )
    explorer = inspections(
        [(1, "highest"), (1, "highest"), (0, "random")],
        [(1, "highest"), (0, "random"), (1, "random")],
    )
    account = settle_exploration(explorer, other)
    # Exploiting picks: 1 + 1 + 1 against the first picks 1 + 0 + 0. Exploring: 0 + 0 + 1 against
    # the last picks 1 and 1 + 0.
    assert (account.frauds_won, account.frauds_lost) == (2, 1)
    difference = explorer["Fraud"].sum() - other["Fraud"].sum()
    assert account.frauds_won - account.frauds_lost == difference
    assert account.marginal_yield == 0.5
    with pytest.raises(ValueError, match="equally many"):
        settle_exploration(explorer.iloc[1:], other)


def test_who_opens_for_no_score_at_all_has_nothing_to_exploit():
    assert explores({"highest": {}, "random": {}})
    assert not explores({"highest": {}})
    assert not explores({"random": {}})
    assert not explores({"highest": {}, "nothing learned yet": {}})


def test_a_block_bootstrap_covers_the_difference_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    opened_by_week = np.full((2, 52), 35.0)
    covered, widths = 0, []
    for _ in range(200):
        shared = rng.normal(0.0, 0.03, 52)  # what makes a week easy for both
        parts = np.array([rng.binomial(35, 0.5 + shared), rng.binomial(35, 0.45 + shared)])
        low, high = block_bootstrap_interval(parts, opened_by_week, block=4, n_replicates=500)
        covered += low <= 0.05 <= high
        widths.append(high - low)
    assert 0.86 < covered / 200 < 0.99
    # The standard deviation of the difference is sqrt(2 x .25 / 1820) = .0166.
    assert np.mean(widths) == pytest.approx(2 * 1.96 * 0.0166, rel=0.25)


def test_a_block_bootstrap_is_reproducible_and_refuses_few_blocks():
    parts, wholes = np.array([np.arange(20.0), np.arange(20.0) ** 1.1]), np.full((2, 20), 50.0)
    one = block_bootstrap_interval(parts, wholes, block=4)
    assert one == block_bootstrap_interval(parts, wholes, block=4)
    assert one != block_bootstrap_interval(parts, wholes, block=4, seed=1)
    assert block_bootstrap_interval(parts[:, 1:], wholes[:, 1:], block=4) is None
    # Paired: if both win in the same weeks, the difference is certain.
    low, high = block_bootstrap_interval([parts[0] + 5, parts[0]], wholes, block=4)
    assert low == pytest.approx(0.1)
    assert high == pytest.approx(0.1)


def test_reports_name_the_violation_of_opened_frauds_if_asked(world):
    arrivals = arrivals_of_world(world, SECRET, played_weeks=6)
    truth = world.truth.set_index("Declaration ID")["Violation"]
    season = InspectionSeason(arrivals, names_scheme=True)
    week, _ = season.reset()
    seen = []
    while week is not None:
        seen.append(week.reports)
        rows = np.arange(week.n_inspections)
        week, *_ = season.step(rows)
    reports = pd.concat([*seen, season.inspections()])
    assert list(reports) == [*REPORT_COLUMNS, "Violation"]
    assert reports["Violation"].tolist() == truth.loc[reports["Declaration ID"]].tolist()
    assert ((reports["Violation"] != "") == (reports["Fraud"] == 1)).all()
    assert reports["Violation"].nunique() > 3
    assert list(InspectionSeason(arrivals).reset()[0].reports) == list(REPORT_COLUMNS)
    with pytest.raises(KitError, match="without --report scheme"):
        InspectionSeason(replace(arrivals, violation=None), names_scheme=True)


def test_a_full_warm_up_knows_all_labels_of_its_weeks_and_begins_with_them(world):
    usual = arrivals_of_world(world, SECRET, played_weeks=6)
    full = arrivals_of_world(world, SECRET, played_weeks=6, erasure="full:4")
    assert (full.week.min(), full.n_weeks) == (-3, 6)
    assert np.array_equal(full.is_known, full.week < 1)
    # The weeks that are played are the same.
    for name in ("fraud", "duty", "violation", "outbreak"):
        rows = getattr(usual, name)[usual.week >= -3]
        assert np.array_equal(getattr(full, name), rows)
    with pytest.raises(KitError, match="The warm-up has 3 weeks, so 4 of them"):
        arrivals_of_world(world, SECRET, warm_up_weeks=3, erasure="full:4")


@pytest.mark.parametrize("text", ["full", "full:", "full:0", "full:-1", "full:4.5", "none", ""])
def test_an_unknown_warm_up_is_refused(text):
    with pytest.raises(KitError, match=r"Unknown warm-up .*such as full:4"):
        full_weeks(text)
