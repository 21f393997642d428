"""Phases, milestones and times relative to another one."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from customs_data.errors import KitError
from customs_leaderboard.board import open_board
from customs_leaderboard.rules.competition import RULES_BEFORE, Limits, read_competition
from customs_leaderboard.rules.schedule import (
    Milestone,
    PhaseRules,
    parse_milestone,
    parse_moment,
    parse_phase,
    show_time,
)
from customs_leaderboard.service.pages.log import make_log
from customs_leaderboard.store.audit_log import read_entries
from leaderboard.conftest import OPENS

HOUR = timedelta(hours=1)
TWO = (PhaseRules("Warm-up", OPENS, 20), PhaseRules("Main", OPENS + 24 * HOUR))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("+90m", "2026-03-01T01:30:00Z"),
        ("+3h", "2026-03-01T03:00:00Z"),
        ("+2d", "2026-03-03T00:00:00Z"),
        ("2026-04-01", "2026-04-01T00:00:00Z"),
    ],
)
def test_a_time_may_count_from_another_one(text, moment):
    assert show_time(parse_moment(text, OPENS)) == moment


@pytest.mark.parametrize("text", ["+3", "3h", "+-3h", "+3w", "+3.5h", "+999999d", "-3h", "+ 3h"])
def test_other_times_are_refused(text):
    with pytest.raises(KitError, match="Not a date"):
        parse_moment(text, OPENS)


def test_a_relative_time_needs_a_start_and_a_calendar():
    with pytest.raises(KitError, match="Not a date"):
        parse_moment("+3h", None)
    with pytest.raises(KitError, match="beyond the calendar"):
        parse_moment("+99999d", OPENS.replace(year=9990))


def test_phases_and_milestones_are_parsed():
    assert parse_phase("A = B=+1d,7", OPENS) == PhaseRules("A = B", OPENS + 24 * HOUR, 7)
    draft = parse_milestone("초안=2026-03-02, four pages, PDF", OPENS)
    assert draft == Milestone("초안", OPENS + 24 * HOUR, "four pages, PDF")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Warm-up", "Not a phase: 'Warm-up'. Write its name and time"),
        ("=2026-03-01", "name of a phase must have 1 to 60"),
        ("Warm-up=soon", "Not a date: 'soon'"),
        ("Warm-up=2026-03-01,many", "Not a daily limit: 'many'"),
        ("Warm-up=2026-03-01,1001", "1001 of phase 'Warm-up' is out of range"),
    ],
)
def test_a_phase_that_makes_no_sense_is_refused(text, complaint):
    with pytest.raises(KitError, match=complaint):
        parse_phase(text, OPENS)


@pytest.mark.parametrize(
    ("begins", "complaint"),
    [
        ([("A", 1)], "The first phase, 'A', begins 2026-03-01T01:00:00Z, but the competition"),
        ([("A", 0), ("B", 48), ("C", 24)], "Phase 'B' begins 2026-03-03.*not before its end"),
        ([("A", 0), ("B", 24 * 30)], "Phase 'B' begins .* not before its end"),
        ([("A", 0), ("a", 24)], "Two phases have the name 'a'"),
        ([(str(i), i) for i in range(21)], "There are 21 phases: choose at most 20"),
    ],
)
def test_phases_fill_the_competition(competition, begins, complaint):
    phases = tuple(PhaseRules(name, OPENS + hours * HOUR) for name, hours in begins)
    with pytest.raises(KitError, match=complaint):
        replace(competition, phases=phases)


def test_a_phase_may_have_a_daily_limit_of_its_own(competition):
    rules = replace(competition, phases=TWO, hourly_limit=3, total_limit=9, refused_limit=7)
    assert rules.limits_at(OPENS + 24 * HOUR - timedelta.resolution) == Limits(20, 3, 9, 7)
    assert rules.limits_at(OPENS + 24 * HOUR) == Limits(5, 3, 9, 7)
    assert rules.limits_at(rules.closes + HOUR) == Limits(5, 3, 9, 7)
    assert rules.limits_at(OPENS - HOUR) == Limits(5, 3, 9, 7)
    assert competition.limits_at(OPENS) == Limits(5, 0, 0, 20)


def test_the_schedule_is_read_as_it_was_written(competition, tmp_path):
    path = tmp_path / "competition.toml"
    draft = Milestone('"Draft" \\ 초안', OPENS + HOUR, "four pages")
    written = replace(competition, phases=TWO, milestones=(draft,))
    path.write_text(written.to_toml(), encoding="utf-8")
    assert read_competition(path) == written
    assert json.loads(json.dumps(written.as_dict())) == written.as_dict()


def test_rules_of_an_earlier_release_have_no_schedule(competition, tmp_path):
    path = tmp_path / "competition.toml"
    path.write_text(competition.to_toml(), encoding="utf-8")
    assert "phases" not in path.read_text()
    assert read_competition(path).phases == ()
    assert RULES_BEFORE["phases"] == competition.as_dict()["phases"] == []


def test_a_changed_schedule_is_in_the_log(board_of, clock, database_url):
    board = board_of(phases=TWO)
    path = board.folder.competition_file
    path.write_text(path.read_text().replace("2026-03-02T", "2026-03-04T"))
    again = open_board(board.folder.root, database_url=database_url, clock=clock)
    with again.database.reading() as session:
        newest = read_entries(session)[0]
    log = make_log(again).decode()
    for begins in ("2 Mar", "4 Mar"):
        assert (
            f"Warm-up: begins 1 Mar 2026, 00:00 UTC, daily limit 20; Main: begins {begins}" in log
        )
    again.close_connections()
    assert newest.action == "rules changed"
    old, new = newest.details["phases"]["old"], newest.details["phases"]["new"]
    assert [phase["begins"] for phase in old] == ["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"]
    assert new[1]["begins"] == "2026-03-04T00:00:00Z"
