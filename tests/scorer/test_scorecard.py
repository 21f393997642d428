from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from customs_data.edition.hidden import load_solution
from customs_data.errors import InvalidEditionError, InvalidSubmissionError
from customs_scorer.bootstrap import bootstrap_intervals, joint_bootstrap
from customs_scorer.metrics import InspectionMetric
from customs_scorer.metrics.inspection import n_inspected, precision_at
from customs_scorer.ranking import score_files
from customs_scorer.scorecard import score_submission
from customs_scorer.submissions import check_submission, read_submission, write_submission


@pytest.fixture
def scores(sample_edition):
    return np.random.default_rng(0).normal(size=len(sample_edition.test)).round(1)


def test_scorecard_is_the_metric_of_each_period(sample_edition, scores):
    solution = load_solution(sample_edition.layout)
    unseen = np.arange(len(scores)) % 3 == 0
    card = score_submission(solution, scores, unseen, n_replicates=0)
    for period, score in (("Public", card.public), ("Private", card.private)):
        rows = (solution["Usage"] == period).to_numpy()
        fraud, critical = (solution[n].to_numpy()[rows] for n in ("Fraud", "Critical Fraud"))
        assert score["precision_at_5"] == precision_at(fraud, scores[rows], 0.05)
        assert score["precision_at_10"] == precision_at(fraud, scores[rows], 0.10)
        assert score["critical_precision_at_5"] == precision_at(critical == 2, scores[rows], 0.05)
        assert score["interval_at_5"] is None
        lone = rows & unseen
        expected = precision_at(solution["Fraud"].to_numpy()[lone], scores[lone], 0.05)
        assert score["unseen_precision_at_5"] == expected
        assert score["n_unseen"] == lone.sum()
    json.dumps(card.as_dict(), allow_nan=False)


def fraud(answers):
    return answers["Fraud"].to_numpy() == 1


def precision_metric(rate):
    return InspectionMetric("precision", "precision", rate=rate, amounts=fraud)


def as_answers(y):
    return pd.DataFrame({"Fraud": y})


def bootstrap(y, score, rate, **settings):
    return joint_bootstrap([precision_metric(rate)], as_answers(y), [score], **settings)[0, 0]


def test_bootstrap_agrees_with_a_plain_one():
    rng = np.random.default_rng(3)
    y, score = rng.integers(0, 2, 80), rng.integers(0, 9, 80).astype(float)
    fast = bootstrap(y, score, 0.1, n_replicates=50, seed=11)
    rng = np.random.default_rng(11)
    for value in fast:
        drawn = rng.integers(0, 80, 80)
        assert value == pytest.approx(precision_at(y[drawn], score[drawn], 0.1))


def test_joint_bootstrap_is_the_bootstrap_of_each_on_the_same_samples(monkeypatch):
    rng = np.random.default_rng(8)
    n, rates = 300, (0.05, 0.1, 1.0)
    y = (rng.random(n) < 0.3).astype(np.int8)
    scores = [rng.random(n), rng.integers(0, 4, n).astype(float), np.zeros(n), -y + 0.0]
    monkeypatch.setattr("customs_scorer.bootstrap._BLOCK_CELLS", 7 * n)
    metrics = [precision_metric(rate) for rate in rates]
    joint = joint_bootstrap(metrics, as_answers(y), scores, n_replicates=40, seed=2)
    assert joint.shape == (4, 3, 40)
    for i, score in enumerate(scores):
        for j, rate in enumerate(rates):
            alone = bootstrap(y, score, rate, n_replicates=40, seed=2)
            assert joint[i, j].tolist() == alone.tolist()
    draws = np.random.default_rng(2)  # and each is the metric on the declarations drawn
    for replicate in range(40):
        drawn = draws.integers(0, n, n)
        for i, score in enumerate(scores):
            plain = [precision_at(y[drawn], score[drawn], rate) for rate in rates]
            assert joint[i, :, replicate] == pytest.approx(plain)


def test_interval_covers_the_truth_about_95_times_in_100():
    # 200 samples from one population: the interval must cover its precision in 90-99 % of them
    rng = np.random.default_rng(5)
    n, k = 2000, n_inspected(2000, 0.05)
    truth = []
    covered = 0
    intervals = []
    for i in range(200):
        score = rng.normal(size=n)
        y = (rng.random(n) < 1 / (1 + np.exp(1.3 - 1.5 * score))).astype(np.int8)
        truth.append(y[np.argsort(-score)[:k]].mean())
        intervals += bootstrap_intervals(
            [precision_metric(0.05)], as_answers(y), score, n_replicates=100, seed=i
        )
    mean = np.mean(truth)
    covered = sum(low <= mean <= high for low, high in intervals)
    assert 180 <= covered <= 198


def test_standings_are_ranked_and_ties_go_to_the_earlier(sample_edition, sample_path, tmp_path):
    solution = load_solution(sample_edition.layout)
    perfect = solution["Fraud"].to_numpy().astype(float)
    constant = np.full(len(perfect), 0.5)
    files = []
    for name, score in (("late", constant), ("same", constant), ("best", perfect)):
        files.append(write_submission(sample_edition, score, tmp_path / f"{name}.csv"))
    standings = score_files(files, sample_path, n_replicates=10)
    assert [standing.file for standing in standings] == [str(files[i]) for i in (2, 0, 1)]
    assert score_files(files, sample_edition, n_replicates=10) == standings
    base_rate = (solution["Fraud"][solution["Usage"] == "Private"] == 1).mean()
    assert standings[1].scorecard.private["precision_at_5"] == base_rate


def test_sorting_solution_or_submission_by_label_changes_no_score(
    sample_edition, sample_path, scores, tmp_path
):
    solution = load_solution(sample_edition.layout)
    unseen = np.arange(len(scores)) % 2 == 0
    by_label = np.argsort(-solution["Fraud"].to_numpy(), kind="stable")
    before = score_submission(solution, scores, unseen, n_replicates=0)
    after = score_submission(
        solution.iloc[by_label], scores[by_label], unseen[by_label], n_replicates=0
    )
    assert after == before
    file = write_submission(sample_edition, scores, tmp_path / "s.csv")
    header, *rows = file.read_text().splitlines()
    other = tmp_path / "sorted.csv"
    other.write_text("\n".join([header, *(rows[i] for i in by_label)]) + "\n")
    first, second = score_files([file, other], sample_path, n_replicates=0)
    assert first.scorecard == second.scorecard


def test_labels_other_than_those_committed_to_give_no_score(sample_edition, edition_copy, tmp_path):
    file = write_submission(sample_edition, np.zeros(len(sample_edition.test)), tmp_path / "s.csv")
    path = edition_copy / "hidden/solution.csv"
    path.write_text(path.read_text().replace(",0,0,P", ",1,1,P"))
    with pytest.raises(InvalidEditionError, match="committed to"):
        score_files([file], edition_copy)


def test_a_team_cannot_score_without_hidden_labels(sample_edition, public_copy, scores, tmp_path):
    file = write_submission(sample_edition, scores, tmp_path / "s.csv")
    with pytest.raises(InvalidEditionError, match=r"solution\.csv"):
        score_files([file], public_copy)


def test_written_submissions_read_back_bit_by_bit(sample_edition, scores, tmp_path):
    exact = scores + np.random.default_rng(1).normal(size=len(scores)) * 1e-9
    for name in ("s.csv", "s.csv.gz"):
        file = write_submission(sample_edition, exact, tmp_path / name)
        assert (read_submission(file, sample_edition.test["Declaration ID"]) == exact).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_write_submission_refuses_what_could_not_be_scored(sample_edition, scores, tmp_path, bad):
    scores[3] = bad
    with pytest.raises(InvalidSubmissionError, match="finite"):
        write_submission(sample_edition, scores, tmp_path / "s.csv")
    with pytest.raises(InvalidSubmissionError, match="shape"):
        write_submission(sample_edition, scores[:-1], tmp_path / "s.csv")
    assert list(tmp_path.iterdir()) == []


def test_everything_wrong_comes_in_one_report(sample_edition, tmp_path):
    ids = sample_edition.test["Declaration ID"].tolist()
    rows = [f"{i},0.5" for i in ids]
    rows[0] = f"{ids[0]},nan"
    rows[1] = f"{ids[1]},"
    rows[2] = f"{ids[2]},high"
    rows[3] = f"{ids[2]},0.1"
    rows[4] = "nobody,0.1"
    rows[5] = "1,2,3"
    path = tmp_path / "s.csv"
    path.write_text("Declaration ID,Fraud Score\n" + "\n".join(rows) + "\n")
    report = str(check_submission(path, sample_edition.test["Declaration ID"]).report)
    for expected in (
        "line 7",
        "line 2 has 'nan'; line 4 has 'high'",
        "must not be empty",
        "line 6 has 'nobody'",
        f"line 5 has '{ids[2]}'",
        "3 of",
    ):
        assert expected in report
