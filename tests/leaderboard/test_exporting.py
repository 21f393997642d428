"""Standings as tables, a team's submissions, and the comparison with a re-run."""

import csv
import hashlib
import io
import json
import zipfile

import numpy as np
import pytest

from customs_data.errors import KitError
from customs_leaderboard.standings.close import close_competition
from customs_leaderboard.standings.export import (
    export_standings,
    export_team,
    standings_table,
    to_csv,
)
from customs_leaderboard.standings.rerun import compare_rerun
from customs_leaderboard.standings.select import select_submissions
from customs_leaderboard.teams.teams import add_team
from customs_scorer.submissions import read_submission, write_submission


@pytest.fixture
def teams(board, send):
    teams = [add_team(board, f"Team {letter}")[0] for letter in "AB"]
    send(teams[0], 1, 0.2)
    send(teams[0], 2, 0.8)
    send(teams[1], 3, 0.5)
    return teams


@pytest.fixture
def close(board, clock):
    def close_board():
        clock.forward(days=30)
        return close_competition(board, n_replicates=20)

    return close_board


def read_csv(path):
    return list(csv.DictReader(io.StringIO(path.read_text())))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_public_standings_hold_no_exact_score(board, teams, tmp_path):
    export_standings(board, tmp_path / "s.csv")
    rows = read_csv(tmp_path / "s.csv")
    assert list(rows[0]) == ["rank", "team", "team_number", "score", "n_submissions", "improved_at"]
    export_standings(board, tmp_path / "s.json")
    assert json.loads((tmp_path / "s.json").read_text())["phase"] == "open"


def test_final_standings_hold_scores_and_ranges(board, teams, close, tmp_path):
    finals = close()
    export_standings(board, tmp_path / "s.csv")
    rows = read_csv(tmp_path / "s.csv")
    for row, finalist in zip(rows, finals.rows, strict=True):
        assert row["team"] == finalist.team
        assert float(row["private_precision_at_5"]) == finalist.scores["private"]["precision_at_5"]
        assert int(row["rank_high"]) == finalist.rank_high
    export_standings(board, tmp_path / "s.json")
    assert json.loads((tmp_path / "s.json").read_text()) == json.loads(json.dumps(finals.as_dict()))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_files_are_new_and_of_a_known_kind(board, tmp_path):
    assert to_csv(standings_table(board)) == ""
    (tmp_path / "s.csv").write_text("mine")
    for out, complaint in (
        (tmp_path / "s.csv", "exists already"),
        (tmp_path / "s.xlsx", ".csv or .json"),
        (tmp_path / "nowhere" / "s.csv", "No such folder"),
    ):
        with pytest.raises(KitError, match=complaint):
            export_standings(board, out)
    assert (tmp_path / "s.csv").read_text() == "mine"


def test_a_team_is_packed_with_what_a_rerun_needs(board, teams, close, make_file, tmp_path):
    select_submissions(board, teams[0].number, [1])
    with pytest.raises(KitError, match="after the close"):
        export_team(board, "Team A", tmp_path / "a.zip")
    close()
    assert export_team(board, "Team A", tmp_path / "a.zip") == [1]
    assert (tmp_path / "a.zip").stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    assert set(parts) == {
        "README.txt", "team.json", "log.json", "edition.json", "submissions/1.csv"
    }  # fmt: skip
    assert parts["submissions/1.csv"] == make_file(1, 0.2).read_bytes()
    team = json.loads(parts["team.json"])
    (submission,) = team["submissions"]
    sha256 = hashlib.sha256(parts["submissions/1.csv"]).hexdigest()
    assert (submission["sha256"], team["selected_by_team"]) == (sha256, True)
    assert {entry["actor"] for entry in json.loads(parts["log.json"])} == {"team 1"}
    export_team(board, "Team A", tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "a.zip").read_bytes()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_team_without_a_choice_is_packed_with_the_default(board, teams, close, tmp_path):
    finals = close()
    (row,) = [row for row in finals.rows if row.team == "Team A"]
    assert export_team(board, "team a", tmp_path / "a.zip") == row.selected
    for name, complaint in (("Team X", "There is no team"), ("Team C", "has no submission")):
        if name == "Team C":
            add_team(board, name)
        with pytest.raises(KitError, match=complaint):
            export_team(board, name, tmp_path / "b.zip")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_changed_file_is_not_packed(board, teams, close, tmp_path):
    close()
    for path in board.folder.submissions.glob("2/*"):
        path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(KitError, match="has changed since it was accepted"):
        export_team(board, "Team B", tmp_path / "b.zip")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_rerun_is_compared(board, teams, close, make_file, make_winner, edition, tmp_path):
    with pytest.raises(KitError, match="after the close"):
        compare_rerun(board, 1, make_file(1, 0.2))
    close()
    same = compare_rerun(board, 1, make_file(1, 0.2, suffix=".csv.gz"))
    assert (same.identical, same.rank_correlation) == (True, pytest.approx(1))
    assert {p["same_opened_at_5"] for p in same.periods.values()} == {1.0}
    assert list(same.periods["public"]) == [
        f"{word}_at_{n}" for n in (5, 10) for word in ("original", "rerun", "same_opened")
    ]
    other = compare_rerun(board, 1, make_winner(2))
    for period in other.periods.values():
        assert period["original_at_5"] != period["rerun_at_5"]
        assert 0 <= period["same_opened_at_5"] < 1
    assert not other.identical
    assert -1 < other.rank_correlation < 1
    scores = read_submission(make_file(1, 0.2), board.judge.expected_ids)
    reversed_file = write_submission(edition, -scores, tmp_path / "r.csv")
    assert compare_rerun(board, 1, reversed_file).rank_correlation == pytest.approx(-1)
    flat = write_submission(edition, np.zeros(len(scores)), tmp_path / "f.csv")
    assert compare_rerun(board, 1, flat).as_dict()["rank_correlation"] is None
    with pytest.raises(KitError, match="no submission 99"):
        compare_rerun(board, 99, flat)


def test_csv_quotes_as_it_must():
    assert list(csv.reader(io.StringIO(to_csv([{"a,b": 'x"y'}])))) == [["a,b"], ['x"y']]
