"""Attacks gain less on the Ladders than without, and the document agrees with the results."""

from __future__ import annotations

import json
from functools import cache, partial
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from customs_baselines.experiments.markdown_tables import put_table
from customs_data.errors import KitError
from customs_leaderboard.ladder.ladder import Ladder, LadderState, default_step
from customs_scorer.metrics.inspection import chance_of, gains_of

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "leaderboard/results"
DOCUMENT = ROOT / "leaderboard/LADDER.md"
SIZES = (1_000, 1_000)
QUERIES = 60
SEEDS = range(4)


@pytest.fixture(scope="module")
def benchmark():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        yield import_module("ladder_attacks")


@pytest.fixture(scope="module")
def gain(benchmark):
    """Return the mean public gain of a small attack: 1,000 declarations, 50 opened."""
    step = default_step(SIZES[0])
    boards = {
        "none": benchmark.exact_board,
        **{
            kind: partial(benchmark.laddered_board, Ladder(kind, step, ground_errors=0))
            for kind in ("step", "parameter_free", "paired")
        },
    }

    @cache
    def measure(attack, board, **settings):
        has_model = settings.get("start") == "model"
        attacker = benchmark.Attacker(attack, (settings,), has_model)
        truths = partial(benchmark.drawn_truth, sizes=SIZES)
        curves = benchmark.curves(attacker, settings, boards[board], truths, SEEDS, [QUERIES])
        return (curves[:, -1, 0] - curves[:, 0, 0]).mean()

    return measure


@pytest.fixture(scope="module", params=["ladder_attacks", "ladder_attacks_practice"])
def results(request):
    return request.param, json.loads((RESULTS / f"{request.param}.json").read_text())


@pytest.mark.parametrize("ladder", ["step", "parameter_free", "paired"])
def test_blind_boosting_gains_less_on_a_ladder(benchmark, gain, ladder):
    boost = partial(gain, benchmark.boost_blindly, rule="above the median", first="random")
    assert boost("none") > 0.1
    # The standard error of no gain in four small periods: sqrt(.22 * .78 / 50 / 4) = .029.
    assert boost(ladder) < 0.06


@pytest.mark.parametrize("ladder", ["step", "parameter_free", "paired"])
def test_climbing_gains_at_most_two_thirds_on_a_ladder(benchmark, gain, ladder):
    def best(board):
        return max(
            gain(benchmark.climb, board, start="model", block=block, depth=0.5) for block in (1, 4)
        )

    assert best("none") > 0.05
    assert best(ladder) <= 2 / 3 * best("none")


def test_what_an_attacker_hands_in_is_what_the_board_answered(benchmark):
    truth = benchmark.drawn_truth(np.random.default_rng(3), SIZES)
    asked = []

    def ask(file):
        asked.append((truth.precisions(file)[0], file))
        return asked[-1][0]

    climber = benchmark.climb(
        ask, truth, np.random.default_rng(4), start="model", block=4, depth=1.0
    )
    for _, hand_in in zip(range(30), climber, strict=False):
        best = max(shown for shown, _ in asked)
        assert truth.precisions(hand_in())[0] == best
    # A mutation swaps scores: the file holds the same ones, the private period is untouched.
    final = hand_in()
    assert sorted(final) == sorted(truth.model)
    assert (final[SIZES[0] :] == truth.model[SIZES[0] :]).all()
    assert best > asked[0][0]


def test_luck_leaves_the_ground_as_seldom_as_is_derived(benchmark):
    """A ground of one error, which random files do leave; 400 declarations, 20 opened."""
    ladder_ground = import_module("ladder_ground")
    ladder = Ladder("step", 0.01, ground_errors=1)
    derived = ladder_ground.leaving(ladder, 400, 0.22, 3)
    y_true = np.arange(400) < 88
    rng = np.random.default_rng(5)
    chance = chance_of(y_true, 0.05)
    states = [
        ladder.update(LadderState(), 1, gains_of(y_true, rng.random(400), 0.05), chance=chance)
        for _ in range(4_000)
    ]
    left = np.array([state.best_shown > 0.22 for state in states])
    # chance .22, its error sqrt(.22 * .78 / 20 * 380 / 399) = .0904: 7 of 20 are more than .3104
    assert derived["leaves"] == 0.35
    assert min(state.best_shown for state in states if state.best_shown > 0.22) == 0.35
    error = (derived["one_file"] * (1 - derived["one_file"]) / len(left)) ** 0.5
    assert abs(left.mean() - derived["one_file"]) < 3 * error
    assert derived["any_file"] == pytest.approx(1 - (1 - derived["one_file"]) ** 3, rel=1e-3)
    with pytest.raises(ValueError, match="best file"):
        ladder_ground.leaving(Ladder("step", 0.01, ground_errors=10), 400, 0.22, 3)


def test_tables_in_the_document_are_those_of_the_results(benchmark, results):
    name, content = results
    tables = benchmark.tables_of(content)
    assert len(tables) >= 2
    for what, table in tables.items():
        put_table(DOCUMENT, f"{name} {what}", table, check=True)
        with pytest.raises(KitError, match="differs"):
            put_table(DOCUMENT, f"{name} {what}", table + "x", check=True)


def test_results_hold_what_the_document_claims():
    content = json.loads((RESULTS / "ladder_attacks.json").read_text())
    assert (content["queries"], content["repetitions"]) == (500, 20)
    rows = {(row["attack"], row["defence"]): row for row in content["attacks"]}

    def public(attack, defence):
        return rows[attack, defence]["public"]["gain"]

    bare, strict = "step Ladder 0.01", "paired Ladder, 3 errors"
    default, free = "grounded step Ladder 0.01", "grounded parameter-free Ladder"
    for defence in (bare, default, "parameter-free Ladder", free, strict):
        assert public("blind boosting, majority", defence) <= 0.02
        for climbing in ("climbing from a model", "climbing from a random file"):
            assert public(climbing, defence) <= 2 / 3 * public(climbing, "none")
    assert public("blind boosting, best rule", bare) > 0.02  # the reason for the ground
    for blind in ("blind boosting, best rule", "luckiest random file", "boosting from a model"):
        for defence in (default, free, strict):
            assert public(blind, defence) <= 0.02
    honest = {row["defence"]: row for row in content["honest"]}
    assert honest[default] == {**honest[bare], "defence": default}  # the ground costs nothing
    for row in rows.values():
        private = row["private"]
        assert abs(private["gain"]) <= 3 * private["standard_error"] + 1e-9


def test_results_are_read_back_written_and_drawn(benchmark, tmp_path, monkeypatch, capsys):
    document = tmp_path / "x.md"
    names = [f"ladder_attacks {what}" for what in ("gains", "curves", "honest", "ground")]
    document.write_text("".join(f"<!-- results:{n} -->\n<!-- /results -->\n" for n in names))
    saved = ["ladder_attacks.py", "--from", str(RESULTS / "ladder_attacks.json")]
    picture = tmp_path / "x.svg"
    for options in (["--write", str(document)], ["--check", str(document), "--out", str(picture)]):
        monkeypatch.setattr("sys.argv", [*saved, *options])
        benchmark.main()
    assert "paired Ladder" in capsys.readouterr().out
    assert document.read_text().count("| blind boosting, majority |") == 9  # one and eight defences
    assert picture.read_text().startswith("<?xml")
