"""Rules are checked, and read back as written."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customs_data.errors import KitError
from customs_leaderboard.rules.competition import Competition, read_competition
from customs_leaderboard.rules.schedule import parse_time, show_time

CHANGES = {
    "title": ["", "x" * 121, "line\nbreak", 7],
    "daily_limit": [0, 1001, "5", 5.0, True],
    "n_selections": [0, 11],
    "max_upload_mib": [0, 5000],
    "ladder_step": [0, -0.1, 0.6, float("nan"), "0.01"],
    "ladder": ["stairs"],
    "ladder_standard_errors": [-1, 11, float("nan"), "3"],
    "ladder_ground_errors": [-1, 11, float("nan"), "4"],
    "late_submissions": ["yes", 1],
    "opens": ["2026-03-01", datetime(2026, 3, 1), datetime(2027, 3, 1, tzinfo=UTC)],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in CHANGES.items() for v in vs])
def test_a_rule_that_makes_no_sense_is_refused(competition, name, value):
    with pytest.raises(KitError, match=r"must be|out of range|printable|time zone|not before"):
        replace(competition, **{name: value})


def test_rules_are_read_as_they_were_written(competition, tmp_path):
    path = tmp_path / "competition.toml"
    title = 'Zoll "2026" \\ \u5173\u7a0e'
    written = replace(competition, title=title, ladder="parameter_free", practice=True)
    path.write_text(written.to_toml(), encoding="utf-8")
    assert read_competition(path) == written


@settings(deadline=None, derandomize=True, database=None)
@given(st.text(min_size=1, max_size=120).filter(str.isprintable))
def test_any_title_survives_its_toml(title):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    competition = Competition(title, Path("x"), start, start + timedelta(days=1), 0.01)
    assert tomllib.loads(competition.to_toml())["title"] == title


def test_a_relative_edition_lies_beside_the_rules(competition, tmp_path):
    path = tmp_path / "competition.toml"
    text = competition.to_toml().replace(str(competition.edition), "../edition")
    path.write_text(text)
    assert read_competition(path).edition == tmp_path / "../edition"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("daily_limit", "daily_limits", "unknown key 'daily_limits'; is it 'daily_limit'"),
        ("title =", "# title =", "the key 'title' is missing"),
        ("daily_limit = 5", 'daily_limit = "5"', "daily_limit must be a whole number, not '5'"),
        ("=", "==", "TOML"),
    ],
)
def test_a_damaged_file_is_reported(competition, tmp_path, old, new, complaint):
    path = tmp_path / "competition.toml"
    path.write_text(competition.to_toml().replace(old, new))
    with pytest.raises(KitError, match=complaint):
        read_competition(path)


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(KitError, match="leaderboard init"):
        read_competition(tmp_path / "competition.toml")


def test_moments_are_utc():
    assert parse_time("2026-03-01T18:00") == datetime(2026, 3, 1, 18, tzinfo=UTC)
    seoul = datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=9)))
    assert show_time(seoul) == "2026-03-01T00:00:00Z"
    for text in ("tomorrow", "2026-13-01", "", "0001-01-01T00:00+23:00"):
        with pytest.raises(KitError, match="Not a date"):
            parse_time(text)


def test_everybody_may_know_the_rules_but_not_where_the_edition_lies(competition):
    assert str(competition.edition) not in str(competition.as_dict())
