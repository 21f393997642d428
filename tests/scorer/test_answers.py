"""Kinds of answers: reading, checking and writing them; metrics and Kaggle files of every task."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from customs_data.errors import InvalidSubmissionError
from customs_data.tasks import find_task, task_names
from customs_leaderboard.publishing.metric_files import metric_module, published_metrics
from customs_leaderboard.submissions.answers import hash_answer
from customs_scorer.metrics import metrics_of
from customs_scorer.submissions import check_submission, read_submission, write_submission

IDS = pd.Series(["17", "18", "19", "20"], dtype="str")
N = len(IDS)


def read(tmp_path, task, text):
    path = tmp_path / "submission.csv"
    path.write_text(f"{','.join(find_task(task).header)}\n{text}", encoding="utf-8")
    return check_submission(path, IDS, task=find_task(task))


def test_choices_come_in_the_order_of_the_units(tmp_path):
    checked = read(tmp_path, "hs6", "20,010121\n18,\n17,841821 841899\n19,300490\n")
    assert checked.passed, checked.report
    assert checked.answer.shape == (N, 5)
    assert checked.answer[:, :2].tolist() == [
        ["841821", "841899"], ["", ""], ["300490", ""], ["010121", ""],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        ("84182", "six digits"),
        ("841821,", "cells"),
        ("841821 841821", "must not repeat a code"),
        ("010121 020110 030111 040110 050100 060110", "at most 5 codes"),
        ("841821;841899", "six digits"),
    ],
)
def test_wrong_choices_are_reported(tmp_path, cell, complaint):
    checked = read(tmp_path, "hs6", f"17,{cell}\n18,841821\n19,841821\n20,841821\n")
    assert not checked.passed
    assert complaint in str(checked.report)


def test_groups_do_not_depend_on_their_names(tmp_path):
    one = read(tmp_path, "networks", "17,a\n18,b\n19,a\n20,c\n")
    other = read(tmp_path, "networks", "20,Ünal & Co\n19,1\n18,17\n17,1\n")
    assert one.answer.tolist() == other.answer.tolist() == [0, 1, 0, 2]
    assert hash_answer(one.answer) == hash_answer(other.answer)


def test_a_lone_importer_needs_a_name(tmp_path):
    checked = read(tmp_path, "networks", "17,a\n18,\n19,a\n20,=1\n")
    assert "must not be empty" in str(checked.report)
    assert "printable" in str(checked.report)
    assert "Importer ID" in str(read(tmp_path, "networks", "17,a\n").report)


def test_several_scores_are_columns(tmp_path):
    rows = "".join(f"{key},{','.join(str(i / 10) for i in range(7))}\n" for key in IDS)
    checked = read(tmp_path, "scheme", rows)
    assert checked.passed, checked.report
    assert checked.answer.shape == (N, 7)
    spoiled = read(tmp_path, "scheme", rows.replace("0.3", "nan", 1))
    assert "False origin Score must be a finite number" in str(spoiled.report)


EDITIONS = {
    name: SimpleNamespace(task=find_task(name), units=IDS)
    for name in ("fraud", "hs6", "networks", "scheme")
}
ANSWERS = {
    "fraud": np.array([0.1, 0.5, -2.0, 3e-9]),
    "hs6": np.array([["841821", ""], ["010121", "300490"], ["", ""], ["999999", "000001"]]),
    "networks": np.array([7, 3, 7, 1]),
    "scheme": np.arange(28.0).reshape(4, 7),
}


@pytest.mark.parametrize("name", EDITIONS)
def test_what_is_written_is_read_again(tmp_path, name):
    edition, given = EDITIONS[name], ANSWERS[name]
    path = write_submission(edition, given, tmp_path / "submission.csv.gz")
    answer = read_submission(path, IDS, task=edition.task)
    expected = {"networks": np.array([0, 1, 0, 2])}.get(name, given)
    if name == "hs6":
        # Empty choices are left out, wherever they stand.
        assert [[code for code in row if code] for row in answer] == [
            [code for code in row if code] for row in given
        ]
    else:
        assert answer.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("name", "given", "complaint"),
    [
        ("fraud", np.zeros((4, 2)), "one score for each row"),
        ("scheme", np.zeros(4), "one score for each row"),
        ("scheme", np.full((4, 7), np.nan), "finite"),
        ("hs6", np.array(["841821"] * 4), "up to 5 codes"),
        ("hs6", np.array([["84"]] * 4), "six digits"),
        ("networks", np.zeros(3), "one group for each importer"),
    ],
)
def test_a_wrong_answer_is_not_written(tmp_path, name, given, complaint):
    with pytest.raises(InvalidSubmissionError, match=complaint):
        write_submission(EDITIONS[name], given, tmp_path / "submission.csv")
    assert not list(tmp_path.iterdir())


def truth_of(task, rng, n):
    """True target columns that a small period may have."""
    columns = {}
    for column in task.target:
        if column.role == "label":
            columns[column.name] = rng.choice(column.values, n).astype(np.int8)
        elif column.name == "Network":
            columns[column.name] = rng.choice(["a", "b", "c", "d", "e"], n).astype(object)
        else:
            columns[column.name] = rng.choice(["010121", "841821", "300490"], n).astype(object)
    return pd.DataFrame(columns)


def answer_of(task, rng, n):
    """A submission with ties, wrong and empty answers."""
    if task.name == "hs6":
        codes = ["010121", "841821", "300490", "999999"]
        rows = [rng.permutation(codes)[: rng.integers(0, 5)].tolist() for _ in range(n)]
        return np.array([row + [""] * (5 - len(row)) for row in rows])
    if task.name == "networks":
        return rng.integers(0, 4, n)
    shape = (n, len(task.answer.columns))[: 1 if len(task.answer.columns) == 1 else 2]
    return rng.integers(0, 5, shape) / 4


@pytest.mark.parametrize("name", [name for name in task_names() if name in EDITIONS])
@pytest.mark.parametrize("seed", range(4))
def test_the_kaggle_file_computes_the_same_numbers(tmp_path, name, seed):
    task, rng, n = find_task(name), np.random.default_rng(seed), 40
    truth, answer = truth_of(task, rng, n), answer_of(task, rng, n)
    keys = pd.Series([str(100 + i) for i in range(n)], dtype="str")
    module = metric_module(task)
    path = tmp_path / "submission.csv"
    write_submission(SimpleNamespace(task=task, units=keys), answer, path)
    submission = pd.read_csv(path, dtype={task.unit.key: str}).sample(frac=1, random_state=0)
    solution = pd.concat([keys.rename(task.unit.key), truth[list(module.TARGET)]], axis=1)
    read_back = read_submission(path, keys, task=task)
    for metric in published_metrics(task):
        value = module.score(solution, submission, task.unit.key, **module.SCORES[metric.name])
        assert value == pytest.approx(metric.value(truth, read_back), abs=1e-12)
    imported = {line for line in inspect.getsource(module).splitlines() if "import" in line}
    assert not any("customs_" in line for line in imported)


@pytest.mark.parametrize("name", [name for name in task_names() if name in EDITIONS])
def test_the_right_answer_is_best_and_the_bootstrap_agrees(name):
    task, rng, n = find_task(name), np.random.default_rng(0), 60
    truth = truth_of(task, rng, n)
    best = {
        "fraud": lambda: truth["Fraud"].to_numpy(np.float64),
        "hs6": lambda: truth[["True HS6 Code"]].to_numpy(dtype=object).astype(np.str_),
        "networks": lambda: pd.factorize(truth["Network"])[0],
        "scheme": lambda: (truth["Violation Code"].to_numpy()[:, None] == np.arange(1, 8)) * 1.0,
    }[name]()
    for metric in metrics_of(task).ranked:
        assert metric.value(truth, best) == pytest.approx(1.0)
        once = np.ones((1, n), dtype=np.int32)
        other = answer_of(task, rng, n)
        value = metric.value(truth, other)
        assert metric.sampler(truth, other)(once)[0] == pytest.approx(value)
        assert value < 1
        assert metric.chance_value(truth) <= 1
