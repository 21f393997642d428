"""The two pages with pictures: whole, self-contained, and free of what must not be known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customs_data.describing.trader_network import sample_network
from customs_data.fidelity.measure import measure_fidelity
from customs_data.fidelity.page.association import cramers_v
from customs_data.fidelity.page.page import fidelity_page
from customs_data.fidelity.sides import Side
from customs_scorer.fidelity_judges import JUDGES
from made_up import make_sample
from page_outline import check_self_contained


@pytest.fixture(scope="module")
def tables():
    source, synthetic = (
        pd.concat(make_sample(400, seed).values(), ignore_index=True) for seed in (1, 2)
    )
    # Names of codes are the source's own text: they must not be taken for HTML.
    source["Tax Type"] = source["Tax Type"].replace("A", "<b>A")
    return Side("<source>", source), Side("synthetic", synthetic)


@pytest.mark.training
def test_the_fidelity_page_shows_the_papers_figures_and_every_judge(tables):
    report = measure_fidelity(*tables, more=JUDGES)
    html = fidelity_page(report)
    page = check_self_contained(html)
    for heading in (
        "Table 2", "Attribute distributions (Figure 3)", "Representative columns (Figure 4)",
        "Pairs of columns (Figure 5)", "Two-sample test", "Combinations of codes",
        "Entity structure", "Label information", "Privacy", "Look-up", "Usefulness",
    ):  # fmt: skip
        assert heading in page.words()
    pair = report.comparison
    titles = {figure["aria-label"].split(":")[0] for figure in page.all("figure")}
    assert {*pair.numerical, *pair.categorical} <= titles
    assert "&lt;source&gt;" in html
    assert "<b>A" not in html
    # Black is the page's ink, which is white on dark ground.
    assert "#000000" not in html


def test_the_page_of_a_tiny_source_says_what_it_cannot(tables):
    few = Side("few", tables[0].frame[["Date", "HS6 Code", "Net Mass"]].head(6))
    page = check_self_contained(fidelity_page(measure_fidelity(few, few, more=JUDGES)))
    assert "Needs at least" in page.words()


def test_cramers_v_by_hand():
    # Table [[30, 20], [20, 30]]: phi2 = (30^2 + 20^2 + 20^2 + 30^2) / 50^2 - 1 = 0.04; less
    # 1 / 99: 0.029899; k = 2 - 1 / 99, less 1: 0.989899; V = sqrt(0.029899 / 0.989899) = 0.17379.
    first = np.repeat([0, 0, 1, 1], [30, 20, 20, 30])
    second = np.repeat([0, 1, 0, 1], [30, 20, 20, 30])
    assert cramers_v(first, second) == pytest.approx(0.17379, abs=1e-5)
    # Names of 200 values say nothing about 200 other random ones.
    rng = np.random.default_rng(0)
    assert cramers_v(rng.integers(0, 200, 2000), rng.integers(0, 200, 2000)) < 0.06


def test_the_network_joins_who_files_together(sample_edition):
    network = sample_network(sample_edition)
    n_declarants = int(network.is_declarant.sum())
    assert n_declarants > 1
    assert len(network.places) == len(network.sizes) == len(network.fraud_rate)
    assert np.isfinite(network.places).all()
    for declarant, importer, width in network.edges:
        assert declarant < n_declarants <= importer
        assert width > 0
    # Every importer that is drawn hangs on something.
    assert {importer for _, importer, _ in network.edges} == set(
        range(n_declarants, len(network.places))
    )
    assert (sample_network(sample_edition).places == network.places).all()
