"""Limits per day, hour and competition: the one that binds first counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from customs_leaderboard.errors import QuotaError, RefusedFileError
from customs_leaderboard.store.audit_log import read_entries
from customs_leaderboard.submissions.accept import accept_files
from customs_leaderboard.submissions.quotas import Quota, Usage, check_quota, quota_of
from customs_leaderboard.submissions.spool import Spool
from customs_leaderboard.submissions.submit import _score, score_and_accept, submit_file
from customs_leaderboard.teams.teams import add_team

NOW = datetime(2026, 3, 5, 22, 30, tzinfo=UTC)
HOUR, DAY = NOW.replace(hour=23, minute=0), datetime(2026, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("limits", "usage", "quota"),
    [
        ({"daily_limit": 5}, Usage(2, 2, 2), Quota(3, DAY)),
        ({"daily_limit": 5}, Usage(9, 9, 9), Quota(0, DAY)),
        ({"daily_limit": 5, "hourly_limit": 2}, Usage(1, 1, 1), Quota(1, HOUR)),
        ({"daily_limit": 5, "hourly_limit": 2}, Usage(4, 0, 4), Quota(1, DAY)),
        ({"daily_limit": 5, "hourly_limit": 5}, Usage(1, 1, 1), Quota(4, DAY)),
        ({"daily_limit": 5, "hourly_limit": 2, "total_limit": 8}, Usage(0, 0, 7), Quota(1, None)),
        ({"daily_limit": 5, "total_limit": 9}, Usage(0, 0, 4), Quota(5, None)),
    ],
)
def test_the_limit_that_binds_first(competition, limits, usage, quota):
    rules = replace(competition, **limits)
    assert quota_of(rules, usage, NOW) == quota
    if quota.n_left:
        check_quota(rules, usage, NOW)
        return
    with pytest.raises(QuotaError) as error:
        check_quota(rules, usage, NOW)
    assert error.value.resets_at == quota.resets_at


def test_an_hour_and_the_whole_competition_have_quotas(board_of, make_file, clock):
    board = board_of(daily_limit=10, hourly_limit=2, total_limit=3)
    team, _ = add_team(board, "Team A")
    clock.now = NOW
    receipts = [submit_file(board, team.number, make_file(i)) for i in range(2)]
    assert [(one.n_left_today, one.resets_at) for one in receipts] == [(1, HOUR), (0, HOUR)]
    with pytest.raises(QuotaError, match="its 2 submissions for this hour"):
        submit_file(board, team.number, make_file(2))
    clock.now = HOUR
    last = submit_file(board, team.number, make_file(2))
    assert (last.n_left_today, last.resets_at) == (0, None)
    with pytest.raises(QuotaError, match="all its 3 submissions of this competition") as error:
        submit_file(board, team.number, make_file(3))
    assert error.value.resets_at is None


def test_refused_files_have_a_limit_of_their_own(board_of, make_file, tmp_path, clock, monkeypatch):
    board = board_of(refused_limit=2, daily_limit=2)
    team, _ = add_team(board, "Team A")
    bad = tmp_path / "bad.csv"

    def send(content: str) -> None:
        bad.write_text(content)
        submit_file(board, team.number, bad)

    for i in range(2):
        with pytest.raises(RefusedFileError):
            send(f"a,b\n{i}\n")
    with monkeypatch.context() as patched:
        patched.setattr(board.judge, "check", lambda _path: pytest.fail("a file was checked"))
        with pytest.raises(QuotaError, match="sent 2 files today that could not") as error:
            send("a,b\n3\n")
    assert error.value.resets_at == datetime(2026, 3, 2, tzinfo=UTC)
    with board.database.reading() as session:
        assert len(read_entries(session, actions=("file refused",))) == 2
    other, _ = add_team(board, "Team B")
    assert submit_file(board, other.number, make_file(1)).n_left_today == 1
    clock.forward(days=1)
    assert submit_file(board, team.number, make_file(1)).n_left_today == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_log_is_not_flooded_by_files_refused_at_once(board_of, tmp_path):
    """Both passed the early check; the transaction decides."""
    board = board_of(refused_limit=1)
    team, _ = add_team(board, "Team A")
    for content in (b"a,b\n1\n", b"a,b\n2\n"):
        with Spool(board) as spool:
            spool.write(content)
            file = spool.received(team.number, board.now())
            with pytest.raises(RefusedFileError):
                score_and_accept(board, file, spool)
    with board.database.reading() as session:
        assert len(read_entries(session, actions=("file refused",))) == 1


def test_files_of_two_hours_in_one_group_count_on_their_own_hour(board_of, make_file, clock):
    board = board_of(daily_limit=3, hourly_limit=1)
    team, _ = add_team(board, "Team A")
    clock.now = NOW + timedelta(minutes=59)
    stamps = [NOW, HOUR, HOUR - timedelta(microseconds=1), HOUR + timedelta(minutes=1)]
    spools = [Spool(board) for _ in stamps]
    files = []
    for i, (stamp, spool) in enumerate(zip(stamps, spools, strict=True)):
        spool.write(make_file(i).read_bytes())
        spool.finish()
        files.append(_score(board, spool.received(team.number, stamp), spool))
    outcomes = accept_files(board, files)
    for spool in spools:
        spool.__exit__()
    assert [isinstance(one, QuotaError) for one in outcomes] == [False, False, True, True]
    assert [one.received_at for one in outcomes[:2]] == stamps[:2]
