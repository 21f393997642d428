"""Tables of results fit every terminal: columns are left out one by one, the interval last."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from customs_baselines.running.job import JobResult
from customs_baselines.running.plan import Run
from customs_baselines.running.records import RunRecord
from customs_data.tasks import find_task
from customs_kit.terminal.fitting import Column, fit_table
from customs_kit.terminal.run_tables import runs_table, standings_table
from customs_scorer.metrics import metrics_of
from customs_scorer.ranking import Standing
from customs_scorer.scorecard import Scorecard
from customs_scorer.yardsticks import Reference

RANKED = ("precision_at_5", "precision_at_10")
SCORE = {
    "precision_at_5": 0.6644, "precision_at_10": 0.5, "interval_at_5": (0.62, 0.714),
    "interval_at_10": (0.4, 0.6), "chance_precision_at_5": 0.21, "chance_precision_at_10": 0.21,
    "unseen_precision_at_5": 0.61,
}  # fmt: skip
REFERENCE = Reference(
    0.091,
    np.repeat([True, False], [909, 91]),
    *(dict.fromkeys(("public", "private"), dict.fromkeys(RANKED, value)) for value in (0.27, 0.9)),
    None,
)
UNSCORED = Reference(0.091, np.repeat([True, False], [909, 91]), None, None, None)


def record(model, *, scored=True, validation=None, error="", rate=None, seed=0, transductive=False):
    return RunRecord(
        task=find_task("fraud"),
        run=Run(model, "kit", rate, "random", seed),
        result=JobResult(error, seconds=12.3, cpu_seconds=4.5, peak_memory_mib=1234,
                         transductive=transductive),
        scores=dict.fromkeys(("public", "private"), SCORE if scored and not error else None),
        validation=validation,
        submission=None,
        repeat={"label_rate": rate or 1.0},
        lookup=None,
        ceiling=None,
    )  # fmt: skip


def printed(width, parts):
    file = StringIO()
    console = Console(file=file, width=width)
    for part in parts:
        console.print(part)
    return file.getvalue()


def table(width, *records, reference=REFERENCE):
    parts = runs_table(records, "an edition", metrics_of("fraud"), reference, width)
    return printed(width, parts)


MODELS = [record("random"), record("logistic_regression")]
#: What is shown in the header or cells while there is room, the least important first.
PARTS = ["MiB", "CPU s", "unseen", "seconds", "recipe"]


def test_a_wide_table_says_precision_base_rate_and_interval():
    text = table(140, *MODELS)
    assert all(part in text for part in PARTS)
    assert text.count("precision@5 %") == 3  # Public, Private, and the legend of unseen
    assert "│ 0.664 (0.620 .. 0.714) │ 0.500 │ 0.664 (0.620 .. 0.714) │ 0.500 │" in text
    assert "│ base rate           │        │ 0.210  " in text
    assert "copied labels" in text
    assert "ceiling" in text


@pytest.mark.parametrize("validated", [False, True])
def test_columns_are_left_out_one_by_one_and_the_interval_last(validated):
    models = [record("random", validation=SCORE if validated else None), *MODELS[1:]]
    before = None
    for width in range(200, 47, -1):
        text = table(width, *models)
        lines = text.splitlines()
        assert max(map(len, lines)) <= width
        assert "0.664 (0.620 .. 0.714)" in text, width
        assert "base rate" in text
        for i, part in enumerate(PARTS):  # whatever is less important is gone before
            if f" {part} " not in text:
                assert not any(f" {earlier} " in text for earlier in PARTS[:i]), (width, part)
        assert ("unseen:" in text) is ("unseen " in lines[2])
        columns = text.count("┳")
        # One column per step, or an interval inside a column; Public and Validation go as a whole.
        assert before is None or before - columns in (0, 1), width
        before = columns
    assert "Private" in text
    assert "Public" not in text
    assert "(0.620" not in table(40, *models)
    assert "0.664" in table(40, *models)


def test_a_table_of_validations_has_their_interval_and_no_other_legend():
    models = [record(name, scored=False, validation=SCORE) for name in ("random", "xgboost")]
    for width in (60, 80, 140):
        text = table(width, *models, reference=UNSCORED)
        assert "0.664 (0.620 .. 0.714)" in text
        assert "Validation" in text
        assert "Private" not in text
        assert "unseen" not in text
        assert "ceiling" not in text


def test_the_prior_is_beside_the_ceiling_and_old_editions_say_that_they_have_no_other():
    scores = dict.fromkeys(("public", "private"), dict.fromkeys(RANKED, 0.87))
    text = " ".join(table(140, *MODELS, reference=replace(REFERENCE, prior=scores)).split())
    assert "ceiling │ │ 0.900" in text
    assert "prior │ │ 0.870" in text
    assert "ceiling: the true probabilities given the declaration." in text
    assert "prior: the true probabilities before it is written." in text
    text = " ".join(table(140, *MODELS).split())
    assert "prior:" not in text
    assert "before the declaration is written, all that this edition has." in text


def test_rows_are_told_apart_at_every_width():
    models = [record("random", rate=rate, seed=seed) for rate in (1.0, 0.1) for seed in (0, 1)]
    for width in (60, 80, 140):
        header = table(width, *models).splitlines()[3]
        assert "labels" in header
        assert "seed" in header
    assert "seed" not in table(140, *models[::2])
    two = [record("xgboost"), record("xgboost")]
    object.__setattr__(two[1].run, "recipe", "paper")
    assert "recipe" in table(60, *two)
    text = table(140, record("graphfc_transductive", transductive=True))
    assert "graphfc_transductive" in text
    assert "(transductive)" in text


def test_classes_of_one_name_have_their_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    models = []
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text("")
        models.append(record(f"{tmp_path / name}:{'Model' if name < 'c' else 'Other'}"))
    text = table(140, *models)
    assert "│ a.py:Model " in text
    assert "│ b.py:Model " in text
    assert "│ Other " in text
    (tmp_path / "old").mkdir()
    (tmp_path / "old/a.py").write_text("")
    text = table(140, *models, record(f"{tmp_path}/old/a.py:Model"))
    assert "│ a.py:Model " in text
    assert "│ old/a.py:Model " in text
    assert "│ b.py:Model " in text


def test_a_failed_model_has_dashes():
    text = table(140, *MODELS, record("xgboost", error="no"))
    row = next(line for line in text.splitlines() if "xgboost" in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == ["xgboost", "kit", *"-----", "failed", *"--"]


def test_standings_fit_and_have_long_file_names():
    card = Scorecard(SCORE, SCORE, metrics_of("fraud"))
    standings = [Standing(f"runs/{'long' * n}/submission.csv", card, None) for n in (1, 20)]
    for width in (80, 100, 140):
        text = printed(width, standings_table(standings, REFERENCE, width))
        assert max(map(len, text.splitlines())) <= width
        assert "0.664 (0.620 .. 0.714)" in text
        assert ("unseen:" in text) is ("unseen " in text.splitlines()[2])


def test_words_are_not_broken_and_numbers_not_wrapped():
    cells = ["the declarant's own model", "another"]

    def columns(without):
        chosen = [Column("name", cells, wraps=True), Column("a number", ["1 2 3", "4"])]
        return [it for it in chosen if it.header not in without]

    (narrow,) = fit_table("t", columns, ["a number"], 26)  # 1 + (11 + 3) + (8 + 3)
    text = printed(26, [narrow])
    assert "1 2 3" in text
    for word in cells[0].split():
        assert f" {word} " in text
    (narrower,) = fit_table("t", columns, ["a number"], 25)
    assert "1 2 3" not in printed(25, [narrower])


def test_several_columns_that_may_be_wrapped_share_the_room():
    texts = {
        "team": "a team with a rather long name",
        "n submissions": "1",
        "at": "2030-01-01T00:00",
    }

    def columns(without):
        return [Column(name, [text], wraps=True) for name, text in texts.items()]

    for width in range(50, 70):
        lines = printed(width, fit_table("t", columns, [], width)).splitlines()
        assert len(lines[1]) <= width
        assert lines[1].endswith("┓")
        assert any("2030-01-01T00:00" in line for line in lines)
