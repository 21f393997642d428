"""Disable and enable teams, strike submissions: public, replayed, and undone without a trace."""

from itertools import product

import pytest
from sqlalchemy import select

from customs_data.errors import KitError
from customs_leaderboard.corrections.disabling import disable_team, enable_team
from customs_leaderboard.corrections.striking import strike, unstrike
from customs_leaderboard.errors import DisabledTeamError, NotFoundError, QuotaError
from customs_leaderboard.ladder.ladder import Ladder
from customs_leaderboard.ladder.replay import replay_ladder
from customs_leaderboard.standings import close as closing
from customs_leaderboard.standings.close import close_competition, recompute_final
from customs_leaderboard.standings.final import final_standings
from customs_leaderboard.standings.public import progress, public_standings, team_history
from customs_leaderboard.standings.select import select_submissions, selected_numbers
from customs_leaderboard.store.actions import PUBLIC_ACTIONS
from customs_leaderboard.store.audit_log import read_entries, verify_chain
from customs_leaderboard.store.schema import Submission, Team
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team, authenticate, list_teams


@pytest.fixture
def team(board):
    return add_team(board, "Team A")[0]


def public_log(board):
    with board.database.reading() as session:
        verify_chain(session)
        return read_entries(session, actions=PUBLIC_ACTIONS)


def rows_of(board):
    """Return everything about teams and submissions that a correction may change."""
    with board.database.reading() as session:
        teams = [vars(team) for team in session.scalars(select(Team).order_by(Team.number))]
        files = [vars(f) for f in session.scalars(select(Submission).order_by(Submission.number))]
    return [{k: v for k, v in row.items() if k[0] != "_"} for row in teams + files]


def test_a_disabled_team_is_refused_with_the_reason_until_it_is_enabled(board, send):
    team, token = add_team(board, "Team A")
    send(team, 1)
    before = rows_of(board)
    disable_team(board, "team a", "Two accounts")
    with pytest.raises(DisabledTeamError, match=r"by the organizer \(Two accounts\)"):
        authenticate(board, token)
    with pytest.raises(KitError, match="was already disabled"):
        disable_team(board, "Team A", "Again")
    assert public_standings(board).rows == []
    entry = public_log(board)[0]
    assert (entry.action, entry.actor) == ("team disabled", "organizer")
    assert entry.details == {"team": 1, "name": "Team A", "reason": "Two accounts"}
    enable_team(board, "Team A", "It was a mistake")
    with pytest.raises(KitError, match="is not disabled"):
        enable_team(board, "Team A", "Again")
    assert authenticate(board, token)[0].number == team.number
    assert rows_of(board) == before
    assert public_log(board)[0].details["reason"] == "It was a mistake"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_correction_needs_a_printable_reason(board, team, send):
    send(team, 1)
    correct = [(disable_team, "Team A"), (enable_team, "Team A"), (strike, 1), (unstrike, 1)]
    for reason, (act, what) in product(["", "  ", "a\nb", "x" * 201], correct):
        with pytest.raises(KitError, match="reason"):
            act(board, what, reason)
    assert [entry.action for entry in public_log(board)] == ["competition made"]


@pytest.mark.parametrize(
    "rules",
    [{}, {"ladder": "paired", "ladder_standard_errors": 0.5}, {"ladder_ground_errors": 0.5}],
)
def test_a_strike_replays_the_ladder_as_if_the_file_had_not_been_sent(
    board_of, make_file, rules, clock
):
    """Team A sends four files; team B sends three of them at the same times."""
    board = board_of(**rules)
    first, second = (add_team(board, name)[0] for name in ("Team A", "Team B"))
    for seed, quality in ((1, 0.1), (2, 0.99), (3, 0.3), (4, 0.9)):
        for team in (first, second):
            if (team, seed) != (second, 2):
                submit_file(board, team.number, make_file(seed, quality))
    before = rows_of(board)
    strike(board, 3, "Made with Team C's file")
    a, b = (
        [(s.shown, s.improved, s.exact) for s in team_history(board, team.number)
         if s.struck_at is None]
        for team in (first, second)
    )  # fmt: skip
    assert a == b
    struck = next(s for s in team_history(board, first.number) if s.struck_at)
    assert (struck.number, struck.shown, struck.improved) == (3, None, False)
    assert struck.as_dict()["struck_reason"] == "Made with Team C's file"
    teams = list_teams(board)
    assert (teams[0].best_shown, teams[0].n_submissions) == (teams[1].best_shown, 3)
    lines = progress(board)
    assert [score for _, score in lines[0].points] == [score for _, score in lines[1].points]
    replayed, entry = (read_newest(board, 2)[i] for i in (0, 1))
    assert entry.details == {
        "submission": 3, "team": 1, "name": "Team A", "reason": "Made with Team C's file",
    }  # fmt: skip
    assert (replayed.action, replayed.details["new"]) == ("ladder replayed", teams[0].best_shown)
    assert replayed.details["shown"]["3"] is None
    unstrike(board, 3, "It was the team's own")
    assert rows_of(board) == before


def read_newest(board, n):
    with board.database.reading() as session:
        return read_entries(session, limit=n)


def test_a_struck_submission_counts_against_the_limit_and_cannot_be_selected(board, send, team):
    for seed in range(5):
        send(team, seed)
    select_submissions(board, team.number, [1, 2])
    strike(board, 2, "Copied")
    assert selected_numbers(board, team.number) == [1]
    assert [s.number for s in team_history(board, team.number) if s.selected] == [1]
    with pytest.raises(QuotaError):
        send(team, 6)
    assert send(team, 1).duplicate  # the struck file
    with pytest.raises(KitError, match=r"2 was struck by the organizer \(Copied\)"):
        select_submissions(board, team.number, [2])
    with pytest.raises(KitError, match="was already struck"):
        strike(board, 2, "Again")
    with pytest.raises(KitError, match="3 is not struck"):
        unstrike(board, 3, "Again")
    with pytest.raises(NotFoundError, match="no submission 77"):
        strike(board, 77, "Nothing")
    unstrike(board, 2, "It was the team's own")
    assert selected_numbers(board, team.number) == [1, 2]


def test_after_the_close_every_correction_computes_the_standings_again(board, send, team, clock):
    other = add_team(board, "Team B")[0]
    send(team, 1, 0.9)
    send(team, 2, 0.1)
    send(other, 3, 0.5)
    select_submissions(board, team.number, [2])
    clock.forward(days=31)
    before = close_competition(board, n_replicates=10)
    disable_team(board, "Team B", "Two accounts")
    assert [row.team for row in final_standings(board).rows] == ["Team A"]
    enable_team(board, "Team B", "A mistake")
    assert final_standings(board) == before
    strike(board, 2, "Copied")
    (row,) = (row for row in final_standings(board).rows if row.team == "Team A")
    assert (row.submission, row.selected, row.selected_by_team) == (1, [1], False)
    strike(board, 1, "Copied")
    assert [row.team for row in final_standings(board).rows] == ["Team B"]
    unstrike(board, 1, "A mistake")
    unstrike(board, 2, "A mistake")
    assert final_standings(board) == before


def test_an_interrupted_computation_is_made_up_for(board, send, team, clock, monkeypatch):
    """Standings that a correction made wrong are shown no more; `close` computes them."""
    send(team, 1)
    clock.forward(days=31)
    before = close_competition(board, n_replicates=10)

    def killed(*_arguments, **_keywords):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(closing, "compute_final", killed)
        with pytest.raises(KeyboardInterrupt):
            strike(board, 1, "Copied")
    assert final_standings(board) is None
    assert close_competition(board, n_replicates=10).rows == []
    unstrike(board, 1, "A mistake")
    assert final_standings(board) == before


def test_a_correction_during_the_computation_starts_it_again(board, send, team, clock, monkeypatch):
    send(team, 1)
    clock.forward(days=31)
    close_competition(board, n_replicates=10)
    real, runs = closing.compute_final, []

    def slow(board, **keywords):
        runs.append(real(board, **keywords))
        if len(runs) == 1:
            strike(board, 1, "Copied")  # another process; computes, too
        return runs[-1 if len(runs) != 2 else 0]

    monkeypatch.setattr(closing, "compute_final", slow)
    recompute_final(board)
    assert final_standings(board).rows == []
    assert len(runs) == 3


def test_replaying_lower_is_better():
    ladder = Ladder("step", 0.1, ground_errors=0, higher_is_better=False)
    steps = replay_ladder(ladder, [(2, 0.5), (3, 0.45), (9, 0.2)], chance=None)
    assert [(s.shown, s.improved, s.best_submission) for s in steps] == [
        (0.5, True, 2), (0.5, False, 2), (0.2, True, 9),
    ]  # fmt: skip
