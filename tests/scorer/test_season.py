"""The season: what is shown, what is opened, and what it brought."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from customs_data.edition.generating import read_blueprint, simulate_world
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed
from customs_data.season.arrivals import arrivals_of_edition, arrivals_of_world
from customs_scorer.season.budget import Budget
from customs_scorer.season.environment import REPORT_COLUMNS, InspectionSeason
from customs_scorer.season.measures import total_season
from customs_scorer.season.selection import Selection

SECRET = secret_of_seed(5)


@pytest.fixture(scope="module")
def arrivals():
    world = simulate_world(read_blueprint(n_declarations=4_000), SECRET)
    return arrivals_of_world(world, SECRET, played_weeks=8)


def play(season, choose):
    week, _ = season.reset()
    rewards, weeks = [], []
    while week is not None:
        weeks.append(week)
        week, reward, *_ = season.step(choose(week))
        rewards.append(reward)
    return weeks, rewards


def first_rows(week):
    return np.arange(week.n_inspections)


def test_the_warm_up_comes_first_and_a_share_of_its_labels_is_known(arrivals):
    assert arrivals.n_weeks == 8
    dates = arrivals.declarations["Date"]
    day = (dates - dates.iloc[0]).dt.days
    assert (arrivals.week == day // 7 - 25).all()
    warm_up = arrivals.week < 1
    assert not arrivals.is_known[~warm_up].any()
    assert arrivals.is_known.sum() == round(warm_up.sum() * 0.05)
    assert arrivals.duty[arrivals.fraud == 0].max() == 0.0


def test_each_week_shows_its_own_rows_and_reports_come_late(arrivals):
    for delay in (1, 3):
        season = InspectionSeason(arrivals, Budget(0.1), delay=delay)
        weeks, rewards = play(season, first_rows)
        assert [week.number for week in weeks] == list(range(1, 9))
        assert np.array_equal(
            np.concatenate([week.rows for week in weeks]), np.flatnonzero(arrivals.week >= 1)
        )
        for week in weeks:
            assert tuple(week.reports) == REPORT_COLUMNS
            of_weeks = set(week.reports["Week"])
            due = {0} if week.number == 1 else {week.number - delay} & set(range(1, 9))
            assert of_weeks == due
        reports = season.inspections()
        assert reports["Fraud"].sum() == sum(rewards)
        assert len(reports) == sum(week.n_inspections for week in weeks)


def test_only_opened_rows_and_the_warm_up_are_ever_reported(arrivals):
    season = InspectionSeason(arrivals, Budget(0.1))
    weeks, _ = play(season, first_rows)
    shown = pd.concat([week.reports for week in weeks])["Declaration ID"]
    known = arrivals.declarations["Declaration ID"]
    allowed = {*known[arrivals.is_known], *season.inspections()["Declaration ID"]}
    assert set(shown) <= allowed


def test_measures_are_those_of_a_hand_count(arrivals):
    season = InspectionSeason(arrivals, Budget(0.1))
    weeks, rewards = play(season, first_rows)
    totals = total_season(arrivals, season.opened)
    scores = totals.as_dict()
    chosen = np.concatenate([week.rows[: week.n_inspections] for week in weeks])
    played = arrivals.week >= 1
    assert scores["precision"] == (arrivals.fraud[chosen] == 1).mean()
    assert scores["recall"] == pytest.approx(sum(rewards) / arrivals.fraud[played].sum())
    assert scores["critical_found"] == (arrivals.critical[chosen] == 2).sum()
    assert scores["revenue_recall"] == pytest.approx(
        arrivals.duty[chosen].sum() / arrivals.duty[played].sum()
    )
    assert [week["fraud_found"] for week in scores["weeks"]] == rewards
    assert scores["last_quarter"]["fraud_found"] == sum(rewards[-2:])
    missed = totals.fraud - totals.fraud_found
    assert (missed >= 0).all()
    assert (totals.fraud_found + missed).sum() == arrivals.fraud[played].sum()


def test_a_clairvoyant_finds_all_that_can_be_found(arrivals):
    season = InspectionSeason(arrivals, Budget(0.1))
    play(season, lambda w: np.argsort(-arrivals.fraud[w.rows], kind="stable")[: w.n_inspections])
    assert total_season(arrivals, season.opened).scores()["norm_precision"] == 1.0


def test_rows_may_be_named_by_number_by_id_or_as_a_selection(arrivals):
    ids = arrivals.declarations["Declaration ID"].to_numpy()
    seasons = [InspectionSeason(arrivals) for _ in range(3)]
    play(seasons[0], first_rows)
    play(seasons[1], lambda w: list(ids[w.rows[: w.n_inspections]]))
    play(seasons[2], lambda w: Selection.of(first_rows(w), "highest"))
    rows = [np.concatenate([it.rows for it in season.opened]) for season in seasons]
    assert np.array_equal(rows[0], rows[1])
    assert np.array_equal(rows[0], rows[2])
    assert set(seasons[2].inspections()["Chosen By"]) == {"highest"}


def test_selections_join_without_taking_a_row_twice():
    drawn = Selection.first(np.array([1, 4, 0, 2, 3]), 2, "random", draws_from=5)
    assert drawn.propensity.tolist() == [0.4, 0.4]
    both = Selection.of([3, 1], "highest") | drawn
    assert both.rows.tolist() == [3, 1, 4, 0]
    assert both.reason.tolist() == ["highest", "highest", "random", "random"]
    assert both.propensity.tolist() == [1.0, 1.0, 2 / 3, 2 / 3]
    nothing = Selection.of([3], "highest") | Selection.first(np.array([3, 1]), 0, "random")
    assert nothing.rows.tolist() == [3]


def why(week, chance):
    return np.full(week.n_inspections, "own"), np.full(week.n_inspections, chance)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda w, ids: first_rows(w)[1:], r"must return \d+ rows in week 2, but it returned"),
        (lambda w, ids: np.zeros(w.n_inspections, dtype=int), "rows twice in week 2: 0"),
        (lambda w, ids: first_rows(w) + 10_000, "returned row 10000 in week 2"),
        (lambda w, ids: [ids[w.rows[0] - 1]] * w.n_inspections, "was filed earlier"),
        (lambda w, ids: ["x"] * w.n_inspections, "Declaration ID x does not exist"),
        (lambda w, ids: np.full(w.n_inspections, 0.5), "row numbers or Declaration IDs"),
        (lambda w, ids: np.ones(len(w.rows), dtype=bool), "flatnonzero"),
        (lambda w, ids: None, "but it returned NoneType"),
        (lambda w, ids: Selection(first_rows(w), np.empty(0, str), np.ones(1)), "of 0 reasons"),
        (lambda w, ids: Selection(first_rows(w) * 1.0, *why(w, 1.0)), "must be integers in week 2"),
        (lambda w, ids: Selection(first_rows(w), *why(w, np.nan)), "not above 0 and at most 1"),
        (lambda w, ids: Selection(first_rows(w), *why(w, 0.0)), "not above 0 and at most 1"),
    ],
)
def test_bad_answers_are_named_with_their_week(arrivals, answer, message):
    season = InspectionSeason(arrivals)
    week, _ = season.reset()
    week, *_ = season.step(first_rows(week))
    with pytest.raises(KitError, match=message):
        season.step(answer(week, arrivals.declarations["Declaration ID"].to_numpy()))
    # Nothing is lost: the week can be decided again.
    assert season.step(first_rows(week))[0].number == 3


def test_bad_settings_are_refused(arrivals):
    for make, message in (
        (lambda: InspectionSeason(arrivals, delay=0), "at least one week"),
        (lambda: Budget.parse(0.05, "falling"), "Unknown schedule 'falling'"),
        (lambda: Budget.parse(0.05, "decay:0.01:0.1").n_inspections(1, 10), "It must fall"),
        (lambda: InspectionSeason(arrivals).step([0]), "The season is over"),
    ):
        with pytest.raises(KitError, match=message):
            make()


def test_an_edition_is_played_in_its_test_periods(sample_edition):
    arrivals = arrivals_of_edition(sample_edition)
    played = arrivals.declarations["Declaration ID"][arrivals.week >= 1]
    assert set(played) == set(sample_edition.test["Declaration ID"])
    assert arrivals.is_known.sum() == (sample_edition.y >= 0).sum()
    assert arrivals.duty is None
    season = InspectionSeason(arrivals, Budget(0.1))
    _, rewards = play(season, first_rows)
    scores = total_season(arrivals, season.opened).as_dict()
    assert scores["fraud_found"] == sum(rewards)
    assert scores["revenue_recall"] is None


def test_a_selection_comes_back_from_plain_data():
    """Through JSON, rows that are no integers are not made so: they are refused later."""
    given = Selection(np.array([3, 1]), np.array(["a", "b"]), np.array([1.0, 0.5]))
    again = Selection.from_dict(json.loads(json.dumps(given.as_dict())))
    assert again.as_dict() == given.as_dict()
    assert Selection.from_dict(given.as_dict() | {"rows": [1.5]}).rows.dtype.kind == "f"
    assert Selection.of([], "nothing").as_dict()["rows"] == []
