"""Close, reveal and verify: the last finished attempt counts, and every tampering is named."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from customs_data.errors import KitError
from customs_leaderboard.corrections.disabling import disable_team
from customs_leaderboard.errors import NotOpenError
from customs_leaderboard.season.attempts import begin_attempt
from customs_leaderboard.season.board import open_contest
from customs_leaderboard.season.deciding import Choice, decide_week, see_week
from customs_leaderboard.season.ending import close_season, reveal_season
from customs_leaderboard.season.live import Place
from customs_leaderboard.season.secret import world_key
from customs_leaderboard.season.standings import final_table
from customs_leaderboard.season.verify import SeasonScope, verify_season
from customs_leaderboard.store.schema import (
    FinalResult,
    SeasonAttempt,
    SeasonResult,
    SeasonStep,
    State,
    Team,
)
from customs_leaderboard.teams.teams import add_team
from leaderboard.conftest import OPENS


def play(board, team, attempt, choose=lambda seen: range(seen.n_inspections), weeks=4):
    """Begin an attempt, and decide the weeks of both worlds."""
    begin_attempt(board, team.number, attempt, abandon=True)
    for world in (1, 2):
        for week in range(1, weeks + 1):
            place = Place(team.number, attempt, world)
            choice = Choice(list(choose(see_week(board, place, week))))
            decide_week(board, place, week, choice, board.now())


def last_rows(seen):
    n = len(seen.declarations)
    return range(n - seen.n_inspections, n)


@pytest.fixture
def teams(board):
    return [add_team(board, name)[0] for name in ("Busan", "Incheon", "Ulsan")]


@pytest.fixture
def played(board, teams):
    """Busan finishes two attempts, Incheon one and begins another, Ulsan none."""
    busan, incheon, ulsan = teams
    play(board, busan, 1)
    play(board, busan, 2, last_rows)
    play(board, incheon, 1)
    play(board, incheon, 2, weeks=2)
    play(board, ulsan, 1, weeks=3)
    return board


def score_of(board, team, attempt, rows_of_week):
    """Compute a mean precision from the worlds themselves."""
    shares = []
    for world in (1, 2):
        arrivals = board.competition.make_world(world_key(board.secret, team, attempt, world))
        n_found = n_opened = 0
        for week in range(1, 5):
            rows = arrivals.rows_of(week)
            k = -(-len(rows) // 10)  # 10 %, rounded up
            opened = rows[:k] if rows_of_week == "first" else rows[-k:]
            n_found += int(arrivals.fraud[opened].sum())
            n_opened += k
        shares.append(Fraction(n_found, n_opened))
    return float(sum(shares) / 2)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_last_finished_attempt_counts_not_the_best(played, clock):
    board = played
    assert final_table(board) is None
    with pytest.raises(KitError, match="runs until"):
        close_season(board)
    clock.forward(days=30)
    table = close_season(board)
    busan, incheon = sorted(table.rows, key=lambda row: row.team_number)
    assert (busan.attempt, busan.n_begun, busan.n_finished) == (2, 2, 2)
    assert busan.precision == score_of(board, 1, 2, "last")
    assert (incheon.attempt, incheon.n_begun, incheon.n_finished) == (1, 2, 1)
    assert incheon.precision == score_of(board, 2, 1, "first")
    assert [row.rank for row in table.rows] == [1, 2]
    assert table.rows[0].precision >= table.rows[1].precision
    assert final_table(board) == table
    with pytest.raises(KitError, match="already closed"):
        close_season(board)
    with pytest.raises(NotOpenError):
        play(board, add_team(board, "Daegu")[0], 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_disabled_team_leaves_the_table_and_all_is_still_verified(played, clock):
    clock.forward(days=30)
    close_season(played)
    disable_team(played, "Busan", "two accounts")
    assert [row.team for row in final_table(played).rows] == ["Incheon"]
    assert verify_season(played).passed


def test_revealed_evidence_verifies_everything(played, clock, database_url):
    board = played
    with pytest.raises(KitError, match="is open"):
        reveal_season(board)
    clock.forward(days=30)
    close_season(board)
    evidence = reveal_season(board)
    assert reveal_season(board) == evidence  # again, after an interruption
    for what in (board, evidence):
        report = verify_season(what)
        assert report.findings == []
        names = [check.name for check in report.checks]
        assert names[-7:] == [
            "chain", "times", "commitment", "decisions", "attempts", "worlds", "standings",
        ]  # fmt: skip
    assert "6 worlds" in verify_season(board).checks[-2].explanation
    again = open_contest(board.folder.root, database_url=database_url, clock=clock)
    assert verify_season(again, SeasonScope(quick=True)).passed
    again.close_connections()


def with_rows_before(text):
    data = json.loads(text)
    data["rows"] = [row - 1 for row in data["rows"]]
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def with_one_more_fraud(text):
    scores = json.loads(text)
    return json.dumps({**scores, "fraud_found": scores["fraud_found"] + 1})


def in_reverse(text):
    rows = json.loads(text)["rows"][::-1]
    return json.dumps({"rows": rows}, sort_keys=True, separators=(",", ":"))


#: Row, column, what somebody makes of it, and what `verify` must say.
CHANGES = [
    (SeasonStep, (1, 2, 1, 2), "selection", with_rows_before,
     ["its selection is not that of the log", "the reports were not those of the world"]),
    (SeasonResult, (1, 2, 1), "scores", with_one_more_fraud,
     ["not those of the season played again", "does not follow from the scores"]),
    (SeasonAttempt, (1, 2), "finished_at", lambda at: None,
     ["was finished by the log or by its row"]),
    (FinalResult, 1, "content", in_reverse, ["has another hash than the log"]),
    (State, 1, "commitment", lambda text: "0" * 64, ["was published at the start"]),
    (Team, 2, "disabled_at", lambda at: OPENS, ["Team 2 is disabled by the log or by its row"]),
]  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_change_by_hand_is_named(played, clock):
    clock.forward(days=30)
    close_season(played)
    _ = played.secret  # before the commitment is changed
    for kind, key, column, change, words in CHANGES:
        assert verify_season(played).passed
        with played.database.writing() as session:
            before = getattr(session.get_one(kind, key), column)
            setattr(session.get_one(kind, key), column, change(before))
        findings = verify_season(played).findings
        for text in words:
            assert any(text in finding for finding in findings), (text, findings)
        with played.database.writing() as session:
            setattr(session.get_one(kind, key), column, before)
    with played.database.writing() as session:
        session.delete(session.get_one(SeasonStep, (1, 2, 1, 4)))
    assert any("its row is missing" in it for it in verify_season(played).findings)
