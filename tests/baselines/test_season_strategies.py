"""Strategies: what they may know, and what is kept of a season."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest

from customs_baselines.features.as_of import describe_as_of
from customs_baselines.season.catalogue import REFERENCES, list_strategies, resolve_strategy
from customs_baselines.season.comparison import compare_strategies
from customs_baselines.season.desk import Desk, make_strategy
from customs_baselines.season.exploring import EXPLORERS
from customs_baselines.season.page import moving_precision, season_page
from customs_baselines.season.playing import SeasonSettings, message_of, play_season, selection_of
from customs_baselines.season.records import INSPECTIONS, RECORD, read_records
from customs_baselines.season.run_seasons import run_seasons
from customs_baselines.season.worlds import SeasonWorld
from customs_data.errors import KitError
from customs_data.parallel import threads
from customs_data.season.kinds import SEASONS
from customs_kit.commands.inspection.run import run
from customs_scorer.season.budget import Budget
from customs_scorer.season.environment import InspectionSeason

WORLD = SeasonWorld(n_declarations=4_000, played_weeks=6, warm_up_rate=0.2)
RATE = 0.2
OFFERED = {"refit_every": 1, "random_state": 0, "n_jobs": 1}
STRATEGIES = [it.name for it in list_strategies() if it.kind == "strategy"]


@pytest.fixture(scope="module")
def arrivals():
    return WORLD.load()


def play(arrivals, name, seed=0, delay=1, **offered):
    """Play in this process; return the positions opened by week."""
    as_of = describe_as_of(arrivals.declarations, arrivals.week)
    season = InspectionSeason(arrivals, Budget(RATE), delay)
    desk = Desk(make_strategy(name, OFFERED | {"random_state": seed} | offered), seed)
    week, _ = season.reset()
    while week is not None:
        week, *_ = season.step(selection_of(desk.decide(message_of(arrivals, as_of, week))))
    return season


def rows(season):
    return [it.rows.tolist() for it in season.opened]


@pytest.mark.training
@pytest.mark.parametrize("name", [*STRATEGIES, "risk_profile"])
def test_labels_of_unopened_rows_and_later_declarations_change_nothing(arrivals, name):
    season = play(arrivals, name)
    opened = np.concatenate([it.rows for it in season.opened])
    unopened = np.ones(len(arrivals.week), dtype=bool)
    unopened[opened] = False
    unopened &= ~arrivals.is_known
    other = replace(
        arrivals,
        fraud=np.where(unopened, 1 - arrivals.fraud, arrivals.fraud).astype(np.int8),
        duty=np.where(unopened, 1e6, arrivals.duty),
        probability=1.0 - arrivals.probability,
    )
    assert rows(play(other, name)) == rows(season)
    # Everything filed after week 4 is other goods of other traders.
    changed = arrivals.declarations.copy()
    later = arrivals.week > 4
    for column in ("Importer ID", "Seller ID", "HS6 Code", "Item Price"):
        changed.loc[later, column] = changed.loc[later, column].to_numpy()[::-1]
    assert rows(play(replace(arrivals, declarations=changed), name))[:4] == rows(season)[:4]


def test_as_of_features_do_not_know_the_future(arrivals):
    whole = describe_as_of(arrivals.declarations, arrivals.week)
    assert np.isfinite(whole.features).all()
    assert whole.codes.min() == 0  # a missing code is one like others
    for last in (-20, 0, 3):
        n = int((arrivals.week <= last).sum())
        cut = describe_as_of(arrivals.declarations.iloc[:n], arrivals.week[:n])
        assert np.array_equal(cut.features, whole.features[:n])
        assert np.array_equal(cut.codes, whole.codes[:n])


def test_as_of_features_agree_with_a_plain_count(arrivals):
    table, week = arrivals.declarations, arrivals.week
    as_of = describe_as_of(table, week)
    column = dict(zip(as_of.names, as_of.features.T, strict=True))
    unit = np.log1p(table["Item Price"]) - np.log1p(table["Net Mass"])
    for row in (0, 500, 1_500, len(table) - 1):
        earlier = week < week[row]
        same = earlier & (table["Importer ID"] == table["Importer ID"].iloc[row]).to_numpy()
        assert column["earlier declarations, importer"][row] == pytest.approx(np.log1p(same.sum()))
        sellers = table["Seller ID"][same].nunique()
        assert column["sellers so far, importer"][row] == pytest.approx(np.log1p(sellers))
        usual = (unit[same].sum() + unit.iloc[row]) / (same.sum() + 1)
        over = column["unit price over the usual, importer"][row]
        assert over == pytest.approx(unit.iloc[row] - usual, abs=1e-4)


@pytest.mark.training
@pytest.mark.parametrize("name", ["random", "profile", "exploit"])
def test_shuffled_labels_leave_the_base_rate(arrivals, name):
    order = np.random.default_rng(0).permutation(len(arrivals.fraud))
    shuffled = replace(arrivals, fraud=arrivals.fraud[order])
    season = play(shuffled, name)
    opened = np.concatenate([it.rows for it in season.opened])
    base = shuffled.fraud[shuffled.week >= 1].mean()
    error = np.sqrt(base * (1 - base) / len(opened))
    assert abs(shuffled.fraud[opened].mean() - base) < 4 * error


@pytest.mark.training
def test_no_exploring_is_exploit_and_nothing_else_is_the_explorer(arrivals):
    exploit = play(arrivals, "exploit")
    assert rows(play(arrivals, "hybrid", explore_share=0.0)) == rows(exploit)
    random = play(arrivals, "random")
    assert rows(play(arrivals, "hybrid", explore_share=1.0)) == rows(random)
    reports = random.inspections()
    assert set(reports["Chosen By"]) == {"random"}
    k = np.array([len(it.rows) for it in random.opened])
    n = np.array([len(arrivals.rows_of(it.number)) for it in random.opened])
    assert np.allclose(reports["Propensity"], np.repeat(k / n, k))


@pytest.mark.training
@pytest.mark.parametrize("explore", list(EXPLORERS))
def test_hybrid_opens_most_by_probability_and_a_share_by_the_explorer(arrivals, explore):
    season = play(arrivals, "hybrid", explore=explore, explore_share=0.25)
    for it in season.opened:
        k = len(it.rows)
        reasons = pd.Series(it.selection.reason).value_counts()
        assert reasons.to_dict() == {"highest": k - k // 4, explore: k // 4}


@pytest.mark.training
def test_learning_pays(arrivals):
    frauds = {
        name: sum(arrivals.fraud[it.rows].sum() for it in play(arrivals, name).opened)
        for name in ("random", "profile", "exploit", "bag")
    }
    assert min(frauds["profile"], frauds["exploit"], frauds["bag"]) > 1.3 * frauds["random"]


SETTINGS = SeasonSettings(Budget(RATE), offered={"refit_every": 3, "n_jobs": 1}, week_timeout=30)


def write(tmp_path, body):
    path = tmp_path / "own.py"
    path.write_text("import numpy as np\n" + dedent(body))
    return f"{path}:Own"


def in_child(arrivals, strategy, tmp_path, **changes):
    as_of = describe_as_of(arrivals.declarations, arrivals.week)
    settings = replace(SETTINGS, **changes)
    return play_season(arrivals, as_of, strategy, settings, tmp_path / "log.txt")


@pytest.mark.process
def test_a_strategy_of_your_own_plays_and_may_print(arrivals, tmp_path):
    own = write(tmp_path, """
        class Own:
            def __init__(self, random_state=0):
                self.seen = 0
            def observe(self, reports):
                self.seen += len(reports)
            def select(self, week):
                assert self.seen == len(week.reports)
                assert len(week.known_features) == len(week.known_labels)
                print("week", week.number, flush=True)
                score = week.arrivals["Item Price"]
                return week.highest(score, share=0.5) | week.random(share=0.5)
        """)  # fmt: skip
    played = in_child(arrivals, resolve_strategy(own), tmp_path)
    assert not played.error
    assert "week 6" in (tmp_path / "log.txt").read_text()
    assert set(played.inspections["Chosen By"]) == {"highest", "random"}
    assert len(played.scores["weeks"]) == 6


@pytest.mark.process
def test_a_fraud_model_of_your_own_is_a_strategy(arrivals, tmp_path):
    own = write(tmp_path, """
        class Own:
            def fit(self, X, y):
                self.rate = (y == 1).sum() / (y >= 0).sum()
                return self
            def predict_proba(self, X):
                p = self.rate * X["Tax Rate"].rank(pct=True)
                return np.column_stack([1 - p, p])
        """)  # fmt: skip
    played = in_child(arrivals, own, tmp_path)
    assert not played.error
    assert set(played.inspections["Chosen By"]) == {"highest"}


@pytest.mark.process
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return [0]", r"must return \d+ rows in week 1, but it returned 1"),
        ("return week.highest([0.5])", r"own.py, line 5, in select: Week 1 has \d+ arrivals"),
        ("return 1 / 0", "own.py, line 5, in select: ZeroDivisionError"),
        ("import os; os._exit(3)", "the process ended in week 1"),
        ("import time; time.sleep(60)", "no answer in week 1 within 3 s"),
        ("return {'rows': [0]}", "Declaration ID rows does not exist"),
    ],
)
def test_a_failing_strategy_is_one_sentence(arrivals, tmp_path, body, message):
    own = write(tmp_path, f"""
        class Own:
            def select(self, week):
                {body}
        """)  # fmt: skip
    played = in_child(arrivals, own, tmp_path, week_timeout=30.0 if "sleep" not in body else 3.0)
    assert re.search(message, played.error)
    assert played.scores == {}


@pytest.mark.process
def test_a_file_that_never_ends_is_ended(arrivals, tmp_path):
    """It does not even read the first week, which is larger than a pipe."""
    own = write(tmp_path, "import time; time.sleep(60)\nclass Own: pass")
    played = in_child(arrivals, own, tmp_path, week_timeout=2.0)
    assert "no answer in week 1 within 2 s" in played.error


@pytest.mark.training
def test_a_week_without_arrivals_has_nothing_to_decide(arrivals):
    kept = np.flatnonzero(arrivals.week != 3)
    parts = {name: getattr(arrivals, name)[kept] for name in (
        "week", "is_known", "fraud", "critical", "duty", "probability")}  # fmt: skip
    rest = arrivals.declarations.iloc[kept].reset_index(drop=True)
    for name in ("random", "profile", "exploit", "hybrid"):
        season = play(replace(arrivals, declarations=rest, **parts), name, explore="coverage")
        assert [len(it.rows) == 0 for it in season.opened] == [i == 3 for i in range(1, 7)]


@pytest.mark.process
def test_hidden_labels_are_nowhere_in_the_strategys_process(arrivals, tmp_path):
    def digests(values):
        kinds = (np.int8, np.int64, np.float64, np.bool_)
        return [hashlib.sha256(values.astype(kind).tobytes()).hexdigest() for kind in kinds]

    hidden = [arrivals.fraud[arrivals.rows_of(week)] for week in range(1, 7)]
    hidden += [arrivals.fraud, arrivals.fraud[arrivals.week < 1]]
    (tmp_path / "hidden.json").write_text(json.dumps([it for one in hidden for it in digests(one)]))
    own = write(tmp_path, """
        import gc, hashlib, json
        class Own:
            def select(self, week):
                hidden = set(json.load(open("hidden.json")))
                known = week.known_labels.astype(np.int8)  # the search itself works
                n = 0
                for thing in gc.get_objects() + [known]:
                    arrays = [thing] if isinstance(thing, np.ndarray) else []
                    if type(thing).__name__ == "DataFrame":
                        arrays += [thing[c].to_numpy() for c in thing if thing[c].dtype != object]
                    for array in arrays:
                        n += 1
                        data = np.ascontiguousarray(array).tobytes()
                        if hashlib.sha256(data).hexdigest() in hidden:
                            raise RuntimeError("a hidden label")
                assert n > 1
                return week.random()
        """)  # fmt: skip
    assert in_child(arrivals, own, tmp_path).error == ""


@pytest.mark.process
def test_seasons_are_kept_resumed_and_equal_for_any_number_of_workers(tmp_path):
    worlds, names = [replace(WORLD, seed=seed) for seed in (0, 1)], ("profile", "oracle", "random")
    alone = run_seasons(worlds, names, SETTINGS, tmp_path / "a")
    with threads(3) as executor:
        together = run_seasons(worlds, names[::-1], SETTINGS, tmp_path / "b", executor=executor)
    for path in (tmp_path / "a").glob("*/*/*.csv"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()
    assert len(list((tmp_path / "a").glob(f"*/*/{INSPECTIONS}"))) == 6
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").glob(f"*/*/{RECORD}")}
    again = run_seasons(worlds, names, SETTINGS, tmp_path / "a")
    assert again == alone
    assert kept == {path: path.stat().st_mtime_ns for path in kept}
    other = replace(SETTINGS, delay=2)
    with pytest.raises(KitError, match=r"with other settings \(settings\). Give another --out"):
        run_seasons(worlds[:1], ("random",), other, tmp_path / "a")
    run_seasons(worlds[:1], ("clairvoyant",), other, tmp_path / "mixed")
    run_seasons(worlds[:1], ("random",), SETTINGS, tmp_path / "mixed")
    with pytest.raises(KitError, match="different conditions, such as clairvoyant on steady-0"):
        read_records(tmp_path / "mixed")
    page = season_page(tmp_path / "a", "profile")
    for text in ("Frauds found", "2 worlds", "oracle", "highest"):
        assert text in page
    by_name = {it.name: it for it in compare_strategies(together, against="profile")}
    assert by_name["oracle"].is_reference
    assert by_name["oracle"].difference > 0 > by_name["random"].difference
    assert by_name["profile"].n_worlds == 2


@pytest.mark.process
def test_references_bound_what_a_strategy_may_reach(arrivals, tmp_path):
    precision = {
        name: in_child(arrivals, name, tmp_path).scores["precision"]
        for name in (*REFERENCES, "exploit")
    }
    assert precision["clairvoyant"] > precision["oracle"] > precision["everything"]
    assert precision["everything"] > precision["exploit"]
    records = [
        {
            "strategy": name, "reference": name in REFERENCES, "world": "w", "error": "",
            "cpu_seconds": 0.0, "first_quarter": {"precision": 0.5},
            "last_quarter": {"precision": 0.5}, "precision": value,
            **dict.fromkeys(("norm_precision", "recall", "capped_revenue_recall"), 0.5),
            "revenue_recall": None,
        }
        for name, value in precision.items()
    ]  # fmt: skip
    (summary,) = [it for it in compare_strategies(records) if it.name == "exploit"]
    missing = precision["clairvoyant"] - precision["exploit"]
    assert sum(summary.regret.values()) == pytest.approx(missing)
    assert "revenue_recall" not in summary.scores


def test_precision_of_a_quarter_counts_its_own_weeks_alone():
    weeks = np.array([np.full(20, 10.0), np.arange(20.0)])
    moving = moving_precision(weeks)
    assert moving[0] == 0.0
    assert moving[2] == pytest.approx((0 + 1 + 2) / 30)
    assert moving[19] == pytest.approx(sum(range(7, 20)) / 130)


def test_the_command_offers_what_there_is():
    """The command line lists names without importing what they name."""
    options = {option.name: option.type for option in run.params if hasattr(option.type, "choices")}
    assert list(options["explore"].choices) == list(EXPLORERS)
    assert list(options["season"].choices) == list(SEASONS)


def test_an_unknown_strategy_leads_to_the_nearest():
    with pytest.raises(KitError, match="Did you mean exploit"):
        resolve_strategy("exploits")
    with pytest.raises(KitError, match="inspection list"):
        resolve_strategy("zzzz")
