"""Two processes serve one competition, on both databases: a week is decided once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from customs_leaderboard.errors import ConflictError
from customs_leaderboard.season.attempts import begin_attempt
from customs_leaderboard.season.board import open_season_board
from customs_leaderboard.season.deciding import Choice, arrived_reports, decide_week, see_week
from customs_leaderboard.season.live import Place
from customs_leaderboard.season.verify import verify_season
from customs_leaderboard.store.audit_log import read_entries, verify_chain
from customs_leaderboard.store.backup import write_backup
from customs_leaderboard.store.restore import restore_backup
from customs_leaderboard.store.schema import SeasonStep
from customs_leaderboard.teams.teams import add_team


@pytest.fixture
def boards(board, database_url, clock):
    other = open_season_board(board.folder.root, database_url=database_url, clock=clock)
    yield board, other
    other.close_connections()


def test_of_decisions_at_once_one_is_stored(boards):
    first, second = boards
    team, _ = add_team(first, "Busan")
    begin_attempt(first, team.number, 1)
    place = Place(team.number, 1, 1)
    for week in (1, 2, 3, 4):
        k = see_week(boards[week % 2], place, week).n_inspections

        def decide(i, week=week, k=k):
            choice = Choice(list(range(i % 4, i % 4 + k)))  # four different decisions
            try:
                return i % 4, decide_week(boards[i % 2], place, week, choice, first.now())[0]
            except ConflictError:
                return None

        with ThreadPoolExecutor(8) as pool:
            answers = [it for it in pool.map(decide, range(16)) if it is not None]
        # Whoever got an answer got that of the decision that was stored.
        assert len({which for which, _ in answers}) == 1
        assert all(answer == answers[0][1] for _, answer in answers)
    with first.database.reading() as session:
        verify_chain(session)
        assert session.scalar(select(func.count()).select_from(SeasonStep)) == 4
        entries = [one for one in read_entries(session) if one.action == "week decided"]
    assert [one.details["week"] for one in entries] == [4, 3, 2, 1]
    assert arrived_reports(first, place).equals(arrived_reports(second, place))


def test_attempts_at_once_begin_one(boards):
    team, _ = add_team(boards[0], "Busan")
    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda i: begin_attempt(boards[i % 2], team.number, 1)[1], range(16)))
    assert begun.count(True) == 1


def test_teams_at_once_share_transactions_and_lose_nothing(board):
    teams = [add_team(board, f"Team {i}")[0] for i in range(6)]
    for team in teams:
        begin_attempt(board, team.number, 1)

    def play(team):
        for week in (1, 2, 3, 4):
            place = Place(team.number, 1, 1)
            k = see_week(board, place, week).n_inspections
            decide_week(board, place, week, Choice(list(range(k))), board.now())

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(play, teams))
    with board.database.reading() as session:
        verify_chain(session)
        assert session.scalar(select(func.count()).select_from(SeasonStep)) == 24


def test_a_backup_is_played_on_in_another_place(board, clock, tmp_path):
    team, _ = add_team(board, "Busan")
    begin_attempt(board, team.number, 1)
    place = Place(team.number, 1, 1)
    k = see_week(board, place, 1).n_inspections
    choice = Choice(list(range(k)))
    decided, _ = decide_week(board, place, 1, choice, board.now())
    write_backup(board, tmp_path / "b.tar.gz")
    again = restore_backup(tmp_path / "b.tar.gz", tmp_path / "again", clock=clock)
    assert decide_week(again, place, 1, choice, again.now()) == (decided, False)
    k = see_week(again, place, 2).n_inspections
    assert decide_week(again, place, 2, Choice(list(range(k))), again.now())[1]
    assert verify_season(again).passed
    again.close_connections()
