"""A file is checked, scored, stored and counted, or nothing changes."""

import gzip
import hashlib
import json
import os
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor, sqrt
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from customs_data.errors import KitError
from customs_leaderboard.corrections.disabling import disable_team
from customs_leaderboard.errors import (
    DisabledTeamError,
    NotOpenError,
    QuotaError,
    RefusedFileError,
    TooLargeError,
)
from customs_leaderboard.ladder.ladder import Kind
from customs_leaderboard.standings.public import team_history
from customs_leaderboard.store.audit_log import read_entries, verify_chain
from customs_leaderboard.store.commitments import commit_to, logged_facts, sealed_facts
from customs_leaderboard.store.schema import Submission
from customs_leaderboard.submissions.spool import Spool
from customs_leaderboard.submissions.submit import submit, submit_file
from customs_leaderboard.submissions.sweeping import sweep
from customs_leaderboard.teams.teams import add_team, list_teams
from customs_scorer import check_submission, write_submission
from customs_scorer.formats import check_format
from customs_scorer.ranking import score_files


@pytest.fixture
def team(board):
    return add_team(board, "Team A")[0]


def stored(board):
    with board.database.reading() as session:
        return list(session.scalars(select(Submission).order_by(Submission.number)))


def files_of(board):
    return sorted(path.name for path in board.folder.submissions.glob("*/*"))


def send_bytes(board, team, content):
    with Spool(board) as spool:
        for start in range(0, len(content), 1000):
            spool.write(content[start : start + 1000])
        return submit(board, spool.received(team.number, board.now()), spool)


def test_scores_are_those_of_customs_kit_score(board, team, make_file, edition_path, exact_scores):
    paths = [make_file(i, quality) for i, quality in enumerate((0, 0.5, 1))]
    for path in paths:
        submit_file(board, team.number, path)
    by_file = {s.file: s.scorecard for s in score_files(paths, edition_path, n_replicates=0)}
    for path, scores in zip(paths, exact_scores(board).values(), strict=True):
        for period, values in scores.items():
            card = getattr(by_file[str(path)], period)
            assert values == {n: card[n] for n in ("precision_at_5", "precision_at_10")}


def test_a_file_is_stored_as_it_was_sent(board, team, make_file):
    path = make_file(1, suffix=".csv.gz")
    receipt = submit_file(board, team.number, path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert receipt.sha256 == sha256
    kept = board.folder.submission_path(team.number, sha256, ".csv.gz")
    assert kept.read_bytes() == path.read_bytes()
    assert list(board.folder.spool.iterdir()) == []


def test_the_board_shows_what_the_ladder_lets_through(board, team, send, exact_scores):
    """Step 0.02: the first score is rounded, later ones must beat the shown one by the step."""
    shown = None
    for seed in range(5):
        receipt = send(team, seed, quality=seed / 5)
        exact = exact_scores(board)[receipt.number]["public"]["precision_at_5"]
        exact = Fraction(str(exact))
        step = Fraction(2, 100)
        before = shown
        if shown is None or exact >= shown + step:
            shown = (exact / step + Fraction(1, 2)).__floor__() * step
        assert receipt.shown == float(shown)
        assert receipt.improved is (shown != before)
    (climber,) = list_teams(board)
    assert (climber.best_shown, climber.n_submissions) == (float(shown), 5)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_board_shows_chance_until_a_file_is_clearly_better(
    board_of, send_labels, kind, exact_scores
):
    """301 public declarations, 16 inspected; step 0.02, or grid of 1/16.

    Chance is the base rate b. The standard error of a random file is
    sqrt(b (1 - b) / 16 * 285 / 300): a file leaves the ground with more than b and four of these.
    """
    board = board_of(ladder=kind, ladder_ground_errors=4.0, daily_limit=10)
    team, _ = add_team(board, "Team A")
    base = float(board.judge.chance.exact)
    enough = floor(16 * (base + 4 * sqrt(base * (1 - base) / 16 * 285 / 300))) + 1
    steps = 16 if kind == "parameter_free" else 50
    ground, first, second = (
        round(steps * value) / steps for value in (base, enough / 16, (enough + 1) / 16)
    )
    counts = [enough - 1, 0, enough, 3, enough + 1]
    receipts = [send_labels(board, team, n) for n in counts]
    # After the ground, one more fraud is a step, but not a standard error of a paired test.
    last = second if kind == "step" else first
    shown = [ground, ground, first, first, last]
    assert [one.shown for one in receipts] == pytest.approx(shown)
    assert [one.improved for one in receipts] == [True, False, True, False, kind == "step"]
    exact = [scores["public"]["precision_at_5"] for scores in exact_scores(board).values()]
    assert [round(16 * value) for value in exact] == counts
    (climber,) = list_teams(board)
    assert climber.best_shown == pytest.approx(last)
    assert climber.best_submission == (5 if kind == "step" else 3)


@pytest.fixture
def send_labels(edition, tmp_path):
    """Send a file that catches n public frauds: ``send_labels(board, team, n)``."""

    def send(board, team, n_caught):
        judge = board.judge
        rows, fraud = judge.row_numbers("public"), judge.answers("public")["Fraud"].to_numpy()
        scores = np.zeros(len(judge.expected_ids))
        scores[rows[np.flatnonzero(fraud)[:n_caught]]] = 1
        scores[rows[np.flatnonzero(fraud == 0)[: 16 - n_caught]]] = 1
        path = write_submission(edition, scores, tmp_path / f"{n_caught}-caught.csv")
        return submit_file(board, team.number, path)

    return send


def test_the_parameter_free_ladder_compares_with_the_best_file(board_of, make_file):
    from customs_leaderboard.ladder.update_rules import paired_ladder
    from customs_scorer.metrics.inspection import gains_of
    from customs_scorer.submissions import read_submission

    board = board_of(ladder="parameter_free", daily_limit=10)
    team, _ = add_team(board, "Team A")
    judge, shown, best = board.judge, None, None
    for seed, quality in enumerate((0.2, 0.0, 0.7, 0.71, 1.0)):
        path = make_file(seed, quality)
        receipt = submit_file(board, team.number, path)
        scores = read_submission(path, judge.expected_ids)[judge.row_numbers("public")]
        new = gains_of(judge.answers("public")["Fraud"].to_numpy(), scores, 0.05)
        shown, improved = paired_ladder(shown, best, new, step=1 / new.weight, standard_errors=1)
        best = new if improved else best
        assert (receipt.shown, receipt.improved) == (shown, improved)


def test_the_same_file_is_recognised_and_not_counted(board, team, make_file):
    path = make_file(1)
    first = submit_file(board, team.number, path)
    again = submit_file(board, team.number, path)
    assert (first.duplicate, again.duplicate) == (False, True)
    assert (again.number, again.n_left_today) == (first.number, 4)
    assert len(stored(board)) == 1
    other, _ = add_team(board, "Team B")
    assert not submit_file(board, other.number, path).duplicate


def test_the_same_file_is_recognised_when_the_quota_is_used_up(board_of, make_file):
    board = board_of(daily_limit=1)
    team, _ = add_team(board, "Team A")
    first = submit_file(board, team.number, make_file(1))
    assert submit_file(board, team.number, make_file(1)).number == first.number
    with pytest.raises(QuotaError):
        submit_file(board, team.number, make_file(2))


def test_what_is_not_counted_waits_for_no_disk(board_of, make_file, monkeypatch):
    board = board_of(daily_limit=1)
    team, _ = add_team(board, "Team A")
    first, second = make_file(1), make_file(2)
    submit_file(board, team.number, first)
    monkeypatch.setattr(os, "fsync", lambda _descriptor: pytest.fail("a file was synced"))
    assert submit_file(board, team.number, first).duplicate
    with pytest.raises(QuotaError):
        submit_file(board, team.number, second)
    assert list(board.folder.spool.iterdir()) == []


def test_a_file_is_made_with_its_first_bytes(board):
    """Not before: an upload is received by an event loop, which must not wait for a disk."""
    with Spool(board) as spool:
        assert not spool.path.exists()
        spool.write(b"x")
        assert spool.path.exists()
    assert not spool.path.exists()


def test_the_quota_is_by_day_of_utc(board_of, make_file, clock):
    board = board_of(daily_limit=2)
    team, _ = add_team(board, "Team A")
    clock.now = datetime(2026, 3, 5, 23, 59, tzinfo=UTC)
    left = [submit_file(board, team.number, make_file(i)).n_left_today for i in range(2)]
    assert left == [1, 0]
    with pytest.raises(QuotaError, match="its 2 submissions for today") as error:
        submit_file(board, team.number, make_file(2))
    assert error.value.resets_at == datetime(2026, 3, 6, tzinfo=UTC)
    clock.now = datetime(2026, 3, 6, tzinfo=UTC)
    assert submit_file(board, team.number, make_file(2)).n_left_today == 1
    assert len(stored(board)) == 3


def test_an_invalid_file_is_reported_in_full_and_not_counted(board, team):
    content = b"Declaration ID,Fraud Score\n1,x\n2,inf\n"
    with pytest.raises(RefusedFileError) as error:
        send_bytes(board, team, content)
    columns = {problem.column for problem in error.value.report.problems}
    assert columns == {"Declaration ID", "Fraud Score"}
    assert len(error.value.report.problems) >= 3
    assert "The file" in str(error.value)
    assert (stored(board), files_of(board), list_teams(board)[0].n_submissions) == ([], [], 0)
    assert list(board.folder.spool.iterdir()) == []
    with board.database.reading() as session:
        refused = read_entries(session)[0]
    assert (refused.action, refused.actor) == ("file refused", "team 1")
    assert refused.details["sha256"] == hashlib.sha256(content).hexdigest()


def bad_files(edition):
    rows = "".join(f"{name},0.5\n" for name in edition.test["Declaration ID"])
    valid = f"Declaration ID,Fraud Score\n{rows}".encode()
    yield "empty", b""
    yield "damaged gzip", gzip.compress(valid)[:-20]
    yield "gzip bomb", gzip.compress(b"0" * (4 << 20))
    yield "a header only", b"Declaration ID,Fraud Score\n"
    yield "half", valid[: len(valid) // 2]
    yield "Latin-1", valid.replace(b",0.5\n", b",0,5\xe9\n")
    yield "zip", b"PK\x03\x04" + valid


def test_no_refusal_contains_the_servers_paths(board, team, edition):
    for name, content in bad_files(edition):
        with pytest.raises(RefusedFileError) as error:
            send_bytes(board, team, content)
        message = str(error.value)
        assert str(board.folder.root) not in message, name
        assert "spool" not in message, name
    assert stored(board) == []


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "BOM", "CRLF", "parquet", "feather", "xlsx"])
def test_the_board_takes_what_the_check_accepts(kind, board, team, edition, tmp_path):
    """Otherwise a team would read 'can be scored', and then a refusal."""
    path = tmp_path / f"submission.{kind}"
    frame = pd.DataFrame({"Declaration ID": edition.test["Declaration ID"], "Fraud Score": 0.5})
    text = frame.to_csv(index=False, lineterminator="\r\n" if kind == "CRLF" else "\n")
    content = text.encode("utf-8-sig" if kind == "BOM" else "utf-8")
    if kind == "parquet":
        content = frame.to_parquet()
    elif kind == "feather":
        frame.to_feather(path)
        content = path.read_bytes()
    elif kind == "xlsx":
        content = b"PK\x03\x04xl/workbook.xml" + content
    path.write_bytes(gzip.compress(content) if kind == "csv.gz" else content)
    checked = check_submission(path, edition.test["Declaration ID"])
    assert checked.passed == (kind not in ("parquet", "feather", "xlsx"))
    if checked.passed:
        check_format(path)
        assert submit_file(board, team.number, path).number == 1
        return
    with pytest.raises(KitError, match="send CSV or gzipped CSV"):
        check_format(path)
    report = str(checked.report).replace(path.name, "The file")
    with pytest.raises(RefusedFileError, match=re.escape(report)):
        submit_file(board, team.number, path)


def test_a_large_file_is_refused_while_it_comes(board_of):
    board = board_of(max_upload_mib=1)
    with Spool(board) as spool:
        for _ in range(16):
            spool.write(b"x" * (1 << 16))
        with pytest.raises(TooLargeError, match="at most 1 MiB"):
            spool.write(b"x")
        assert spool.path.stat().st_size <= 1 << 20
    assert list(board.folder.spool.iterdir()) == []


def test_nothing_is_taken_before_the_opening(board, team, make_file, clock):
    clock.forward(hours=-2)
    with pytest.raises(NotOpenError, match="opens 2026-03-01"):
        submit_file(board, team.number, make_file(1))


def test_late_files_are_taken_but_not_ranked(board, team, make_file, clock):
    submit_file(board, team.number, make_file(1, 0.0))
    before = list_teams(board)[0]
    clock.forward(days=30)
    receipt = submit_file(board, team.number, make_file(2, 1.0))
    after = list_teams(board)[0]
    assert (receipt.late, receipt.shown, receipt.improved) == (True, None, False)
    assert (after.best_shown, after.n_submissions) == (before.best_shown, 1)
    newest = team_history(board, team.number)[0]
    assert (newest.late, newest.exact) == (True, None)


def test_late_files_are_refused_where_the_rules_say_so(board_of, make_file, clock):
    board = board_of(late_submissions=False)
    team, _ = add_team(board, "Team A")
    clock.now = board.competition.closes - timedelta(seconds=1)
    submit_file(board, team.number, make_file(1))
    clock.now = board.competition.closes
    with pytest.raises(NotOpenError, match="closed 2026-03-31"):
        submit_file(board, team.number, make_file(2))


def test_a_team_that_is_disabled_meanwhile_is_refused(board, team, make_file):
    disable_team(board, "Team A", "Two accounts")
    with pytest.raises(DisabledTeamError):
        submit_file(board, team.number, make_file(1))


def test_the_log_contains_submissions_but_no_exact_score(board, team, make_file, exact_scores):
    submit_file(board, team.number, make_file(1, 1.0))
    row = stored(board)[0]
    exact = {value for values in exact_scores(board)[1].values() for value in values.values()}
    with board.database.reading() as session:
        assert verify_chain(session) == 3
        entry = read_entries(session)[0]
    details = dict(entry.details)
    commitment, salt = details.pop("commitment"), details.pop("salt")
    assert details == logged_facts(row)
    assert commitment == commit_to(salt, sealed_facts(row, exact_scores(board)[1]))
    assert entry.at >= row.received_at
    assert not exact & {entry.details["shown"]}
    assert not any(str(score) in json.dumps(entry.as_dict()) for score in exact)


def test_sweeping_removes_only_what_is_old_and_not_counted(board, team, make_file, clock):
    submit_file(board, team.number, make_file(1))
    kept = files_of(board)
    (board.folder.spool / ("0" * 32)).write_bytes(b"x")
    (board.folder.submissions / str(team.number) / f"{'0' * 64}.csv").write_bytes(b"x")
    clock.now = datetime.now(UTC)
    assert sweep(board) == 0
    clock.forward(hours=2)
    assert sweep(board) == 2
    assert files_of(board) == kept
    assert list(board.folder.spool.iterdir()) == []


def test_equal_scores_everywhere_give_the_base_rate(board, team, edition, exact_scores):
    content = "Declaration ID,Fraud Score\n" + "".join(
        f"{name},0.5\n" for name in edition.test["Declaration ID"]
    )
    send_bytes(board, team, content.encode())
    fraud = board.judge.answers("private")["Fraud"].to_numpy()
    base_rate = np.count_nonzero(fraud) / len(fraud)
    assert set(exact_scores(board)[1]["private"].values()) == {base_rate}
