from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from customs_baselines.likelihood.forms import HONEST, _Forms, weigh_forms
from customs_baselines.likelihood.public_draft import read_draft
from customs_baselines.likelihood.scheme_mixes import _Mixes, centre, weigh_evidence
from customs_baselines.models.structured_likelihood import StructuredLikelihood
from customs_baselines.priors.label_context import FormReader
from customs_data.profile import load_profile
from customs_data.schema import DECLARED_COLUMNS
from customs_data.world.configuration import load_configuration
from customs_data.world.market import Market, find_sections
from customs_data.world.schemes import SCHEMES, Occasions
from customs_data.world.simulate import simulate

CONFIGURATION = load_configuration("practice")
MARKET = Market.from_profile(load_profile())
NAMES = list(SCHEMES)


@pytest.fixture(scope="module")
def world():
    return simulate(CONFIGURATION, b"a secret of the tests of forms!!", n_declarations=6000)


@pytest.fixture(scope="module")
def declared(world):
    return world.declarations[list(DECLARED_COLUMNS)]


@pytest.fixture(scope="module")
def forms(declared):
    return weigh_forms(declared, CONFIGURATION)


def test_densities_are_relative_to_the_largest(forms, declared):
    assert forms.shape == (len(declared), len(NAMES) + 1)
    assert forms.min() >= 0
    assert forms.max(axis=1) == pytest.approx(np.ones(len(forms)))


@pytest.mark.parametrize("scheme", [name for name in NAMES if name != "origin marking"])
def test_a_scheme_explains_its_own_forms_better_than_others(scheme, forms, world):
    used = world.oracle["Scheme"].to_numpy() == scheme
    explains = np.log(forms[:, NAMES.index(scheme)] + 1e-6) - np.log(forms[:, HONEST] + 1e-6)
    assert used.sum() > 20
    assert roc_auc_score(used, explains) > 0.6


def declare(declared, cell):
    """Return a declaration of a cell with the usual mass and price of its product."""
    row = declared.iloc[:1].copy()
    product = MARKET.hs6[cell]
    row["HS6 Code"] = MARKET.hs6_code[product]
    row["Country of Departure"] = MARKET.country_code[MARKET.departure[cell]]
    row["Country of Origin"] = MARKET.country_code[MARKET.origin[cell]]
    row["Tax Type"] = MARKET.tax_type_code[MARKET.tax_type[cell]]
    row["Tax Rate"] = MARKET.rate[cell]
    row["Net Mass"] = np.exp(MARKET.mass_mean[product])
    row["Item Price"] = np.exp(MARKET.mass_mean[product] + MARKET.price_mean[product])
    return row


def test_a_low_price_is_undervalued_and_a_high_one_overvalued(declared):
    rows = pd.concat([declare(declared, 0)] * 12, ignore_index=True)
    rows.loc[10, "Item Price"] /= 4
    rows.loc[11, "Item Price"] *= 4
    form = weigh_forms(rows, CONFIGURATION)
    low, high = (form[:, NAMES.index(name)] for name in ("undervaluation", "overvaluation"))
    assert low[0] == pytest.approx(high[0], rel=0.3)
    assert low[10] > 3 * form[10, HONEST] > 3 * high[10]
    assert high[11] > 3 * form[11, HONEST] > 3 * low[11]


def test_goods_are_misclassified_where_the_importer_trades_in_dearer_ones(declared):
    occasions = Occasions(MARKET)
    cells = np.arange(MARKET.n_cells)
    dear = int(np.flatnonzero(occasions.cheaper_product(cells, np.full(len(cells), 0.5)) >= 0)[0])
    cheap = int(occasions.cheaper_product(np.array([dear]), np.array([0.5]))[0])
    rows = pd.concat([declare(declared, dear)] * 5 + [declare(declared, cheap)], ignore_index=True)
    rows[["Net Mass", "Item Price"]] = rows[["Net Mass", "Item Price"]].iloc[0].to_numpy()
    others = rows.assign(**{"Importer ID": ["another"] * 5 + ["one"]})
    scheme = NAMES.index("misclassification")
    own, lone = (weigh_forms(it, CONFIGURATION)[5] for it in (rows, others))
    assert own[scheme] / own[HONEST] > 2 * lone[scheme] / lone[HONEST]


def test_a_declaration_is_no_evidence_of_its_own_line(declared):
    rows = declared.drop_duplicates("Importer ID").head(50)
    draft, _ = read_draft(rows, MARKET)
    assert (_Forms(draft, MARKET, CONFIGURATION)._from_lines(np.arange(len(draft))) == 0).all()


def test_goods_that_the_profile_does_not_know_say_nothing(declared):
    rows = declared.head(3).reset_index(drop=True).astype({"HS6 Code": object})
    rows.loc[1, "HS6 Code"] = "999999"
    form = weigh_forms(rows, CONFIGURATION)
    assert (form[1] == 1).all()
    assert (form[0] < 1).any()
    assert (weigh_forms(rows.iloc[[1]], CONFIGURATION) == 1).all()


def test_evidence_tells_cheats_from_honest_forms_and_labels_do_not_hurt(declared, world, forms):
    cheats = (world.oracle["Scheme"] != "").to_numpy()
    nobody = csr_matrix((len(declared), 0))
    y = np.full(len(declared), -1, dtype=np.int8)
    without = weigh_evidence(declared, y, nobody, CONFIGURATION)
    y[:3000] = cheats[:3000]
    learned = weigh_evidence(declared, y, nobody, CONFIGURATION)
    first, second = (roc_auc_score(cheats[3000:], it[3000:]) for it in (without, learned))
    assert first > 0.55
    assert second > first - 0.01


def test_a_group_learns_its_scheme_from_its_labels():
    """Two forms: under- and overvalued. The first group's cheats are undervalued."""
    form = np.full((40, len(NAMES) + 1), 0.01)
    form[::2, NAMES.index("undervaluation")] = 1.0
    form[1::2, NAMES.index("overvaluation")] = 1.0
    y = np.where(np.arange(40) < 20, np.arange(40) % 2 == 0, -1).astype(np.int8)
    group = np.repeat([0, 1], 20)
    levels = [(np.zeros(40, dtype=np.int64), 1000.0), (group, 2.0)]
    ratio = _Mixes(form, y, CONFIGURATION).compare(levels, np.ones(40))
    plain = _Mixes(form, np.full(40, -1, dtype=np.int8), CONFIGURATION).compare(levels, np.ones(40))
    assert ratio[0] > 1.3 * plain[0]
    assert ratio[1] < 0.7 * plain[1]
    assert ratio[20:] == pytest.approx(plain[20:], rel=0.2)


def test_centred_evidence_changes_no_probability_on_average():
    evidence = np.random.default_rng(0).normal(1.5, 1.0, 500)
    centred = centre(evidence, 0.2)
    assert expit(logit(0.2) + centred).mean() == pytest.approx(0.2)
    assert np.diff(centred) == pytest.approx(np.diff(evidence))


def test_sections_follow_the_tariff():
    chapters = np.array(["01", "05", "06", "97", "no"], dtype=object)
    assert find_sections(chapters).tolist() == [0, 0, 1, 20, 20]


def test_the_likelihood_reads_forms():
    assert isinstance(StructuredLikelihood(), FormReader)
