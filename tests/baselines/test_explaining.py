from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from customs_baselines.answering import fit_and_score
from customs_baselines.attribution.account import read_account, write_account
from customs_baselines.attribution.shapley import LOG_ODDS, ShapValues, shap_values
from customs_baselines.catalogue import list_baselines
from customs_baselines.contract import make_model
from customs_baselines.date.explanation import AttendedCrossFeature, DateExplanation
from customs_baselines.explaining.explain import explain_run
from customs_baselines.explaining.explanation import Explanation
from customs_baselines.explaining.figures import draw_declaration, draw_importance, draw_summary
from customs_baselines.explaining.model_accounts import write_model_account
from customs_baselines.explaining.report import explanation_page
from customs_baselines.features import make_features
from customs_baselines.graphfc.explanation import Neighbour, Neighbourhood
from customs_baselines.running.plan import Run
from customs_data.errors import KitError
from customs_data.schema import DECLARED_COLUMNS

CLASSIC = [baseline.name for baseline in list_baselines() if baseline.recipe]
OWN = """
import numpy as np
class Model:
    def fit(self, X, y): pass
    def predict_proba(self, X):
        # Importers do not matter; heavy goods from CN do, each on its own.
        p = 0.1 + 0.4 * (X["Net Mass"] > 50) + 0.3 * (X["Country of Origin"] == "CN")
        return np.column_stack([1 - p, p])
"""


OWN_ACCOUNT = """
class Account:
    declaration_id, fraud_score = "1", 0.8
    def as_dict(self): return {"heavy": True}
    def table(self): return ("column", "heavy"), [("Net Mass", "yes")]
    def sentence(self): return "Heavy goods from CN."
    def draw(self, title):
        from matplotlib.figure import Figure
        return Figure()
class Explained(Model):
    def explain_declaration(self, X, declaration_id): return Account()
"""


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


@pytest.mark.training
@pytest.mark.parametrize("name", CLASSIC)
@pytest.mark.parametrize("recipe", ["paper", "kit"])
def test_shap_values_add_up_to_the_score(name, recipe, sample_edition, monkeypatch):
    # They add up whatever the number of declarations that replace a feature.
    monkeypatch.setattr("customs_baselines.attribution.shapley._N_BACKGROUND", 10)
    entry = next(baseline for baseline in list_baselines() if baseline.name == name)
    offered = {"recipe": recipe, "random_state": 0, "n_jobs": 1}
    model = make_model(entry.load_class(), offered)
    X = sample_edition.test.head(4)
    scores = fit_and_score(model, replace(sample_edition.split, test=X))
    shap = shap_values(model, sample_edition.train, X)
    total = shap.base + shap.values.sum(axis=1)
    assert (sigmoid(total) if shap.unit == LOG_ODDS else total) == pytest.approx(scores, abs=2e-4)
    assert shap.values.shape == (4, len(shap.names)) == (4, len(shap.sources))


@pytest.mark.parametrize("recipe", ["paper", "kit"])
def test_every_feature_knows_its_declared_columns(recipe, sample_edition):
    features = make_features(recipe)
    made = features.fit_transform(sample_edition.train, sample_edition.y)
    sources = features.get_feature_sources()
    assert len(sources) == made.shape[1] == len(features.get_feature_names_out())
    assert {name for source in sources for name in source} <= set(DECLARED_COLUMNS)
    # Changing a declared column changes no feature that does not name it.
    changed = sample_edition.test.assign(**{"Net Mass": sample_edition.test["Net Mass"] * 3 + 1})
    before, after = features.transform(sample_edition.test), features.transform(changed)
    moved = {source for i, source in enumerate(sources) if (before[:, i] != after[:, i]).any()}
    assert moved
    assert all("Net Mass" in source for source in moved)


def explanation() -> Explanation:
    import pandas as pd

    from made_up import make_sample

    declarations = make_sample(200)["train"][list(DECLARED_COLUMNS)].head(2)
    values = np.array([[1.0, 0.5, -2.0, 0.25], [0.0, 1.5, 1.0, 0.25]])
    sources = [("Net Mass",), ("Net Mass",), ("Item Price", "Net Mass"), ("Date",)]
    shap = ShapValues(values, values * 10, list("abcd"), sources, -1.0, LOG_ODDS, "by hand")
    splits = np.array([3, 1, 4, 2])
    return Explanation("m", shap, splits, pd.DataFrame(declarations), np.array([0.3, 0.7]))


def test_features_of_one_declared_column_count_under_it():
    # Net Mass: |1 + .5| and |0 + 1.5| -> 1.5; price x mass: (2 + 1) / 2 = 1.5; Date: .25.
    importance = explanation().importance()
    assert [one.columns for one in importance][-1] == ("Date",)
    assert [one.mean_abs_shap for one in importance] == pytest.approx([1.5, 1.5, 0.25])
    assert [one.share for one in importance] == pytest.approx([1.5 / 3.25, 1.5 / 3.25, 0.25 / 3.25])
    assert [one.split_share for one in importance] == pytest.approx([0.4, 0.4, 0.2])


def test_contributions_are_in_words_strongest_first():
    first, second, third = explanation().contributions()
    assert first.columns == ("Item Price", "Net Mass")
    assert "KRW" in first.in_words
    assert first.in_words.endswith(" kg")
    assert second.value == pytest.approx(1.5)
    assert [name for name, _, _ in second.features] == ["a", "b"]
    assert third.columns == ("Date",)
    assert explanation().effect(-2.0) == "odds / 7.4"


def test_dots_have_the_colour_of_their_number_and_codes_are_grey():
    explained = explanation()
    # Net Mass is a declared number; of two declarations the larger has percentile 3/4.
    masses = explained.declarations["Net Mass"].to_numpy()
    name, percentile = explained.percentiles(("Net Mass",))
    assert name is None
    assert percentile.tolist() == ([0.25, 0.75] if masses[0] < masses[1] else [0.75, 0.25])
    # A group of several columns has the colour of its strongest feature: c = -20, then 10.
    name, percentile = explained.percentiles(("Item Price", "Net Mass"))
    assert name == "c"
    assert percentile.tolist() == [0.25, 0.75]
    code = replace(
        explained,
        shap=replace(
            explained.shap, names=["Office ID"] * 4, sources=[("Office ID",)] * 4
        ),
    )  # fmt: skip
    assert np.isnan(code.percentiles(("Office ID",))[1]).all()
    figure = draw_summary(explained)
    axes, bar = figure.axes
    assert [tick.get_text() for tick in bar.get_yticklabels()] == ["low", "high"]
    assert "percentile" in bar.get_ylabel()
    labels = [tick.get_text() for tick in axes.get_yticklabels()]
    assert "Item Price x Net Mass\n(colour: c)" in labels


def test_the_page_is_self_contained_and_names_are_escaped():
    explained = explanation()
    page = explanation_page(explained, "<edition>")
    assert "&lt;edition&gt;" in page
    assert "<edition>" not in page
    assert page.count("<svg") == 3
    links = [part.split('"')[0] for part in page.split('href="')[1:]]
    assert all(link.startswith("#") for link in links)  # within its own pictures only
    assert "<script" not in page
    assert "src=" not in page
    json.dumps(explained.as_dict(), allow_nan=False)
    for draw in (draw_importance, draw_declaration, draw_summary):
        assert draw(explained).axes


def test_an_own_model_is_explained_by_its_declared_columns(small_edition, tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN)
    ident = small_edition.test["Declaration ID"].iloc[5]
    explained = explain_run(
        Run(f"{path}:Model", None, None, "random", 0),
        small_edition,
        tmp_path / "log.txt",
        declaration=ident,
        n_declarations=2,
    )
    assert explained.declarations.iloc[0]["Declaration ID"] == ident
    by_column = dict(zip(explained.groups, explained.by_group().T, strict=True))
    silent = [abs(values).max() for name, values in by_column.items()
              if name not in (("Net Mass",), ("Country of Origin",))]  # fmt: skip
    assert max(silent) == pytest.approx(0.0, abs=1e-12)
    assert explained.shap.base + explained.by_group().sum(axis=1) == pytest.approx(explained.scores)


def test_what_cannot_be_explained_is_a_clear_error(small_edition, tmp_path):
    def run(model, **options):
        log = tmp_path / "log.txt"
        return explain_run(Run(model, None, None, "random", 0), small_edition, log, **options)

    with pytest.raises(KitError, match="no Declaration ID 'nothing'"):
        run("lookup", declaration="nothing")
    with pytest.raises(KitError, match="reads declarations together"):
        run("xgboost_graph", n_declarations=2)


NEIGHBOURHOOD = Neighbourhood(
    declaration_id="1", date="2021-01-02", importer="<I>", declarant="D", seller=None,
    goods={"HS6": "640399", "route": "from CN, origin VN", "office": "20"},
    fraud_score=0.9, log_odds=2.2,
    neighbours=(
        Neighbour("2", "2021-01-01", ("importer", "declarant"), ("HS6",), 1, 0.693),
        Neighbour("3", "2020-05-01", ("declarant",), ("HS6", "route"), None, -0.1),
        Neighbour("4", "2020-05-01", ("declarant",), (), 0, 0.04),
    ),
    n_neighbours={"importer": 1, "seller": 0, "declarant": 2},
    n_fraud={"importer": 1, "seller": 0, "declarant": 1},
    n_honest={"importer": 0, "seller": 0, "declarant": 0},
)  # fmt: skip
ALONE = replace(
    NEIGHBOURHOOD, neighbours=(), n_neighbours=dict.fromkeys(NEIGHBOURHOOD.n_neighbours, 0)
)
CROSS_FEATURES = DateExplanation(
    declaration_id="1", fraud_score=0.4, booster_log_odds=-0.5, correction=0.1,
    importer_known=False, hs6_known=True,
    n_leaves=4, largest_attention=0.4, base_rate=0.2,
    cross_features=(
        AttendedCrossFeature("HS chapter <= 64 and Tax Rate >= 8 %", 0.3, 10, 4, 0.4),
        AttendedCrossFeature("every declaration", 0.1, 0, 0, None),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("account", "words", "cells"),
    [
        (NEIGHBOURHOOD,
         "1 shares its importer (1 known fraud, 0 known honest); 2 share its declarant",
         ["odds x 2.0", "not known"]),
        (CROSS_FEATURES, "corrects it to 0.400", ["30.00%", "40.0%"]),
    ],
)  # fmt: skip
def test_a_models_own_account_is_a_page(account, words, cells, tmp_path):
    write_account(tmp_path, account, "m")
    written = read_account(tmp_path)
    assert words in written.sentence
    write_model_account(written, tmp_path, "e")
    page = (tmp_path / "explanation.html").read_text()
    assert all(cell in page for cell in cells)
    assert "<I>" not in page
    assert page.count('src="data:image/png') == page.count("src=") == 1
    assert "<script" not in page
    assert (tmp_path / "declaration.png").read_bytes().startswith(b"\x89PNG")
    described = json.loads((tmp_path / "explanation.json").read_text())
    assert described["declaration"] == json.loads(json.dumps(account.as_dict()))
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    write_model_account(written, hidden, "e", with_declaration=False)
    assert [path.name for path in hidden.iterdir()] == ["explanation.json"]


def crowd(n, relations, also_shares):
    neighbours = tuple(
        Neighbour(str(10_000_000 + i), "2020-05-01", relations, also_shares, i % 2, 0.1 * i)
        for i in range(n)
    )
    return replace(NEIGHBOURHOOD, seller="S", neighbours=neighbours)


MANY = crowd(10, ("importer", "seller", "declarant"), ("HS6", "route", "office"))


def lines_of(figure):
    return [line.get_xydata() for line in figure.axes[0].lines]


def test_a_neighbour_is_joined_with_all_it_shares():
    # Boxes: importer, declarant, HS6, route; lines of the neighbours: 3 + 3 + 1.
    assert len(lines_of(NEIGHBOURHOOD.draw("t"))) == 4 + 7
    assert len(lines_of(MANY.draw("t"))) == 6 + 10 * 6
    assert len(lines_of(ALONE.draw("t"))) == 2
    assert "No declaration" in ALONE.sentence()


@pytest.mark.parametrize("neighbourhood", [NEIGHBOURHOOD, MANY, crowd(1, ("seller",), ()), ALONE])
def test_no_node_is_on_a_line_that_is_not_its_own(neighbourhood):
    figure = neighbourhood.draw("t")
    axes = figure.axes[0]
    lines = lines_of(figure)
    nodes = np.vstack([d.get_offsets() for d in axes.collections if len(d.get_offsets())])
    assert len(nodes) == len(neighbourhood.neighbours) + 1
    for x, y in nodes:
        for (x0, y0), (x1, y1) in lines:
            if x0 < x < x1:
                assert abs(y0 + (y1 - y0) * (x - x0) / (x1 - x0) - y) > 0.1
    left, right = sorted({round(box.get_x(), 6) for box in axes.patches} | {
        round(box.get_x() + box.get_width(), 6) for box in axes.patches
    })  # fmt: skip
    assert all(x1 <= left + 1e-9 or x0 >= right - 1e-9 for (x0, _), (x1, _) in lines)


@pytest.mark.parametrize("neighbourhood", [NEIGHBOURHOOD, MANY, ALONE])
def test_texts_of_the_picture_do_not_overlap_and_every_mark_has_a_legend(neighbourhood):
    figure = neighbourhood.draw("A title")
    figure.draw_without_rendering()
    axes = figure.axes[0]
    texts = [*axes.texts, *axes.get_legend().get_texts(), figure._suptitle]
    boxes = [text.get_window_extent() for text in texts]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "the declaration", "what it shares",
        "neighbour, fraud", "neighbour, honest", "neighbour, label not known",
    ]  # fmt: skip


def test_effects_that_round_to_one_are_left_out():
    figure = NEIGHBOURHOOD.draw("t")
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "2, 2021-01-01: odds x 2.0" in texts
    assert "4, 2020-05-01" in texts
    assert "1.0" not in " ".join(cell for row in NEIGHBOURHOOD.table()[1] for cell in row)


def test_nearly_uniform_attention_is_named_instead_of_drawn():
    # Four leaves: an equal share is 0.25, and 1.5 times as much is 0.375.
    assert not CROSS_FEATURES.is_nearly_uniform
    flat = replace(
        CROSS_FEATURES,
        largest_attention=0.37,
        cross_features=(
            AttendedCrossFeature("a", 0.37, 100, 21, 0.21),
            AttendedCrossFeature("b", 0.25, 100, 60, 0.6),
        ),
    )
    assert flat.as_dict()["attention_is_nearly_uniform"]
    assert "Attention is nearly uniform: it explains little here." in flat.sentence()
    # 60 frauds of 100 at a base rate of .2 are 10 standard deviations, 21 are a quarter.
    assert [row[0] for row in flat.table()[1]] == ["b", "a"]
    figure = flat.draw("title")
    assert "nearly uniform" in figure.get_suptitle()
    assert "fraud rate" in figure.axes[0].get_xlabel()
    assert not figure.axes[0].patches  # no bars


def test_a_correction_of_nothing_is_said_to_be_none():
    alone = 1 / (1 + np.exp(-CROSS_FEATURES.booster_log_odds))
    unchanged = replace(CROSS_FEATURES, fraud_score=alone + 1e-6, correction=0.0)
    assert f"{alone:.3f}; the network leaves it unchanged. It attends" in unchanged.sentence()


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_ticks_of_the_attention_axis_differ(scale):
    cross = AttendedCrossFeature("a", 0.023 * scale, 10, 4, 0.4)
    figure = replace(
        CROSS_FEATURES, n_leaves=int(48 / scale), largest_attention=0.04, cross_features=(cross,)
    ).draw("title")
    figure.draw_without_rendering()
    ticks = [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
    assert len(set(ticks)) == len(ticks) > 2


@pytest.mark.parametrize("name", ["graphfc", "date"])
def test_networks_give_their_own_account(name, small_edition, tmp_path):
    ident = small_edition.test["Declaration ID"].iloc[7]
    run = Run(name, None, None, "random", 0)
    account = explain_run(run, small_edition, tmp_path / "log.txt", declaration=ident, n_jobs=1)
    assert account.declaration["declaration_id"] == ident
    assert account.rows
    assert all(len(row) == len(account.header) for row in account.rows)


def test_a_teams_model_may_give_its_own_account(small_edition, tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN + OWN_ACCOUNT)
    run = Run(f"{path}:Explained", None, None, "random", 0)
    account = explain_run(run, small_edition, tmp_path / "log.txt")
    assert account.title.endswith("fraud score 0.800")  # .1 + .4 + .3: heavy goods from CN
    assert account.sentence == "Heavy goods from CN."
    assert account.rows == [["Net Mass", "yes"]]
