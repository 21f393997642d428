"""Figures of the world: each is drawn, readable in light and dark, and shows what it says."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from customs_data.errors import KitError
from customs_data.reports.pictures import save_figure
from studies.world_figures import style
from studies.world_figures.degrees import _at_least
from studies.world_figures.drift import yearly_risk
from studies.world_figures.figures import FIGURES, save_figures
from studies.world_figures.late_scheme import monthly_shares
from studies.world_figures.prices import density
from studies.world_figures.scene import Scene, make_scene
from studies.world_figures.structure import (
    TOGETHER,
    TRAITS,
    learned_separation,
    measure_clusters,
    separation,
)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene((5, 6), n_declarations=6000)


@pytest.fixture(scope="module")
def folder(scene, tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    save_figures(scene, folder)
    return folder


@pytest.mark.parametrize("name", FIGURES)
def test_each_picture_is_drawn_from_a_small_world(folder, name):
    svg = (folder / f"{name}.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    drawn = svg.split("</style>", 1)[1]
    # Something is drawn in ink on the paper, and no colour is left without its dark mode.
    colors = set(re.findall("#[0-9a-f]{6}", re.sub(r"<defs>.*?</defs>", "", drawn, flags=re.S)))
    assert {style.PAPER, style.INK} < colors <= set(style.DARK)
    assert len(svg) < 400_000


def test_the_same_scene_gives_the_same_bytes(scene, folder, tmp_path):
    paths = save_figures(scene, tmp_path)
    assert sorted(path.stem for path in paths) == sorted(FIGURES)
    for path in paths:
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def _luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channel = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("dark", [False, True])
def test_text_has_enough_contrast_in_light_and_dark(dark):
    colors = style.DARK if dark else {color: color for color in style.DARK}
    paper = _luminance(colors[style.PAPER])
    for color in (style.INK, style.SOFT, style.FRAUD, style.HONEST, style.OTHER):
        low, high = sorted((paper, _luminance(colors[color])))
        assert (high + 0.05) / (low + 0.05) >= 4.5, color  # WCAG 2.2, AA


def test_dark_rules_are_added_to_svg_only_and_errors_are_the_reader_s(scene, tmp_path):
    with style.drawing():
        figure = FIGURES["volumes"](scene)
        save_figure(figure, tmp_path / "a.png", dark=style.DARK)
        save_figure(figure, tmp_path / "plain.svg")
        with pytest.raises(KitError, match="cannot be written"):
            style.save(figure, tmp_path / "a.png" / "a.svg")
    assert "prefers-color-scheme" not in (tmp_path / "plain.svg").read_text()
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


def test_price_deviation_is_ln_of_unit_price_over_the_norm(scene):
    row = scene.world.iloc[7]
    values = scene.profile.values
    norm = values.price_mean[values.hs6.index(row["HS6 Code"])]
    expected = np.log(row["Item Price"] / row["Net Mass"]) - norm
    assert row["Price Deviation"] == pytest.approx(expected)
    assert scene.period_days == (366, 456, 547)  # 2020 is a leap year; 31 + 28 + 31; 30 + 31 + 30


def test_density_integrates_to_the_share_within_the_grid():
    # Half of the values lie far outside; the grid's step is .05.
    values = np.concatenate([np.random.default_rng(0).normal(0, 0.5, 500), np.full(500, 99.0)])
    assert density(values).sum() * 0.05 == pytest.approx(0.5, abs=0.01)


def _clusters(pace: dict[str, int]) -> pd.DataFrame:
    """Clusters of 12 declarations each, `pace` of them by each importer, ten days apart."""
    rows = [
        {
            "Cluster": cluster,
            "Importer ID": f"{cluster}-{i // n}",
            "Declarant ID": f"{cluster}-{i % 2}",
            "Seller ID": f"{cluster}-{i % 3}",
            "Office ID": "1" if i % 4 else "2",
            "HS6 Code": f"{i % n:06d}",
            "Net Mass": 10.0,
            "Price Deviation": 0.25,
            "Day": 10 * i,
        }
        for cluster, n in pace.items()
        for i in range(12)
    ]
    return pd.DataFrame(rows)


def test_traits_of_clusters_by_hand():
    world = _clusters({"ring-1": 4, "decoy-1": 2, "": 3})
    measured = measure_clusters(world)
    assert list(measured.index) == ["decoy-1", "ring-1"]  # not those outside
    ring = measured.loc["ring-1"]
    assert ring["declarations per importer"] == 4  # 12 / 3
    assert ring["days per importer"] == 30  # four declarations, ten days apart
    assert ring["products per importer"] == 4
    assert ring["number of brokers"] == pytest.approx(2)  # 1 / (2 * (1/2)^2)
    assert ring["number of sellers"] == pytest.approx(3)
    assert ring["days per seller"] == 90  # 0, 30, 60, 90 and the like
    assert ring["share at one office"] == 0.75
    assert ring["spread of masses"] == 0
    assert ring["price level"] == 0.25
    scores = separation(measured)
    assert set(scores) == set(TRAITS)
    assert scores["declarations per importer"] == 1.0  # 4 > 2
    assert scores["price level"] == 0.5


def test_what_is_learned_elsewhere_is_not_what_is_learned_here():
    def world(fast: str, slow: str) -> pd.DataFrame:
        pace = {f"{fast}-{i}": 4 for i in range(6)} | {f"{slow}-{i}": 2 for i in range(6)}
        return measure_clusters(_clusters(pace))

    scores = learned_separation([world("ring", "decoy"), world("decoy", "ring")])
    elsewhere, here = TOGETHER
    assert scores[here].tolist() == [1.0, 1.0]
    assert scores[elsewhere].tolist() == [0.0, 0.0]  # each teaches the other the wrong sign


def test_risk_is_compared_over_the_same_months():
    dates = ["2020-01-10", "2020-07-10", "2021-01-10", "2020-01-20", "2021-01-20"]
    world = pd.DataFrame(
        {
            "Date": pd.to_datetime(dates),
            "HS6 Code": ["010101", "010101", "010101", "020202", "020202"],
            "Fraud Probability": [0.2, 0.9, 0.3, 0.5, 0.1],
        }
    )
    risk = yearly_risk(world)
    assert risk.index.tolist() == ["01", "02"]  # +.1, then -.4; July is not in both years
    assert risk.to_numpy().tolist() == [[0.2, 0.3], [0.5, 0.1]]


def test_shares_of_schemes_are_of_each_month_s_cheats():
    world = pd.DataFrame(
        {
            "Date": pd.to_datetime(["2020-01-01", "2020-01-02", "2020-02-01", "2020-02-02"]),
            "Scheme": ["undervaluation", "false origin", "false origin", ""],
        }
    )
    share = monthly_shares(world)
    assert share["false origin"].tolist() == [0.5, 1.0]
    assert (share.sum(axis=1) == 1).all()


def test_share_of_agents_with_so_many_or_more():
    # One agent with 1 declaration, two with 3, one with 9: 4/4, 3/4, 1/4.
    degree, share = _at_least(np.array([3, 1, 9, 3]), np.ones(4))
    assert degree.tolist() == [1, 3, 9]
    assert share.tolist() == [1.0, 0.75, 0.25]


@pytest.mark.parametrize("dark", [False, True])
def test_colours_differ_on_the_axis_that_red_green_blind_readers_see(dark):
    """Blue against yellow: what is left where red and green are one."""
    balance = []
    for color in (style.FRAUD, style.OTHER, style.HONEST):
        drawn = style.DARK[color] if dark else color
        red, green, blue = (int(drawn[i : i + 2], 16) for i in (1, 3, 5))
        balance.append(blue - (red + green) / 2)
    assert np.diff(balance).min() > 60  # of 255
