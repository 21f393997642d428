from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from customs_data.errors import KitError
from customs_data.hs_chapters import name_chapter
from customs_scorer.mistakes.analysis import analyse_errors
from customs_scorer.mistakes.of_files import name_files
from customs_scorer.mistakes.page import draw_calibration, draw_groups, error_page, errors_as_dict


@pytest.fixture(scope="module")
def analysis(sample):
    rows = sample["private"]
    fraud = rows["Fraud"].to_numpy()
    scores = {
        "<good>": fraud * 0.5 + np.linspace(0, 0.4, len(rows)),
        "raw": -np.log(rows["Item Price"].to_numpy() + 1),
    }
    scheme = np.where(fraud == 1, "undervaluation", "honest")
    return analyse_errors(rows.drop(columns=["Fraud"]), fraud, scores, 0.05, scheme=scheme)


def test_the_page_tells_all_and_escapes_what_teams_chose(analysis):
    page = error_page(analysis, title="<t>", rate=0.05, source="Of <whom>?")
    for by in ("chapter", "origin", "office", "month", "scheme"):
        assert f"<h2>By {by}</h2>" in page
    for text in ("<t>", "<whom>", "<good>"):
        assert text not in page
    assert "&lt;good&gt;" in page
    assert "What every submission misses" in page
    assert "<script" not in page
    assert "src=" not in page


def test_chapters_have_names_for_people_and_digits_in_json(analysis, sample):
    page = error_page(analysis, title="t", rate=0.05, source="s")
    largest = sample["private"]["HS6 Code"].str[:2].value_counts().index[0]
    assert f'<th scope="row">{name_chapter(largest)}</th>' in page
    chapters = {row["group"] for row in errors_as_dict(analysis)["by_group"]["chapter"]}
    assert largest in chapters
    assert all(len(chapter) == 2 for chapter in chapters)
    labels = [text.get_text() for text in draw_groups(analysis.by_group["chapter"], "chapter")
              .axes[0].get_yticklabels()]  # fmt: skip
    assert name_chapter(largest) in labels


@pytest.mark.parametrize("by", ["chapter", "calibration"])
def test_the_legend_is_outside_the_panel(analysis, by):
    figure = (
        draw_calibration(analysis)
        if by == "calibration"
        else draw_groups(analysis.by_group[by], by)
    )
    figure.draw_without_rendering()
    (legend,) = figure.legends
    panel = figure.axes[0].get_window_extent()
    assert legend.get_window_extent().y0 >= panel.y1
    assert figure.axes[0].get_legend() is None


def test_files_have_the_shortest_names_that_differ():
    files = [Path("a/x/s.csv"), Path("b/x/s.csv"), Path("b/t.csv")]
    assert list(name_files(files)) == ["a/x/s.csv", "b/x/s.csv", "t.csv"]
    assert list(name_files([Path("/home/me/s.csv")])) == ["s.csv"]


def test_scores_that_are_no_probabilities_are_not_calibrated(analysis):
    assert set(analysis.calibration) == {"<good>"}


def test_json_holds_every_group_and_nothing_json_cannot(analysis):
    told = json.loads(json.dumps(errors_as_dict(analysis), allow_nan=False))
    months = {row["group"] for row in told["by_group"]["month"]}
    assert months == {"2021-04", "2021-05", "2021-06"}
    # Precision of a group where nothing is inspected is unknown, not 0.
    silent = [row for row in told["by_group"]["chapter"] if row["n_inspected"] == 0]
    assert all(row["precision"] is None for row in silent)
    opened = sum(r["n_found"] for r in told["by_group"]["scheme"] if r["submission"] == "<good>")
    all_fraud = told["missed_by_all"]["n_fraud"]
    missed = told["missed_by_all"]["n_missed"]
    assert 0 < opened <= all_fraud - missed


def test_without_a_submission_there_is_nothing_to_analyse(sample):
    with pytest.raises(KitError, match="at least one"):
        analyse_errors(sample["private"], sample["private"]["Fraud"], {}, 0.05)
