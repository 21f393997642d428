from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from customs_baselines.attribution.account import ModelAccount
from customs_baselines.explaining.model_accounts import write_model_account
from customs_data.describing.page import exploration_page
from customs_data.describing.summary import summarize_edition
from customs_data.fidelity.measure import measure_fidelity
from customs_data.fidelity.page.page import fidelity_page
from customs_data.fidelity.sides import Side
from customs_data.reports.pages import render_page
from customs_data.reports.pictures import ink_svg_of, new_figure, svg_of
from customs_scorer.audit.evidence import AuditTest
from customs_scorer.audit.report import AuditReport
from customs_scorer.mistakes.analysis import analyse_errors
from customs_scorer.mistakes.page import error_page
from page_outline import check_self_contained

HOSTILE = "--></svg></p>\"'><script>alert(1)</script>{{ 7 * 7 }}"


def with_hostile_offices(declarations):
    offices = declarations["Office ID"].astype(object)
    common = offices.mode().iloc[0]
    return declarations.assign(**{"Office ID": offices.where(offices != common, HOSTILE)})


def description(sample_edition, sample, tmp_path):
    edition = replace(
        sample_edition,
        train=with_hostile_offices(sample_edition.train),
        test=with_hostile_offices(sample_edition.test),
        manifest=replace(sample_edition.manifest),
    )
    object.__setattr__(edition.manifest, "name", HOSTILE)
    return exploration_page(edition, summarize_edition(edition))


def fidelity(sample_edition, sample, tmp_path):
    few = ["Date", "Office ID", "HS6 Code", "Net Mass", "Fraud"]
    table = Side(HOSTILE, with_hostile_offices(sample["private"])[few])
    return fidelity_page(measure_fidelity(table, table))


def audit(sample_edition, sample, tmp_path):
    return AuditReport(HOSTILE, (AuditTest(HOSTILE, 1.0, 0.0, HOSTILE),)).to_html()


def errors(sample_edition, sample, tmp_path):
    rows = with_hostile_offices(sample["private"])
    fraud = rows.pop("Fraud").to_numpy()
    scores = {HOSTILE: np.linspace(0, 1, len(rows))}
    analysis = analyse_errors(rows, fraud, scores, 0.05)
    return error_page(analysis, title=HOSTILE, rate=0.05, source=HOSTILE)


def account(sample_edition, sample, tmp_path):
    texts = [HOSTILE, HOSTILE]
    words = ModelAccount(HOSTILE, HOSTILE, HOSTILE, texts, [texts], {}, b"\x89PNG")
    write_model_account(words, tmp_path, HOSTILE)
    return (tmp_path / "explanation.html").read_text()


@pytest.mark.parametrize("page", [description, fidelity, audit, errors, account])
def test_no_text_of_data_or_files_becomes_html(page, sample_edition, sample, tmp_path):
    html = page(sample_edition, sample, tmp_path)
    assert "<script" not in html
    assert html.count("</p>") == html.count("<p>") + html.count("<p ")
    assert "&lt;script&gt;" in html
    assert "{{ 7 * 7 }}" in html
    if page is not account:  # has its picture in a data: address
        check_self_contained(html)


@pytest.mark.parametrize("draw", [svg_of, ink_svg_of])
def test_texts_of_figures_are_escaped(draw):
    figure, axes = new_figure(width=2, height=2)
    axes.set_title(HOSTILE)
    svg = draw(figure, HOSTILE)
    assert "<script" not in svg
    assert svg.count("</svg>") == 1


def test_numbers_are_on_the_right_and_long_texts_wide(tmp_path):
    rows = [("x", "1,234", "word"), ("y", "-", "0.1 .. 0.2"), ("z", "-3.5 %", "long " * 9)]
    html = render_page(
        "customs_baselines.explaining",
        "account.html",
        title="t",
        edition="e",
        picture="",
        account=ModelAccount("m", "t", "s", ["a", "b", "c"], rows, {}, b""),
    )
    assert '<td class="number">1,234</td><td class="short">word</td>' in html
    assert html.count('class="number"') == 4
    assert f'<td class="words">{"long " * 9}</td>' in html


def test_rows_that_failed_are_marked():
    tests = (AuditTest("a", 0.5, 1.0, ""), AuditTest("b", 2.0, 1.0, ""))
    html = AuditReport("e", tests).to_html()
    assert html.count("<tr>") == 2  # header and a
    assert '<tr class="marked"><th scope="row">b</th>' in html
