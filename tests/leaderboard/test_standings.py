"""Public standings before the close, and a team's own submissions."""

import json

import pytest
from sqlalchemy import update

from customs_data.errors import KitError
from customs_leaderboard.corrections.disabling import disable_team
from customs_leaderboard.errors import NotFoundError, NotOpenError
from customs_leaderboard.standings.public import (
    progress,
    public_standings,
    share_ranks,
    team_history,
    team_submission,
)
from customs_leaderboard.standings.select import select_submissions, selected_numbers
from customs_leaderboard.store.schema import Score
from customs_leaderboard.teams.teams import add_team


@pytest.fixture
def teams(board):
    return [add_team(board, f"Team {letter}")[0] for letter in "ABC"]


def test_teams_are_ranked_by_what_the_ladder_shows(board, teams, send):
    assert public_standings(board).rows == []
    send(teams[0], 1, quality=0.0)
    send(teams[1], 2, quality=1.0)
    rows = public_standings(board).rows
    assert [(row.rank, row.team) for row in rows] == [(1, "Team B"), (2, "Team A")]
    assert rows[0].score > rows[1].score
    assert all(row.score == round(row.score / 0.02) * 0.02 for row in rows)


def test_equal_scores_are_in_the_order_they_were_reached(board, teams, send):
    for team in (teams[2], teams[0], teams[1]):
        send(team, 1)
    rows = public_standings(board).rows
    assert [row.team for row in rows] == ["Team C", "Team A", "Team B"]
    assert len({row.score for row in rows}) == 1
    assert [row.rank for row in rows] == [1, 1, 1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_rank_after_a_tie_counts_its_teams(board, teams, send):
    assert share_ranks([0.9, 0.9, 0.8, 0.7, 0.7]) == [1, 1, 3, 4, 4]
    send(teams[0], 1, quality=0.0)
    for team in teams[1:]:
        send(team, 2, quality=1.0)
    assert [(row.rank, row.team) for row in public_standings(board).rows] == [
        (1, "Team B"), (1, "Team C"), (3, "Team A"),
    ]  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_disabled_teams_are_left_out(board, teams, send):
    send(teams[0], 1)
    send(teams[1], 2)
    disable_team(board, "Team A", "Two accounts")
    assert [row.team for row in public_standings(board).rows] == ["Team B"]
    assert [one.team for one in progress(board)] == ["Team B"]


def test_progress_holds_the_improvements(board, teams, send):
    shown = [send(teams[0], seed, quality=seed / 4) for seed in range(5)]
    (one,) = progress(board)
    assert [score for _, score in one.points] == [r.shown for r in shown if r.improved]
    assert progress(board, n_teams=0) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_standings_do_not_depend_on_exact_scores(board, teams, send):
    """Everything shown before the close follows from laddered scores."""
    for seed, team in enumerate(teams):
        send(team, seed, quality=seed / 2)

    def all_that_is_shown():
        answers = [public_standings(board), *progress(board)]
        answers += [h for team in teams for h in team_history(board, team.number)]
        return json.dumps([h.as_dict() for h in answers])

    before = all_that_is_shown()
    with board.database.writing() as session:
        session.execute(update(Score).values(value=0.123456789))
    assert all_that_is_shown() == before


def test_a_history_is_a_teams_own(board, teams, send):
    first = send(teams[0], 1)
    send(teams[1], 2)
    second = send(teams[0], 3)
    history = team_history(board, teams[0].number)
    assert [one.number for one in history] == [second.number, first.number]
    assert team_submission(board, teams[0].number, first.number).sha256 == first.sha256
    for number in (2, 99):
        with pytest.raises(NotFoundError):
            team_submission(board, teams[0].number, number)


def test_selections_are_replaced_and_checked(board, teams, send, clock):
    numbers = [send(teams[0], seed).number for seed in range(3)]
    other = send(teams[1], 1).number
    team = teams[0].number
    assert selected_numbers(board, team) == []
    assert select_submissions(board, team, [numbers[2], numbers[0]]) == [numbers[0], numbers[2]]
    assert select_submissions(board, team, [numbers[1]] * 3) == [numbers[1]]
    assert selected_numbers(board, team) == [numbers[1]]
    assert [one.selected for one in team_history(board, team)] == [False, True, False]
    for wrong in ([other], [99], [numbers[0], other]):
        with pytest.raises(NotFoundError):
            select_submissions(board, team, wrong)
    with pytest.raises(KitError, match="at most 2 may be"):
        select_submissions(board, team, numbers)
    assert selected_numbers(board, team) == [numbers[1]]
    assert select_submissions(board, team, []) == []
    clock.forward(days=30)
    with pytest.raises(NotOpenError):
        select_submissions(board, team, [numbers[0]])
