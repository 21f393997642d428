"""Ways of exploring, and the strategy that learns how much."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from customs_baselines.explorers.disagreement import DisagreementExplorer
from customs_baselines.explorers.diverse import DiverseExplorer, draw_apart
from customs_baselines.explorers.gated import GatedExplorer
from customs_baselines.season.catalogue import EXPLORERS
from customs_baselines.season.exploring import make_explorer
from customs_baselines.season.learner import AsOfTrees
from customs_baselines.strategies.adaptive import SHARES, AdaptiveStrategy
from customs_baselines.strategies.hybrid import HybridStrategy
from customs_data.errors import KitError
from played_seasons import WORLD, chosen, play


@pytest.fixture(scope="module")
def arrivals():
    return WORLD.load()


def draw(leaves, length, free, n, seed=0):
    return draw_apart(leaves, length, free, n, np.random.default_rng(seed))


def test_draws_are_apart():
    """Two rows that share all leaves and have one length: never both, while others are left."""
    leaves = np.array([[1, 1], [1, 1], [2, 1], [2, 3]])
    length, free = np.ones(4), np.ones(4, dtype=bool)
    for seed in range(50):
        rows, _ = draw(leaves, length, free, 3, seed)
        assert len(set(rows)) == 3
        assert not {0, 1} <= set(rows)
    # The fourth is the copy, whatever it is.
    rows, chances = draw(leaves, length, free, 4)
    assert sorted(rows) == [0, 1, 2, 3]
    assert chances[3] == 1.0


def test_draws_have_the_chances_that_they_say():
    leaves = np.array([[0, 0], [0, 1], [2, 2], [3, 3]])
    length = np.array([1.0, 2.0, 1.0, 3.0])
    free = np.array([True, True, True, False])
    firsts = []
    for seed in range(2_000):
        rows, chances = draw(leaves, length, free, 2, seed)
        firsts.append(rows[0])
        # Squared lengths 1, 4, 1; then |a|^2 + |b|^2 - 2 |a| |b| (share of common leaves).
        assert chances[0] == pytest.approx({0: 1 / 6, 1: 4 / 6, 2: 1 / 6}[rows[0]])
        if rows[0] == 0:
            apart = {1: 1 + 4 - 2 * 0.5 * 2, 2: 1 + 1}
            assert chances[1] == pytest.approx(apart[rows[1]] / (3 + 2))
    assert np.bincount(firsts, minlength=4) / 2_000 == pytest.approx(
        [1 / 6, 4 / 6, 1 / 6, 0.0], abs=0.03
    )


@pytest.mark.training
def test_a_committee_disagrees_where_its_members_differ(arrivals):
    explorer = DisagreementExplorer("disagreement", AsOfTrees())
    week = SimpleNamespace(n_arrivals=3)
    votes = iter([np.array([0.2, 0.5, 0.0]), np.array([0.2, 0.7, 1.0])])
    explorer._ready = [SimpleNamespace(score=lambda week: next(votes)) for _ in range(2)]
    value = explorer.value(week, np.zeros(3))
    assert value[0] == pytest.approx(0.0, abs=1e-9)
    assert value[0] < value[1] < value[2]
    assert value[2] == pytest.approx(np.log(2.0), abs=1e-9)


@pytest.mark.training
def test_a_member_of_a_committee_never_sees_its_part(arrivals):
    """Labels of its part the other way round change no score; those of others do."""

    class Watch:
        def __init__(self):
            self.member = AsOfTrees(left_out=(1, 4))
            self.scores = []

        def select(self, week):
            rows, y = week.known_rows, week.known_labels
            for part in (1, 2):
                flipped = np.where(rows // 4 % 4 == part, 1 - y, y)
                view = SimpleNamespace(
                    number=week.number, known_rows=rows, known_labels=flipped,
                    reports=week.reports, office=week.office, n_arrivals=week.n_arrivals,
                    features=week.features,
                )  # fmt: skip
                for labels in (week, view):
                    member = AsOfTrees(left_out=(1, 4))
                    assert member.fit(labels)
                    self.scores.append(member.score(week))
            return week.random()

    watch = Watch()
    play(arrivals, watch)
    own, own_flipped, other, other_flipped = watch.scores[:4]
    assert np.array_equal(own, own_flipped)
    assert not np.array_equal(other, other_flipped)


class Judged:
    """A week in which the last reports are those of rows 0 to 39."""

    n_arrivals = 10

    def __init__(self, y):
        self.known_rows = np.arange(40)
        self.known_labels = np.asarray(y, dtype=np.int8)
        self.reports = pd.DataFrame({"Week": np.repeat([1, 2, 3, 4, 5], 8)})


def test_the_gate_asks_whether_the_highest_scores_found_frauds():
    explorer = GatedExplorer("gated", AsOfTrees())
    y = np.zeros(40)
    y[[8, 9, 30, 31]] = 1
    assert explorer.validation_recall(Judged(y)) == 0.0  # nothing scored yet
    explorer._score = np.linspace(1.0, 0.0, 40)
    # Of the last four weeks, 8 to 39: the highest tenth is 8, 9, 10, 11.
    assert explorer.validation_recall(Judged(y)) == pytest.approx(2 / 4)
    explorer._score = np.linspace(0.0, 1.0, 40)
    assert explorer.validation_recall(Judged(y)) == 0.0
    assert explorer.validation_recall(Judged(np.zeros(40))) == 0.0
    explorer._score[30:] = np.nan  # drawn weeks have no score
    assert explorer.validation_recall(Judged(y)) == 0.0


@pytest.mark.training
def test_a_gate_that_is_shut_draws_by_lot(arrivals, monkeypatch):
    for recall, reason in ((0.31, "gated"), (0.3, "random")):
        monkeypatch.setattr(GatedExplorer, "validation_recall", lambda self, week, it=recall: it)
        season = play(arrivals, HybridStrategy(explore="gated", explore_share=0.5))
        assert all(reasons.keys() == {"highest", reason} for reasons in chosen(season))


@pytest.mark.training
def test_diverse_takes_nothing_that_is_opened_anyway(arrivals, monkeypatch):
    select = DiverseExplorer.select

    def checked(self, week, p, share, taken):
        selection = select(self, week, p, share, taken)
        assert not set(taken) & set(selection.rows)
        return selection

    monkeypatch.setattr(DiverseExplorer, "select", checked)
    play(arrivals, "hybrid", explore="diverse", explore_share=0.5)


def test_exp3_draws_the_share_that_was_precise_more_often():
    strategy = AdaptiveStrategy()
    assert strategy.chances() == pytest.approx(np.full(len(SHARES), 1 / len(SHARES)))
    for number, (arm, precision) in enumerate([(0, 0.0), (3, 1.0), (3, 1.0)], start=1):
        strategy._drawn[number] = arm, 0.2
        strategy._reward(pd.DataFrame({"Week": [number] * 4, "Fraud": [precision] * 4}))
    chances = strategy.chances()
    assert chances.argmax() == 3
    assert chances.sum() == pytest.approx(1.0)
    assert chances[0] == pytest.approx(chances[1])  # no fraud, no reward
    assert chances.min() > 0.05  # every share stays possible
    strategy._reward(pd.DataFrame({"Week": [2] * 4, "Fraud": [1.0] * 4}))  # counts once
    assert strategy.chances() == pytest.approx(chances)


@pytest.mark.training
def test_adaptive_plays_shares_of_its_list(arrivals):
    season = play(arrivals, "adaptive", explore="uncertain")
    for reasons in chosen(season):
        k = sum(reasons.values())
        assert reasons.get("uncertain", 0) in {int(share * k + 1e-9) for share in SHARES}


def test_the_guide_describes_every_way_of_exploring():
    guide = (Path(__file__).parents[2] / "docs/SEASON.md").read_text(encoding="utf-8")
    table = guide.split("| `--explore` | opens |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(EXPLORERS)


def test_an_unknown_way_of_exploring_is_named():
    with pytest.raises(KitError, match=r"'nope': choose coverage, disagreement, .*, uncertain"):
        make_explorer("nope", AsOfTrees())
