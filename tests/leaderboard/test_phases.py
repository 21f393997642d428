"""Standings at the end of a phase, and where phases end."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from customs_leaderboard.errors import NotFoundError, QuotaError
from customs_leaderboard.rules.schedule import Milestone, PhaseRules
from customs_leaderboard.service import answers
from customs_leaderboard.service.app import make_app
from customs_leaderboard.standings.close import close_competition, extend_deadline
from customs_leaderboard.standings.phases import phase_spans, phase_standings
from customs_leaderboard.standings.public import public_standings
from customs_leaderboard.store.schema import Submission
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team
from leaderboard.conftest import OPENS

DAY = timedelta(days=1)
PHASES = (
    PhaseRules("Warm-up", OPENS, 20),
    PhaseRules("Main & more", OPENS + DAY),
    PhaseRules("Last", OPENS + 10 * DAY),
)


@pytest.fixture
def board(board_of):
    return board_of(phases=PHASES, milestones=(Milestone("Draft", OPENS + 40 * DAY),))


def spans_of(board):
    with board.database.reading() as session:
        return phase_spans(board, board.state(session))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_phase_ends_with_the_next_one_and_the_last_with_the_deadline(board, clock):
    spans = spans_of(board)
    assert [span.state for span in spans] == ["running", "upcoming", "upcoming"]
    assert [span.daily_limit for span in spans] == [20, 5, 5]
    assert [span.ends for span in spans] == [OPENS + DAY, OPENS + 10 * DAY, OPENS + 30 * DAY]
    extend_deadline(board, OPENS + 35 * DAY)
    assert [span.ends for span in spans_of(board)][1:] == [OPENS + 10 * DAY, OPENS + 35 * DAY]
    clock.forward(days=2)
    assert [span.state for span in spans_of(board)] == ["over", "running", "upcoming"]
    close_competition(board, early=True, n_replicates=10)
    clock.forward(days=20)  # the last phase never began
    assert [span.state for span in spans_of(board)] == ["over", "over", "upcoming"]
    ends = spans_of(board)[1].ends  # cut off by the close
    assert OPENS + 2 * DAY <= ends < OPENS + 3 * DAY


def test_the_standings_of_a_phase_stay_as_they_were_at_its_end(board, clock, make_file):
    first, second = (add_team(board, name)[0] for name in ("First", "Second"))
    submit_file(board, first.number, make_file(1, 0.1))
    submit_file(board, second.number, make_file(2, 0.6))
    running = phase_standings(board, "warm-up")
    assert running.rows == public_standings(board).rows
    assert [row.team for row in running.rows] == ["Second", "First"]
    clock.forward(days=1)
    submit_file(board, first.number, make_file(3, 0.99))
    submit_file(board, second.number, make_file(4, 0.0))
    assert phase_standings(board, "Warm-up").rows == running.rows
    main = phase_standings(board, "Main & more")
    assert main.rows == public_standings(board).rows
    assert [(row.team, row.n_submissions) for row in main.rows] == [("First", 2), ("Second", 2)]
    with pytest.raises(NotFoundError, match="Phase Last begins 2026-03-11"):
        phase_standings(board, "Last")
    with pytest.raises(NotFoundError, match="no phase 'Finale'"):
        phase_standings(board, "Finale")


def test_a_phase_has_its_own_daily_limit(board, clock, make_file):
    team, token = add_team(board, "Busan")
    client = TestClient(make_app(board))

    def left():
        headers = {"Authorization": f"Bearer {token}"}
        page = client.post("/team", data={"token": token}).text
        return client.get("/api/v1/team", headers=headers).json()["n_left_today"], page

    assert left()[0] == 20
    assert "of 20 a day" in left()[1]
    for seed in range(6):
        receipt = submit_file(board, team.number, make_file(seed))
    assert receipt.n_left_today == 14
    clock.forward(days=1)
    assert left()[0] == 5
    assert "of 5 a day" in left()[1]
    for seed in range(6, 11):
        submit_file(board, team.number, make_file(seed))
    with pytest.raises(QuotaError, match="has used its 5 submissions for today"):
        submit_file(board, team.number, make_file(11))


def test_disabled_teams_and_struck_submissions_leave_past_phases_too(board, clock, make_file):
    names = ("Honest", "Disabled", "Struck")
    teams = [add_team(board, name)[0] for name in names]
    for seed, team in enumerate(teams):
        submit_file(board, team.number, make_file(seed))
    clock.forward(days=1)
    assert {row.team for row in phase_standings(board, "Warm-up").rows} == set(names)
    with board.database.writing() as session:
        session.merge(teams[1]).disabled_at = clock.now
        session.get_one(Submission, 3).struck_at = clock.now
    assert [row.team for row in phase_standings(board, "Warm-up").rows] == ["Honest"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_phases_are_on_the_pages_and_in_the_api(board, clock, make_file):
    team, _ = add_team(board, "Busan")
    submit_file(board, team.number, make_file(1, 0.9))
    clock.forward(days=1)
    client = TestClient(make_app(board))
    home = client.get("/").text
    assert 'href="/?phase=Warm-up"' in home
    assert 'href="/?phase=Main%20%26%20more"' in home
    assert "?phase=Last" not in home
    page = client.get("/?phase=warm-up").text
    assert "as they were at the end of this phase" in page
    assert "Busan" in page
    answer = client.get("/api/v1/standings?phase=Warm-up").json()
    assert [row.team for row in answers.PhaseStandingsAnswer(**answer).rows] == ["Busan"]
    assert client.get("/api/v1/standings?phase=Last").status_code == 404
    assert client.get("/?phase=Finale").status_code == 404
    schedule = answers.PhasesAnswer(**client.get("/api/v1/phases").json())
    assert [phase.state for phase in schedule.phases] == ["over", "running", "upcoming"]
    assert [milestone.name for milestone in schedule.milestones] == ["Draft"]
    assert "Draft" in client.get("/about").text
