"""The organizer's commands before and during a competition."""

import json
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner

from customs_data.errors import KitError
from customs_kit.cli import customs_kit
from customs_leaderboard.board import open_board
from customs_leaderboard.teams.codes import opens


@pytest.fixture
def lb(edition_path, tmp_path):
    """Run a command on a competition: ``lb("announce", "News")``; return its output."""

    def run(command, *arguments, stdin=None, fails=None):
        words = ["leaderboard", command, str(tmp_path / "board"), *map(str, arguments)]
        if command == "init":
            words[2:3] = [str(edition_path), "--out", str(tmp_path / "board")]
        result = CliRunner().invoke(customs_kit, words, input=stdin)
        if fails is not None:
            assert isinstance(result.exception, KitError | SystemExit), result.output
            assert fails in f"{result.exception} {result.output}"
            return ""
        assert result.exit_code == 0, (result.output, result.exception)
        return result.stdout

    return run


def test_announce_and_withdraw(lb):
    lb("init")
    assert lb("announce", "The data is out.") == "Announcement 2 is published.\n"
    answer = json.loads(lb("announce", "--json", stdin="마감 연장\n\n* 목요일\n"))
    assert (answer["number"], answer["text"]) == (3, "마감 연장\n\n* 목요일")
    assert "Announcement 3 is withdrawn" in lb("announce", "--withdraw", 3)
    lb("announce", "--withdraw", 3, fails="no announcement 3 to withdraw; on the page: 2")
    lb("announce", "Text", "--withdraw", 2, fails="not both")
    lb("announce", "x" * 1001, fails="has 1,001 characters")


def test_a_short_competition_with_phases(lb):
    lb("init", "--closes", "3h", fails="Not a date: '3h'")
    made = json.loads(
        lb(
            "init", "--closes", "+3h", "--hourly-limit", 4, "--total-limit", 9, "--refused-limit",
            2, "--phase", "Warm-up=+0m,20", "--phase", "Main=+90m", "--milestone",
            "Talks=+4h,in room 5", "--json",
        )
    )  # fmt: skip
    opens, closes = (datetime.fromisoformat(made[name]) for name in ("opens", "closes"))
    assert closes - opens == timedelta(hours=3)
    assert [made[f"{name}_limit"] for name in ("daily", "hourly", "total", "refused")] == [
        5,
        4,
        9,
        2,
    ]
    assert [phase["name"] for phase in made["phases"]] == ["Warm-up", "Main"]
    assert [phase["daily_limit"] for phase in made["phases"]] == [20, 0]
    assert datetime.fromisoformat(made["phases"][1]["begins"]) - opens == timedelta(minutes=90)
    assert made["milestones"][0]["description"] == "in room 5"
    extended = json.loads(lb("extend", "--closes", "+2h", "--json"))["closes"]
    assert datetime.fromisoformat(extended) - opens == timedelta(hours=5)


def test_a_competition_opens_with_its_first_phase(lb):
    made = json.loads(lb("init", "--phase", "One=2090-01-01", "--closes", "+2d", "--json"))
    assert (made["opens"], made["closes"]) == ("2090-01-01T00:00:00Z", "2090-01-03T00:00:00Z")


def test_status_and_the_organizers_token(lb, tmp_path):
    lb("init", "--closes", "+3h")
    assert "2 hours 59 minutes left" in lb("status")
    answer = json.loads(lb("status", "--json"))
    assert answer["health"] == "ok"
    assert 10_000 < answer["seconds_left"] <= 10_800
    tokens = {json.loads(lb("organizer-token", "--json"))["token"], lb("organizer-token").strip()}
    assert len(tokens) == 2
    board = open_board(tmp_path / "board")
    assert sorted(opens(board, token, "organizer") for token in tokens) == [False, True]
    board.close_connections()


def test_the_report_of_similar_submissions(lb, tmp_path):
    lb("init")
    page = tmp_path / "similar.html"
    assert "A hint, not proof" in lb("similar", "--html", page)
    assert "No" in page.read_text()
    assert json.loads(lb("similar", "--leading", "--json"))["pairs"] == []
