"""The task scheme: mean average precision, its bootstrap, its ceiling, and the Kaggle file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from customs_data.edition.generating import generate_edition, read_blueprint, simulate_world
from customs_data.edition.hidden import load_oracle, load_solution
from customs_data.edition.loading import Edition, load_edition
from customs_data.edition.writing.source import check_periods
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed
from customs_data.tasks import find_task
from customs_data.tasks.scheme import VIOLATIONS
from customs_data.world.schemes import POSTERIORS, PRIORS
from customs_scorer.ceiling import oracle_ceiling
from customs_scorer.kaggle_metrics.scheme import ANSWER, score
from customs_scorer.metrics import metrics_of
from customs_scorer.metrics.scheme import METRICS

MEAN = METRICS.ranked[0]
BLUEPRINT = read_blueprint(n_declarations=find_task("scheme").fewest_declarations, task="scheme")
SECRET = secret_of_seed(3)


def made_up(seed, n=400, codes=range(8), decimals=1):
    """Return violations and scores; with one decimal many scores are equal."""
    rng = np.random.default_rng(seed)
    code = rng.choice(list(codes), size=n).astype(np.int8)
    scores = np.round(rng.random((n, 7)) + 0.3 * (code[:, None] == np.arange(1, 8)), decimals)
    return pd.DataFrame({"Violation Code": code}), scores


def expected(code, scores):
    """Return scikit-learn's average precision of each violation; NaN for one that is absent."""
    return [
        average_precision_score(code == k, scores[:, k - 1]) if (code == k).any() else np.nan
        for k in range(1, 8)
    ]


@pytest.mark.parametrize("decimals", [0, 1, 9])
def test_average_precision_is_scikit_learns_ties_included(decimals):
    answers, scores = made_up(1, decimals=decimals)
    each = expected(answers["Violation Code"].to_numpy(), scores)
    for metric, value in zip(METRICS.reported, each, strict=True):
        assert metric.value(answers, scores) == pytest.approx(value, abs=1e-12)
    assert MEAN.value(answers, scores) == pytest.approx(np.mean(each), abs=1e-12)


def test_a_violation_that_a_period_lacks_is_left_out():
    answers, scores = made_up(2, codes=(0, 1, 3))
    each = expected(answers["Violation Code"].to_numpy(), scores)
    assert np.isnan(each).sum() == 5
    assert MEAN.value(answers, scores) == pytest.approx(np.nanmean(each), abs=1e-12)
    assert np.isnan(METRICS.reported[1].value(answers, scores))
    nothing = pd.DataFrame({"Violation Code": np.zeros(len(scores), dtype=np.int8)})
    assert np.isnan(MEAN.value(nothing, scores))


def test_scores_of_declarations_in_another_order_and_scale_are_the_same():
    answers, scores = made_up(3)
    order = np.random.default_rng(3).permutation(len(answers))
    moved = np.exp(5.0 * scores[order]) - np.arange(7)
    assert MEAN.value(answers.iloc[order], moved) == pytest.approx(
        MEAN.value(answers, scores), abs=1e-12
    )


def test_the_bootstrap_is_that_of_repeated_rows():
    answers, scores = made_up(4, n=120)
    counts = np.random.default_rng(4).multinomial(120, np.full(120, 1 / 120), size=5)
    sampled = MEAN.sampler(answers, scores)(counts.astype(np.int32))
    rows = np.arange(120)
    for count, value in zip(counts, sampled, strict=True):
        drawn = np.repeat(rows, count)
        code = answers["Violation Code"].to_numpy()[drawn]
        assert value == pytest.approx(np.nanmean(expected(code, scores[drawn])), abs=1e-12)


def test_the_file_for_kaggle_agrees():
    for seed, codes in ((5, range(8)), (6, (0, 2, 7))):
        answers, scores = made_up(seed, codes=codes)
        ids = [f"D{n}" for n in range(len(answers))]
        submission = pd.DataFrame(scores, columns=list(ANSWER)).assign(id=ids)
        value = score(answers.assign(id=ids), submission.iloc[::-1], "id")
        assert value == pytest.approx(MEAN.value(answers, scores), abs=1e-12)


def test_with_too_few_declarations_no_edition_is_made(sample):
    with pytest.raises(KitError, match="needs at least 20,000 declarations, but it has 19,999"):
        read_blueprint(n_declarations=19_999, task="scheme")
    frames = {period: frame.assign(**{"Violation Code": 0}) for period, frame in sample.items()}
    with pytest.raises(KitError, match="needs at least 20,000 declarations"):
        check_periods(frames, find_task("scheme"))


@pytest.fixture(scope="module")
def edition(tmp_path_factory) -> Edition:
    path = tmp_path_factory.mktemp("scheme") / "edition"
    generate_edition(BLUEPRINT, SECRET, path, origin="published-seed")
    return load_edition(path)


def test_the_ceiling_is_the_posterior_of_each_violation(edition):
    oracle = load_oracle(edition.layout).set_index("Declaration ID")
    assert tuple(oracle)[5:] == (*POSTERIORS, *PRIORS)
    each = oracle[list(POSTERIORS)].to_numpy().sum(axis=1)
    assert np.abs(each - oracle["Posterior Probability"].to_numpy()).max() < 4.1e-6
    known = oracle_ceiling(edition)
    private = load_solution(edition.layout).query("Usage == 'Private'")
    code = private["Violation Code"].to_numpy()
    for columns, name in ((POSTERIORS, "ceiling"), (PRIORS, "prior")):
        best = oracle.loc[private["Declaration ID"], list(columns)].to_numpy()
        value = np.nanmean(expected(code, best))
        assert known[name]["private"] == {MEAN.name: pytest.approx(value, abs=1e-12)}
    assert known["ceiling"]["private"][MEAN.name] > known["prior"]["private"][MEAN.name] > 0.1


def test_the_world_made_again_has_the_posteriors_of_the_edition(edition):
    world = simulate_world(BLUEPRINT, SECRET)
    oracle = load_oracle(edition.layout).set_index("Declaration ID")
    again = world.schemes.set_index(world.oracle["Declaration ID"].to_numpy())
    assert again.loc[oracle.index].to_numpy().tolist() == oracle[list(again)].to_numpy().tolist()


def test_titles_name_every_violation():
    assert [metric.short for metric in metrics_of("scheme").reported] == list(VIOLATIONS)
