"""Clients of a served season: three lines, and a strategy of the catalogue or of a file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from customs_baselines.features.as_of import describe_as_of
from customs_baselines.season.playing import SeasonSettings, play_season
from customs_data.errors import KitError
from customs_data.season.kinds import SEASONS
from customs_kit.cli import customs_kit
from customs_kit.commands.season.options import KINDS
from customs_kit.served_season import play_served
from customs_leaderboard.season.attempts import list_attempts
from customs_leaderboard.season.client import SeasonClient
from customs_leaderboard.season.secret import world_key

MINE = """
class Mine:
    def select(self, week):
        print("week", week.number)
        return week.highest(week.features[:, 0], share=0.5) | week.random(share=0.5)
"""


@pytest.fixture
def database_url() -> None:
    return


@pytest.fixture
def season(served, member):
    with SeasonClient(served, member.token) as client:
        yield client


def local_season(board, member, world, strategy, tmp_path):
    """Play the same world as `customs-kit inspection run` does; return its inspections.csv."""
    rules = board.competition
    arrivals = rules.make_world(world_key(board.secret, member.number, 1, world))
    as_of = describe_as_of(arrivals.declarations, arrivals.week)
    settings = SeasonSettings(rules.budget, rules.delay, 0, {"refit_every": 1, "n_jobs": 1})
    played = play_season(arrivals, as_of, strategy, settings, tmp_path / "local.log")
    assert not played.error
    return played.inspections.to_csv(index=False, lineterminator="\n")


@pytest.mark.training
def test_a_served_season_equals_the_local_one_byte_for_byte(
    board, member, served, tmp_path, monkeypatch
):
    (tmp_path / "mine.py").write_text(MINE)
    strategy = f"{tmp_path / 'mine.py'}:Mine"
    monkeypatch.setenv("CUSTOMS_KIT_TOKEN", member.token)
    command = ["leaderboard", "season", "play", served, strategy, "--out", str(tmp_path / "p")]
    for _ in range(2):  # a finished attempt leads to the next one
        done = CliRunner().invoke(customs_kit, [*command, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["attempt"] == 2
    for world in (1, 2):
        served_csv = (tmp_path / "p" / "attempt-1" / f"world-{world}.csv").read_bytes()
        assert served_csv == local_season(board, member, world, strategy, tmp_path).encode()
    assert b"random" in served_csv
    assert "week 4" in (tmp_path / "p" / "attempt-1" / "world-1.log").read_text()


@pytest.mark.training
def test_a_learning_strategy_goes_on_after_an_interruption(board, member, season, tmp_path):
    season.begin()
    settings = SeasonSettings(offered={"refit_every": 1, "n_jobs": 1})

    def stop(number):
        if number == 2:
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError):
        play_served(season.world(1, 1), "profile", settings, 26, tmp_path / "log", stop)
    played = play_served(season.world(1, 1), "profile", settings, 26, tmp_path / "log")
    text = played.inspections.to_csv(index=False, lineterminator="\n")
    assert text == local_season(board, member, 1, "profile", tmp_path)


def test_three_lines_play_every_world(board, member, season):
    seen = []
    for week in season.play():
        assert len(week.history) + len(week.arrivals) > len(week.history) > 0
        week.open(np.arange(week.n_inspections))
        seen.append((week.world, week.number))
    assert seen == [(world, week) for world in (1, 2) for week in (1, 2, 3, 4)]
    (attempt,) = list_attempts(board, member.number)
    assert attempt.finished_at is not None


def test_play_goes_on_where_an_attempt_is(season):
    weeks = season.play()
    first = next(weeks)
    with pytest.raises(KitError, match="must return"):
        first.open([0])
    with pytest.raises(KitError, match="was not decided"):
        next(weeks)
    first.open(first.arrivals["Declaration ID"].iloc[: first.n_inspections])
    again = next(season.play())
    assert (again.world, again.number) == (1, 2)
    assert set(again.reports["Week"]) == {0, 1}
    pd.testing.assert_frame_equal(
        again.history.tail(len(first.arrivals)).reset_index(drop=True), first.arrivals
    )


def test_references_cannot_compete(served, monkeypatch, member):
    monkeypatch.setenv("CUSTOMS_KIT_TOKEN", member.token)
    done = CliRunner().invoke(customs_kit, ["leaderboard", "season", "play", served, "oracle"])
    assert isinstance(done.exception, KitError)
    assert "cannot compete" in str(done.exception)
    assert not Path("played").exists()


def test_the_command_offers_every_kind_of_season():
    assert list(KINDS) == list(SEASONS)
