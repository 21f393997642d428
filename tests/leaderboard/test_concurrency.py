"""Many threads: limits are kept, a file counts once, the audit log stays valid."""

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from customs_leaderboard.board import open_board
from customs_leaderboard.errors import QuotaError
from customs_leaderboard.standings.close import close_competition
from customs_leaderboard.standings.public import team_history
from customs_leaderboard.standings.select import select_submissions, selected_numbers
from customs_leaderboard.store.audit_log import read_entries, verify_chain
from customs_leaderboard.store.schema import Submission
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team, list_teams

N_THREADS = 8


def at_once(tasks):
    """Run tasks in threads that start together; return results or errors in order."""
    barrier = Barrier(len(tasks))

    def run(task):
        barrier.wait()
        try:
            return task()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


@pytest.fixture
def boards(board_of, database_url, clock):
    """The same competition opened twice, like in two processes of the service."""
    first = board_of(daily_limit=5)
    second = open_board(first.folder.root, database_url=database_url, clock=clock)
    assert first.judge.manifest == second.judge.manifest
    yield first, second
    second.close_connections()


def check_whole(board):
    """Check that rows, files, teams and log agree."""
    with board.database.reading() as session:
        verify_chain(session)
        rows = list(session.scalars(select(Submission)))
        logged = read_entries(session, actions=("submission accepted",))
    assert sorted(e.details["submission"] for e in logged) == sorted(s.number for s in rows)
    for row in rows:
        board.folder.accepted_file(row)  # checks its SHA-256
    assert len(list(board.folder.submissions.glob("*/*"))) == len(rows)
    assert list(board.folder.spool.iterdir()) == []
    for team in list_teams(board):
        own = [row for row in rows if row.team_number == team.number]
        assert team.n_submissions == len([row for row in own if not row.late])
        shown = [row.shown for row in sorted(own, key=lambda row: row.number) if row.shown]
        assert team.best_shown == (shown[-1] if shown else None)
        assert shown == sorted(shown)
    return rows


def test_the_quota_holds(boards, make_file):
    team, _ = add_team(boards[0], "Team A")
    paths = [make_file(i) for i in range(2 * N_THREADS)]

    def send(i):
        return submit_file(boards[i % 2], team.number, paths[i])

    outcomes = at_once([lambda i=i: send(i) for i in range(2 * N_THREADS)])
    accepted = [r for r in outcomes if not isinstance(r, Exception)]
    assert all(isinstance(r, QuotaError) for r in outcomes if isinstance(r, Exception))
    assert sorted(r.n_left_today for r in accepted) == [0, 1, 2, 3, 4]
    assert len(check_whole(boards[0])) == 5


def test_the_same_scores_at_once_count_once(boards, make_file, tmp_path):
    """Some are the same bytes, some have other line ends."""
    team, _ = add_team(boards[0], "Team A")
    paths = [make_file(1), tmp_path / "windows.csv", tmp_path / "long.csv"]
    content = paths[0].read_bytes()
    paths[1].write_bytes(content.replace(b"\n", b"\r\n"))
    paths[2].write_bytes(content + b"\n")
    receipts = at_once(
        [
            lambda i=i: submit_file(boards[i % 2], team.number, paths[i % 3])
            for i in range(N_THREADS)
        ]
    )
    assert sorted(r.duplicate for r in receipts) == [False] + [True] * (N_THREADS - 1)
    assert {r.number for r in receipts} == {1}
    (submission,) = check_whole(boards[0])
    assert submission.number == 1


def test_many_teams_at_once_are_all_counted_with_the_right_score(boards, make_file, exact_scores):
    board = boards[0]
    teams = [add_team(board, f"Team {i}")[0] for i in range(N_THREADS)]
    paths = [make_file(i, i / 10) for i in range(N_THREADS)]

    def send(i):
        # Every team sends every third file of all, so that files are shared, too.
        return [
            submit_file(boards[(i + j) % 2], teams[i].number, paths[j])
            for j in range(i % 3, N_THREADS, 3)
        ]

    outcomes = at_once([lambda i=i: send(i) for i in range(N_THREADS)])
    assert not any(isinstance(one, Exception) for one in outcomes), outcomes
    rows = check_whole(board)
    assert len(rows) == sum(len(one) for one in outcomes)
    judge = board.judge
    expected = {
        hashlib.sha256(path.read_bytes()).hexdigest(): judge.score(judge.check(path).answer)
        for path in paths
    }
    assert exact_scores(board) == {row.number: expected[row.sha256] for row in rows}


def test_one_file_at_a_time_is_scored(boards, make_file, monkeypatch):
    """Several at a time would cost thousands of thread switches."""
    board = boards[0]
    teams = [add_team(board, f"Team {i}")[0] for i in range(N_THREADS)]
    path, check, n_at_once, most = make_file(1), board.judge.check, [], []

    def checks(file):
        n_at_once.append(file)
        most.append(len(n_at_once))
        time.sleep(0.01)
        n_at_once.pop()
        return check(file)

    monkeypatch.setattr(board.judge, "check", checks)
    outcomes = at_once([lambda team=team: submit_file(board, team.number, path) for team in teams])
    assert not any(isinstance(one, Exception) for one in outcomes), outcomes
    assert most == [1] * N_THREADS


def test_closing_while_files_come_counts_each_or_calls_it_late(boards, make_file):
    board = boards[0]
    teams = [add_team(board, f"Team {i}")[0] for i in range(N_THREADS)]
    paths = [make_file(i) for i in range(N_THREADS)]

    def send(i):
        return [submit_file(boards[1], teams[i].number, path) for path in (paths[i], paths[i - 1])]

    tasks = [lambda i=i: send(i) for i in range(N_THREADS)]
    tasks.append(lambda: close_competition(board, early=True, n_replicates=20))
    outcomes = at_once(tasks)
    assert not any(isinstance(one, Exception) for one in outcomes), outcomes
    finals = outcomes.pop()
    receipts = [receipt for one in outcomes for receipt in one]
    check_whole(board)
    ranked = {receipt.number for receipt in receipts if not receipt.late}
    with board.database.reading() as session:
        (closed,) = read_entries(session, actions=("competition closed",))
    assert closed.details["n_submissions"] == len(ranked)
    assert {row.submission for row in finals.rows} <= ranked
    assert len(finals.rows) == len(
        [t for t in teams if any(not s.late for s in team_history(board, t.number))]
    )


def test_selections_at_once_end_as_one_of_them(boards, make_file):
    team, _ = add_team(boards[0], "Team A")
    numbers = [submit_file(boards[0], team.number, make_file(i)).number for i in range(4)]
    choices = [[numbers[i % 4], numbers[(i + 1) % 4]] for i in range(N_THREADS)]
    outcomes = at_once(
        [
            lambda i=i: select_submissions(boards[i % 2], team.number, choices[i])
            for i in range(N_THREADS)
        ]
    )
    assert not any(isinstance(one, Exception) for one in outcomes), outcomes
    assert selected_numbers(boards[0], team.number) in [sorted(c) for c in choices]
    check_whole(boards[0])
