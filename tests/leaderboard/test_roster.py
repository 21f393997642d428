"""Import of many teams from a table."""
# ruff: noqa: RUF001

from __future__ import annotations

import csv
import stat

import pytest

from customs_data.errors import KitError
from customs_leaderboard.store.audit_log import read_entries
from customs_leaderboard.teams.joining import join_team
from customs_leaderboard.teams.members import list_members
from customs_leaderboard.teams.roster import import_teams, read_rows
from customs_leaderboard.teams.teams import add_team, authenticate, list_teams

TABLE = "team,member\nTeam A,Ann\nTeam A,Bo\n부산세관,\nÉquipe,Zoé\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "teams.csv"
    path.write_text(TABLE)
    return path


def read_tokens(path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_teams_and_members_are_imported(board, table, tmp_path):
    out = tmp_path / "tokens.csv"
    tokens = import_teams(board, table, out, public_url="https://board.example/")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    rows = read_tokens(out)
    assert [(row["team"], row["member"]) for row in rows] == [
        ("Team A", "Ann"), ("Team A", "Bo"), ("부산세관", ""), ("Équipe", "Zoé"),
    ]  # fmt: skip
    assert [row["token"] for row in rows] == [one.token for one in tokens]
    assert [authenticate(board, row["token"])[0].name for row in rows] == [r["team"] for r in rows]
    assert rows[0]["join_url"] == rows[1]["join_url"] != rows[2]["join_url"]
    address, code = rows[0]["join_url"].split("#")
    assert address == "https://board.example/join"
    assert join_team(board, code, "Cy").team.name == "Team A"
    with board.database.reading() as session:
        actions = [entry.action for entry in read_entries(session)]
    assert actions.count("team added") == 3


def test_a_second_import_adds_what_is_new(board, table, tmp_path):
    import_teams(board, table, tmp_path / "1.csv")
    assert import_teams(board, table, tmp_path / "2.csv") == []
    assert not (tmp_path / "2.csv").exists()
    table.write_text(f"{TABLE}team a,Dee\nTeam E,\n")
    tokens = import_teams(board, table, tmp_path / "3.csv")
    assert [(one.team, one.member) for one in tokens] == [("Team A", "Dee"), ("Team E", "")]
    assert [one.name for one in list_members(board, "Team A")] == ["Ann", "Bo", "Dee"]
    assert "join_url" not in (tmp_path / "3.csv").read_text()


def test_one_bad_line_refuses_all_and_every_problem_is_named(board, table, tmp_path):
    add_team(board, "Team X")
    table.write_text(
        f"{TABLE}=1+1,\nTeam A,Ann\nTeam B,<b>\n\nTeam É,Eve\nTeam E,Eve\nTeam Χ,Al\n"
        "Team x,Al\n,Jo\n"
    )
    with pytest.raises(KitError) as error:
        import_teams(board, table, tmp_path / "tokens.csv")
    lines = [line.strip(" -").split(":")[0] for line in str(error.value).splitlines()[1:]]
    assert lines == ["line 6", "line 7", "line 8", "line 11", "line 12", "line 14"]
    assert "6 problems; nothing was added" in str(error.value)
    assert [team.name for team in list_teams(board)] == ["Team X"]
    assert not (tmp_path / "tokens.csv").exists()


def test_nothing_is_added_if_the_tokens_cannot_be_written(board, table, tmp_path, monkeypatch):
    taken = tmp_path / "taken.csv"
    taken.write_text("")
    with pytest.raises(KitError, match="exists already"):
        import_teams(board, table, taken)
    with pytest.raises(KitError, match="No such folder"):
        import_teams(board, table, tmp_path / "no" / "tokens.csv")

    def fail(*_arguments, **_more):
        raise KitError("the disk is full")

    monkeypatch.setattr("customs_leaderboard.teams.roster.write_atomically", fail)
    with pytest.raises(KitError, match="disk is full"):
        import_teams(board, table, tmp_path / "tokens.csv")
    assert list_teams(board) == []


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TABLE, "utf-8-sig"),
        (TABLE.replace(",", ";"), "utf-8"),
        (TABLE.replace(",", ";").replace("\n", "\r\n"), "utf-8-sig"),
        ("sep=;\r\n" + TABLE.replace(",", ";"), "utf-8"),
        (TABLE.replace(",", "\t"), "utf-16"),
        ("Member,TEAM,e-mail\nAnn,Team A,x\nBo,Team A,x\n,부산세관\n\nZoé,Équipe,\n", "utf-8"),
    ],
)
def test_what_excel_writes_is_read(tmp_path, content, encoding):
    path = tmp_path / "teams.csv"
    path.write_bytes(content.encode(encoding))
    rows = [(row.team, row.member) for row in read_rows(path)]
    assert rows == [("Team A", "Ann"), ("Team A", "Bo"), ("부산세관", ""), ("Équipe", "Zoé")]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("team\n부산세관\n인천세관\n", "cp949"), ("team;member\nÉquipe Été;Zoé\n", "cp1252")],
)
def test_old_encodings_are_recognised(tmp_path, text, encoding):
    path = tmp_path / "teams.csv"
    path.write_bytes(text.encode(encoding))
    assert read_rows(path)[0].team == text.splitlines()[1].split(";")[0]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"PK\x03\x04xl/", "Excel workbook"),
        (b"\x80\x81\xfe\xff\n", "not UTF-8"),
        (b"name,member\na,b\n", "one column `team`"),
        (b"team,team\na,b\n", "one column `team`"),
        (b"", "has: nothing"),
        (b"team\n\n", "no teams below"),
        (b"x" * (5 << 20), "larger than 4 MiB"),
        (None, "No such file"),
    ],
)
def test_other_files_are_refused(tmp_path, content, problem):
    path = tmp_path / "teams.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KitError, match=problem):
        read_rows(path)
