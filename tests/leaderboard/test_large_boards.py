"""Boards of 200 teams: the top of the table, and all of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.pages.sorting import N_TOP
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.standings.public import public_standings
from made_up_board import OPENS, MadeUp, add_crowd, make_up_board
from page_outline import check_page


@pytest.fixture(scope="module")
def crowd(edition_path, tmp_path_factory) -> MadeUp:
    """Two hundred teams on the first day; read only."""
    folder = tmp_path_factory.mktemp("crowd")
    story = make_up_board(folder, edition_path, until=OPENS + timedelta(hours=9), pace=0.1)
    add_crowd(story)
    return story


@pytest.fixture(scope="module")
def client(crowd) -> TestClient:
    return TestClient(make_app(crowd.board, ServiceSettings(timer=lambda: 0.0)))


def numbers_of(html: str) -> list[int]:
    """Numbers of the teams in the table, from the top."""
    return [int(number) for number in re.findall(r'<tr data-team="(\d+)"', html)]


def test_the_page_has_the_top_and_a_link_to_all(crowd, client):
    html = client.get("/").text
    standings = public_standings(crowd.board).rows
    top = [row.team_number for row in standings[:N_TOP]]
    assert numbers_of(html) == top
    assert f"All {len(standings)} teams" in check_page(html).words()
    link = re.search(r'href="([^"]*)" data-size="all"', html)[1].replace("&amp;", "&")
    everything = client.get(f"/{link}").text
    check_page(everything)
    assert numbers_of(everything) == [row.team_number for row in standings]
    assert everything.count(" beyond") == len(standings) - N_TOP + everything.count(
        'class="reference beyond"'
    )
    assert len(html) < len(everything) / 2


def test_sorting_keeps_the_size_of_the_table(client):
    html = client.get("/?sort=team&all=1").text
    assert 'href="?sort=submissions&amp;all=1#standings"' in html
    assert 'href="?sort=team#standings" data-size="top"' in html
    by_name = client.get("/?sort=team").text
    assert numbers_of(by_name) == numbers_of(html)[:N_TOP]


def test_equal_scores_share_a_rank_on_page_and_in_the_api(crowd, client):
    rows = client.get("/api/v1/standings").json()["rows"]
    ranks = [row["rank"] for row in rows]
    assert len(set(ranks)) < len(ranks)
    for row in rows:
        better = sum(other["score"] > row["score"] for other in rows)
        assert row["rank"] == better + 1
    html = client.get("/?all=1").text
    in_table = re.findall(r'<td class="rank">(\d+)(<span class="visually-hidden"> shared)?', html)
    assert [int(rank) for rank, _ in in_table] == ranks
    assert [bool(mark) for _, mark in in_table] == [ranks.count(rank) > 1 for rank in ranks]
    assert "share a rank" in check_page(html).words()


def test_the_first_day_has_hours_and_nothing_beyond_now(client):
    html = client.get("/").text
    chart = html[html.index('<svg class="chart wide"') :]
    chart = chart[: chart.index("</svg>")]
    ticks = re.findall(r'text-anchor="middle">([^<]+)<', chart)
    assert ticks == ["08:00", "10:00", "12:00", "14:00", "16:00"]
    last = max(float(x) for x in re.findall(r'<circle class="end" cx="([\d.]+)"', chart))
    assert all(float(x) <= last for x in re.findall(r"H([\d.]+)\"/>", chart))
