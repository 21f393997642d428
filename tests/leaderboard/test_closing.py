"""Extend the deadline, close, reveal."""

import json
from datetime import timedelta

import pytest

from customs_data.edition.reveal import verify_reveal
from customs_data.errors import KitError
from customs_leaderboard.board import open_board
from customs_leaderboard.errors import UnavailableError
from customs_leaderboard.standings.close import close_competition, extend_deadline, reveal_labels
from customs_leaderboard.standings.final import final_standings
from customs_leaderboard.standings.public import public_standings, team_history
from customs_leaderboard.store.actions import PUBLIC_ACTIONS
from customs_leaderboard.store.audit_log import read_entries, verify_chain
from customs_leaderboard.teams.teams import add_team


@pytest.fixture
def team(board):
    return add_team(board, "Team A")[0]


def phase(board):
    with board.database.reading() as session:
        return board.phase(board.state(session))


def public_log(board):
    with board.database.reading() as session:
        verify_chain(session)
        return read_entries(session, actions=PUBLIC_ACTIONS)[::-1]


def test_a_deadline_is_put_off_and_everybody_can_read_it(board, team, send, clock, database_url):
    later = board.competition.closes + timedelta(days=7)
    extend_deadline(board, later, "The server was down on Sunday")
    assert public_log(board)[-1].details == {
        "old": "2026-03-31T00:00:00Z",
        "new": "2026-04-07T00:00:00Z",
        "reason": "The server was down on Sunday",
    }
    clock.now = later - timedelta(seconds=1)
    assert not send(team, 1).late
    assert public_standings(board).closes == later
    clock.now = later
    assert send(team, 2).late
    # The announced rules are unchanged: opening the competition again is no change of rules.
    open_board(board.folder.root, database_url=database_url, clock=clock).close_connections()


def test_a_deadline_that_is_over_can_be_put_off_but_late_stays_late(board, team, send, clock):
    clock.forward(days=31)
    assert send(team, 1).late
    extend_deadline(board, clock.now + timedelta(days=1))
    assert not send(team, 2).late
    assert [one.late for one in team_history(board, team.number)] == [False, True]


def test_a_deadline_never_comes_earlier(board, clock):
    closes = board.competition.closes
    for wrong in (closes, closes - timedelta(seconds=1)):
        with pytest.raises(KitError, match="choose one later than"):
            extend_deadline(board, wrong)
    clock.forward(days=40)
    with pytest.raises(KitError, match="choose one later than"):
        extend_deadline(board, closes + timedelta(days=1))
    with pytest.raises(KitError, match="printable"):
        extend_deadline(board, closes + timedelta(days=99), "a\nb")
    with pytest.raises(KitError, match="more than a year later"):
        extend_deadline(board, closes + timedelta(days=380))
    close_competition(board)
    with pytest.raises(KitError, match="cannot be extended"):
        extend_deadline(board, closes + timedelta(days=99))


def test_closing_waits_for_the_deadline_unless_forced(board, clock):
    with pytest.raises(KitError, match="--early"):
        close_competition(board)
    assert phase(board) == "open"
    close_competition(board, early=True)
    assert phase(board) == "closed"
    assert public_log(board)[1].details["early"] is True
    with pytest.raises(KitError, match="was already closed"):
        close_competition(board, early=True)


def test_exact_scores_are_shown_after_the_close_only(board, team, send, clock):
    send(team, 1)
    clock.forward(days=30)
    late = send(team, 2)
    assert [one.exact for one in team_history(board, team.number)] == [None, None]
    close_competition(board, n_replicates=10)
    newest, oldest = team_history(board, team.number)
    assert newest.number == late.number
    for submission in (newest, oldest):
        assert set(submission.exact["private"]) == {"precision_at_5", "precision_at_10"}
    assert send(team, 3).late


def test_an_interrupted_close_is_finished_by_another(board, team, send, clock, monkeypatch):
    send(team, 1)
    clock.forward(days=30)

    def fail(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("customs_leaderboard.standings.close.compute_final", fail)
        with pytest.raises(KeyboardInterrupt):
            close_competition(board)
    assert (phase(board), final_standings(board)) == ("closed", None)
    assert len(close_competition(board, n_replicates=10).rows) == 1
    actions = [entry.action for entry in public_log(board)]
    assert actions == ["competition made", "competition closed", "final standings computed"]


def test_the_close_ties_down_the_log(board, team, send, clock):
    send(team, 1)
    clock.forward(days=30)
    close_competition(board, n_replicates=10)
    with board.database.reading() as session:
        closed = next(e for e in read_entries(session) if e.action == "competition closed")
    assert closed.details["log"] == closed.previous_hash
    assert (closed.details["n_teams"], closed.details["n_submissions"]) == (1, 1)


def test_labels_are_revealed_after_the_close_and_can_be_checked(board, clock, edition_path):
    with pytest.raises(KitError, match="after the close"):
        reveal_labels(board)
    assert not board.folder.reveal_file.exists()
    clock.forward(days=30)
    close_competition(board)
    path = reveal_labels(board)
    assert phase(board) == "revealed"
    assert all(check.passed for check in verify_reveal(edition_path, path))
    assert path.stat().st_mode & 0o077 == 0
    assert reveal_labels(board) == path
    (entry,) = [e for e in public_log(board) if e.action == "labels revealed"]
    assert entry.details["n_bytes"] == path.stat().st_size
    path.unlink()
    with pytest.raises(KitError, match="is missing"):
        reveal_labels(board)


def test_an_interrupted_reveal_is_finished_by_another(board, clock, monkeypatch):
    clock.forward(days=30)
    close_competition(board)

    def full(*_args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("customs_leaderboard.standings.close.sync_folder", full)
        with pytest.raises(UnavailableError, match="No space left"):
            reveal_labels(board)
    assert phase(board) == "closed"
    reveal_labels(board)
    assert phase(board) == "revealed"


def test_the_log_never_holds_secret_nonce_or_labels(board, clock, edition_path):
    clock.forward(days=30)
    close_competition(board)
    reveal_labels(board)
    secret = json.loads((edition_path / "hidden" / "secret.json").read_text())
    with board.database.reading() as session:
        log = json.dumps([entry.as_dict() for entry in read_entries(session)])
    assert secret["nonce"] not in log
    assert secret["secret"] not in log
