from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pandas as pd
import pytest

from customs_scorer.kaggle_metrics import fraud as kaggle_metric
from customs_scorer.kaggle_metrics.fraud import ParticipantVisibleError, score

KEY = "Declaration ID"


@pytest.fixture
def solution():
    return pd.DataFrame({KEY: ["1", "2", "3", "4"], "Fraud": [1, 0, 0, 1]})


@pytest.fixture
def submission():
    return pd.DataFrame({KEY: ["4", "3", "2", "1"], "Fraud Score": [0.9, 0.1, 0.2, 0.8]})


def test_rows_are_matched_by_id(solution, submission):
    assert score(solution, submission, KEY, 0.5) == 1.0
    as_numbers = submission.astype({KEY: int})
    assert score(solution.astype({KEY: int}), as_numbers, KEY, 0.5) == 1.0


def test_rows_of_the_other_period_are_left_out(solution, submission):
    assert score(solution.head(2), submission, KEY, 0.5) == 1.0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s.drop(columns="Fraud Score"),
        lambda s: s.drop(columns=KEY),
        lambda s: s.head(3),
        lambda s: pd.concat([s, s.head(1)]),
        lambda s: s.assign(**{"Fraud Score": ["a", "b", "c", "d"]}),
        lambda s: s.assign(**{"Fraud Score": [0.1, None, 0.2, 0.3]}),
        lambda s: s.assign(**{"Fraud Score": [0.1, float("inf"), 0.2, 0.3]}),
        lambda s: s.assign(**{KEY: ["1", "2", "3", None]}),
    ],
)
def test_participants_see_their_own_mistakes(solution, submission, spoil):
    with pytest.raises(ParticipantVisibleError):
        score(solution, spoil(submission), KEY)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s.drop(columns="Fraud"),
        lambda s: s.head(0),
        lambda s: s.assign(Fraud=[0, 1, 2, 1]),
        lambda s: pd.concat([s, s]),
    ],
)
def test_organizers_mistakes_are_not_shown_to_participants(solution, submission, spoil):
    with pytest.raises(ValueError):
        score(spoil(solution), submission, KEY)


def test_the_file_is_complete_in_itself():
    tree = ast.parse(Path(kaggle_metric.__file__).read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported == {"numpy", "pandas", "fractions", "math"}


def test_kaggle_wants_every_argument_annotated():
    signature = inspect.signature(score)
    assert list(signature.parameters)[:3] == ["solution", "submission", "row_id_column_name"]
    assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values())
    assert signature.return_annotation is float
