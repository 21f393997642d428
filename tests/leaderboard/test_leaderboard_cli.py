"""The organizer's commands for a competition."""

import csv
import io
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import get_args

import click
import pytest
from click.testing import CliRunner

from customs_data.errors import KitError
from customs_kit.cli import customs_kit
from customs_kit.commands.leaderboard import options as leaderboard_options
from customs_kit.commands.leaderboard.options import LADDERS
from customs_leaderboard.board import open_board
from customs_leaderboard.ladder.ladder import GROUND_ERRORS, Kind
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import authenticate


def kit(*arguments, fails=None):
    """Run a command here; return its output, or the message of the KitError it must raise."""
    result = CliRunner().invoke(customs_kit, [str(a) for a in arguments])
    if fails is not None:
        assert isinstance(result.exception, KitError), (result.output, result.exception)
        assert fails in str(result.exception)
        return str(result.exception)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def lb(*arguments, **more):
    return kit("leaderboard", *arguments, **more)


@pytest.fixture
def folder(edition_path, tmp_path):
    """A competition without a ground, which among so few declarations would hide most files."""
    out = tmp_path / "board"
    lb("init", edition_path, "--out", out, "--title", "Busan", "--ladder-ground", 0)
    return out


@pytest.fixture
def send(folder, make_file):
    def send_file(token, seed, quality=0.5):
        board = open_board(folder)
        receipt = submit_file(board, authenticate(board, token)[0].number, make_file(seed, quality))
        board.close_connections()
        return receipt

    return send_file


def test_a_competition_from_beginning_to_end(folder, send, make_file, edition_path, tmp_path):
    tokens = {}
    for name in ("Team A", "Team B"):
        answer = json.loads(lb("team", "add", folder, name, "--json"))
        assert answer["team"] == name
        tokens[name] = answer["token"]
    send(tokens["Team A"], 1, 0.1)
    send(tokens["Team B"], 2, 0.9)
    assert "Team B" in lb("standings", folder)
    public = json.loads(lb("standings", folder, "--json"))
    assert (public["phase"], len(public["rows"])) == ("open", 2)
    rows = list(csv.DictReader(io.StringIO(lb("standings", folder, "--csv"))))
    assert [row["team"] for row in rows] == ["Team B", "Team A"]
    later = (datetime.now(UTC) + timedelta(days=300)).date().isoformat()
    assert later in lb("extend", folder, "--closes", later, "--reason", "Rain")
    lb("extend", folder, "--closes", "2999-01-01", "--reason", "Rain", fails="Check the year")
    lb("close", folder, fails="--early")
    lb("reveal", folder, fails="after the close")
    lb("export", folder, "--team", "Team A", "--out", tmp_path / "a.zip", fails="after the close")
    finals = json.loads(lb("close", folder, "--early", "--replicates", 20, "--json"))
    assert [row["rank"] for row in finals["rows"]] == [1, 2]
    assert json.loads(lb("standings", folder, "--json"))["phase"] == "closed"
    assert "final standings" in lb("standings", folder)
    file = json.loads(lb("reveal", folder, "--json"))["file"]
    assert "bit by bit" in kit("data", "verify", edition_path, "--revealed", file)
    assert "Wrote the standings" in lb("export", folder, "--out", tmp_path / "s.csv")
    lb("export", folder, "--team", "Team A", "--out", tmp_path / "a.zip")
    compare = ("export", folder, "--team", "Team A", "--compare")
    assert "All scores are the same" in lb(*compare, make_file(1, 0.1))
    other = json.loads(lb(*compare, make_file(7), "--submission", 1, "--json"))
    assert other["identical"] is False
    lb(*compare, make_file(7), "--submission", 2, fails="Team A has no submission 2")
    actions = [entry["action"] for entry in json.loads(lb("log", folder, "--json"))]
    assert actions == [
        "competition made", "team added", "team added", "submission accepted",
        "submission accepted", "deadline extended", "competition closed",
        "final standings computed", "labels revealed", "evidence published",
    ]  # fmt: skip
    tail = json.loads(lb("log", folder, "--tail", 2, "--json"))
    assert [entry["action"] for entry in tail] == actions[-2:]
    extended = lb("log", folder, "--action", "deadline extended")
    assert ("Rain" in extended, "team added" in extended) == (True, False)
    assert json.loads(lb("standings", folder, "--json"))["sha256"] in lb("standings", folder)
    assert "All checks passed." in lb("verify", folder, "--kept", tail[1]["previous_hash"])
    published = ("--evidence", folder / "evidence.zip", "--edition", edition_path,
                 "--revealed", file)  # fmt: skip
    assert json.loads(lb("verify", *published, "--json"))["passed"] is True
    counts = json.loads(lb("backup", folder, tmp_path / "b.tar.gz", "--json"))
    assert (counts["team"], counts["submission"]) == (2, 2)
    assert "2 teams" in lb("restore", tmp_path / "b.tar.gz", "--out", tmp_path / "again")
    assert lb("standings", tmp_path / "again") == lb("standings", folder)


def test_teams_are_managed(folder):
    first = lb("team", "add", folder, "Team A").strip()
    second = lb("team", "reset-token", folder, "Team A").strip()
    assert first.startswith("ckt_")
    assert first != second
    assert "Team Z" in lb("team", "rename", folder, "Team A", "Team Z")
    (team,) = json.loads(lb("team", "list", folder, "--json"))
    assert (team["name"], team["disabled_at"]) == ("Team Z", None)
    lb("team", "disable", folder, "Team Z", "--reason", " ", fails="Give a reason")
    assert "disabled" in lb("team", "disable", folder, "Team Z", "--reason", "Two accounts")
    assert "Two accounts" in lb("team", "list", folder)
    assert "enabled" in lb("team", "enable", folder, "Team Z", "--reason", "A mistake")
    assert "Two accounts" not in lb("team", "list", folder)
    lb("team", "rename", folder, "Team X", "Team Y", fails="There is no team 'Team X'")


def test_disabling_after_the_close_computes_the_standings_again(folder, send):
    for i, name in enumerate(("Team A", "Team B")):
        send(lb("team", "add", folder, name).strip(), i)
    lb("close", folder, "--early", "--replicates", 10)
    disabled = lb("team", "disable", folder, "Team A", "--reason", "Two accounts")
    assert "computed again: 1 teams" in disabled
    assert "is struck" in lb("strike", folder, 2, "--reason", "Team A's file")
    assert json.loads(lb("standings", folder, "--json"))["rows"] == []
    restored = json.loads(lb("unstrike", folder, 2, "--reason", "A mistake", "--json"))
    assert restored["struck_at"] is restored["struck_reason"] is None
    final = json.loads(lb("standings", folder, "--json"))
    assert (len(final["rows"]), final["n_replicates"]) == (1, 10)
    lb("strike", folder, 9, "--reason", "x", fails="There is no submission 9")


def test_a_log_that_was_changed_is_reported(folder):
    kept = json.loads(lb("log", folder, "--json"))[0]["hash"]
    assert kept in lb("log", folder, "--kept", kept)
    lb("log", folder, "--kept", "f" * 64, fails="noted hash")
    board = open_board(folder)
    with board.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE audit_entry SET actor = 'nobody'")
    board.close_connections()
    lb("log", folder, fails="entry 1 was changed")
    result = CliRunner().invoke(customs_kit, ["leaderboard", "verify", str(folder), "--quick"])
    assert result.exit_code == 1
    assert "FAILED  chain" in result.stdout
    assert "Entry 1 (competition made, nobody) was changed" in result.stdout
    result = CliRunner().invoke(customs_kit, ["leaderboard", "verify"])
    assert (result.exit_code, "Give COMPETITION or --evidence" in result.output) == (2, True)


def test_a_clock_that_is_right_needs_no_acceptance(folder):
    lb("log", folder, "--accept-clock", "It was ahead", fails="there is nothing to accept")


def test_rules_come_from_the_options(edition_path, tmp_path):
    answer = json.loads(
        lb(
            "init",
            edition_path,
            "--out",
            tmp_path / "b",
            "--opens",
            "2030-01-01",
            "--closes",
            "2030-02-01T12:00",
            "--daily-limit",
            3,
            "--selections",
            1,
            "--ladder",
            "paired",
            "--ladder-step",
            0.03,
            "--ladder-ground",
            3,
            "--no-late",
            "--json",
        )
    )
    assert (answer["title"], answer["closes"]) == ("small", "2030-02-01T12:00:00Z")
    assert (answer["daily_limit"], answer["n_selections"], answer["ladder"]) == (3, 1, "paired")
    board = open_board(tmp_path / "b")
    assert board.competition.late_submissions is False
    assert board.competition.max_upload_mib == 1  # the least, for 614 short rows
    assert (board.ladder.kind, board.ladder.step) == ("paired", 0.03)
    assert board.ladder.ground_errors == 3
    board.close_connections()


def test_the_default_step_grows_as_the_edition_shrinks(edition_path, edition, tmp_path):
    from customs_leaderboard.ladder.ladder import default_step

    lb("init", edition_path, "--out", tmp_path / "b")
    board = open_board(tmp_path / "b")
    assert board.competition.ladder_ground_errors == 4
    assert board.competition.ladder_step == default_step(edition.manifest.rows["public"]) > 0.01
    board.close_connections()


def test_reference_scores_are_below_the_table(edition_path, tmp_path):
    run = {
        "edition": "a", "baseline": "x", "recipe": None, "label_rate": 0.5, "erasure": "random",
        "public": {"precision_at_5": 0.25},
    }  # fmt: skip
    edition = {"commitment": "", "ceiling": {"public": {"precision_at_5": 0.9}}}
    content = {"format": "customs-kit grid 1", "editions": {"a": edition}, "runs": {"r": run}}
    (tmp_path / "r.json").write_text(json.dumps(content))
    lb("init", edition_path, "--out", tmp_path / "b", "--reference", tmp_path / "r.json")
    assert "x 0.250, ceiling 0.900" in lb("standings", tmp_path / "b")


def test_the_commands_know_every_ladder():
    assert get_args(Kind) == LADDERS
    assert leaderboard_options.GROUND_ERRORS == GROUND_ERRORS


def test_mistakes_are_reported(folder, edition_path, tmp_path):
    lb("init", edition_path, "--out", folder, fails="new or empty folder")
    lb("init", tmp_path / "none", "--out", tmp_path / "b", fails="is no edition")
    lb("init", edition_path, "--out", tmp_path / "b", "--closes", "soon", fails="Not a date")
    lb("standings", tmp_path / "none", fails="leaderboard init")
    lb("team", "add", folder, "<b>", fails="2 to 40 characters")
    lb("standings", folder, "--database-url", "mysql://u:secret@h/d", fails="postgresql://")
    rules = folder / "competition.toml"
    lb("restore", rules, "--out", tmp_path / "c", fails="not a complete backup")


@pytest.mark.parametrize(
    "arguments",
    [
        ("standings", "b", "--csv", "--json"),
        ("export", "b"),
        ("export", "b", "--compare", "f.csv"),
        ("export", "b", "--out", "s.csv", "--submission", "1"),
        ("init", "e", "--out", "b", "--ladder", "stairs"),
    ],
)
def test_wrong_usage_is_exit_2(arguments):
    assert CliRunner().invoke(customs_kit, ["leaderboard", *arguments]).exit_code == 2


def all_commands(group=None, path=()):
    group = group or customs_kit.get_command(click.Context(customs_kit), "leaderboard")
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from all_commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", list(all_commands()), ids=" ".join)
def test_without_the_extra_help_works_and_the_rest_says_what_to_install(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    monkeypatch.setattr(
        "customs_kit.commands.leaderboard.options.find_spec",
        lambda name: None if name == "sqlalchemy" else name,
    )
    assert "Example" in lb(*path, "--help")
    given = {
        "init": ["e", "--out", "b"], "submit": ["f", "--url", "http://127.0.0.1"],
        "extend": ["b", "--closes", "2030-01-01"], "export": ["b", "--out", "s.csv"],
        "backup": ["b", "f.tar"], "restore": ["f.tar", "--out", "b"], "add": ["b", "n"],
        "rename": ["b", "n", "m"], "reset-token": ["b", "n"],
        "disable": ["b", "n", "--reason", "r"], "enable": ["b", "n", "--reason", "r"],
        "strike": ["b", "1", "--reason", "r"],
        "unstrike": ["b", "1", "--reason", "r"], "rejudge": ["b", "s.csv", "--reason", "r"],
        "import": ["b", "t.csv", "--out", "o.csv"], "submissions": ["--url", "http://127.0.0.1"],
        "play": ["http://127.0.0.1", "profile"], "check": ["b", "profile"],
    }.get(path[-1], ["b"])  # fmt: skip
    if "member" in path:
        given = ["b", "t", "n"][: 2 + (path[-1] != "list")]
    lb(*path, *given, fails="not installed: sqlalchemy")


def test_a_class_is_imported_invited_and_shown(folder, tmp_path):
    table, out = tmp_path / "teams.csv", tmp_path / "tokens.csv"
    table.write_text("team;member\nÉquipe Été;Zoé\nÉquipe Été;Al\n부산세관;\n", "utf-8-sig")
    answer = json.loads(lb("team", "import", folder, table, "--out", out, "--json"))
    assert (answer["teams"], answer["tokens"]) == (2, 3)
    assert len(out.read_text().splitlines()) == 4
    assert "Nothing is new" in lb("team", "import", folder, table, "--out", tmp_path / "2.csv")
    lb("team", "member", "add", folder, "부산세관", "Kim", "--json")
    lb("team", "member", "revoke", folder, "Équipe Été", "Al")
    members = json.loads(lb("team", "member", "list", folder, "équipe été", "--json"))
    assert [(one["name"], bool(one["revoked_at"])) for one in members] == [
        ("Zoé", False), ("Al", True),
    ]  # fmt: skip
    teams = json.loads(lb("team", "list", folder, "--json"))
    assert [(team["name"], team["n_members"]) for team in teams] == [
        ("Équipe Été", 1), ("부산세관", 2),
    ]  # fmt: skip
    made = json.loads(lb("invite", folder, "--uses", 200, "--expires", "+7d", "--json"))
    assert made["path"] == f"/register#{made['code']}"
    link = lb("invite", folder, "--public-url", "https://board.example/").splitlines()[-1]
    assert link.startswith("https://board.example/register#")
    assert "new teams" in lb("invite", folder, "--list")
    assert "is revoked" in lb("invite", folder, "--revoke", made["number"])
    assert len(json.loads(lb("invite", folder, "--list", "--json"))) == 1
    lb("invite", folder, "--team", "Team Z", fails="There is no team 'Team Z'")
    for tables in (lb("team", "list", folder), lb("log", folder)):
        assert "부산세관" in tables
        assert "Équipe Été" in tables


def test_a_private_competition_with_own_pages(edition_path, tmp_path):
    own, out = tmp_path / "own", tmp_path / "board"
    own.mkdir()
    lb("init", edition_path, "--out", out, "--pages", own, fails="has no pages")
    assert not out.exists()
    (own / "rules.md").write_text("# Ours\n")
    answer = lb(
        "init", edition_path, "--out", out, "--pages", own, "--private", "--contact", "a@b.org"
    )
    assert "view-code" in answer
    assert (out / "pages/rules.md").read_text() == "# Ours\n"
    code = json.loads(lb("view-code", out, "--json"))["code"]
    assert len(code) == 23
    (out / "pages/data.md").unlink()
    assert "wrote data.md" in lb("pages", out)
    assert json.loads(lb("pages", out, "--json"))["written"] == []
