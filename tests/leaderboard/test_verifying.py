"""Tampering with database and files by hand is found, and named."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects.sqlite import dialect

from customs_leaderboard.corrections.disabling import disable_team
from customs_leaderboard.corrections.striking import strike
from customs_leaderboard.errors import DamagedDatabaseError
from customs_leaderboard.standings.close import close_competition
from customs_leaderboard.standings.select import select_submissions
from customs_leaderboard.store.audit_log import accept_clock, head_hash
from customs_leaderboard.store.schema import UtcTime
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team, rename_team
from customs_leaderboard.verification.verify import Scope, verify_board

N_REPLICATES = 20


@pytest.fixture
def closed(board, send, clock):
    """A closed competition: three teams, five ranked submissions, one late, one selection."""
    teams = [add_team(board, f"Team {letter}")[0] for letter in "ABC"]
    for i, (seed, quality) in enumerate([(1, 0.1), (2, 0.5), (3, 0.9), (4, 0.3), (5, 0.2)]):
        send(teams[i % 3], seed, quality)
    select_submissions(board, teams[0].number, [1, 4])
    select_submissions(board, teams[0].number, [4])
    clock.forward(days=30)
    send(teams[2], 6)
    close_competition(board, n_replicates=N_REPLICATES)
    return board


def execute(board, statement):
    with board.database.writing() as session:
        session.connection().exec_driver_sql(statement)


def findings(board, **scope):
    return verify_board(board, Scope(**scope)).findings


def _exchange(old, new):
    """Return the statement that gives one team's final place to another."""
    texts = (f"'\"team_number\":{number}}}'" for number in (old, new))
    return f"UPDATE final_result SET content = replace(content, {', '.join(texts)})"


#: Statements that change the database by hand, and words of the line that names each.
ROW = "WHERE submission_number = 3 AND period = 'private' AND metric = 'precision_at_5'"
VALUES = [
    (f"UPDATE score SET value = 0.999 {ROW}",
     ["Submission 3 (team 3): the stored exact scores are not those that the log commits to"]),
    ("", ["Submission 3", "stored private precision_at_5 is 0.999, but its file scores"]),
    ("UPDATE submission SET shown = 0.98 WHERE number = 4",
     ["Submission 4 (team 1): shown is 0.98", "by the log"]),
    ("", ["Submission 4 (team 1): shown is 0.98, but the Ladder gives"]),
    ("UPDATE submission SET improved = NOT improved WHERE number = 1",
     ["Submission 1 (team 1) is stored as no improvement, but is an improvement"]),
    ("UPDATE team SET best_shown = 0.98 WHERE number = 3",
     ["Team 3 (Team C): best_shown is 0.98", "by its submissions"]),
    ("UPDATE team SET n_submissions = 7 WHERE number = 3", ["Team 3", "n_submissions is 7"]),
    ("UPDATE submission SET late = (1 = 0) WHERE number = 6",
     ["Submission 6 (team 3): late is False, but True by the log"]),
    ("UPDATE submission SET received_at = '2026-03-01 00:00:00' WHERE number = 2",
     ["Submission 2 (team 2): received_at is 2026-03-01T00:00:00", "by the log"]),
    ("UPDATE submission SET team_number = 1 WHERE number = 5",
     ["Submission 5 (team 1) is of team 2 by the log"]),
    ("UPDATE submission SET struck_at = '2026-03-02T00:00:00.000000Z' WHERE number = 2",
     ["Submission 2 (team 2) is struck, but the log says otherwise"]),
    (f"UPDATE submission SET answer_sha256 = '{'0' * 64}' WHERE number = 3",
     ["Submission 3 (team 3): answer_sha256 is not that of its file"]),
    ("UPDATE selection SET submission_number = 1", ["Team 1 selected 1, but 4 by the log"]),
    ("UPDATE team SET name = 'Team X' WHERE number = 2", ["Team 2 is 'Team X', but 'Team B'"]),
    ("UPDATE team SET disabled_at = '2026-03-02T00:00:00.000000Z' WHERE number = 2",
     ["Team 2 (Team X) is disabled, but not disabled by the log"]),
    ("UPDATE state SET closes = '2026-04-30T00:00:00.000000Z'",
     ["The deadline is 2026-04-30T00:00:00Z, but 2026-03-31T00:00:00Z by the log"]),
    ("UPDATE state SET rules = replace(rules, '\"daily_limit\": 5', '\"daily_limit\": 6')",
     ["The rule daily_limit is 6, but 5 by the log"]),
    (_exchange("1", "9"), ["The final standings were changed: their SHA-256"]),
]  # fmt: skip
LOG = [
    ("UPDATE audit_entry SET details = '{\"team\":3}' WHERE sequence = 4",
     ["Entry 4 (team added, organizer) was changed"]),
    ("UPDATE audit_entry SET actor = 'team 2' WHERE sequence = 5",
     ["Entry 5 (submission accepted, team 2) was changed"]),
    ("UPDATE audit_entry SET details = replace(details, '\"commitment\":\"', "
     "'\"commitment\":\"0') WHERE sequence = 6",
     ["Submission 2 (team 2): the stored exact scores are not those that the log commits to"]),
    ("UPDATE audit_entry SET sequence = sequence + 100 WHERE sequence IN (7, 8)", []),
    ("UPDATE audit_entry SET sequence = CASE sequence WHEN 107 THEN 8 ELSE 7 END "
     "WHERE sequence > 100", ["Entry 7", "does not follow the entry before it"]),
    ("DELETE FROM audit_entry WHERE sequence = 9",
     ["Submission 5", "is not in the log"]),
    ("", ["Entry 9 is missing from the log"]),
    ("DELETE FROM selection", ["Team 1 selected nothing, but 4 by the log"]),
    ("DELETE FROM score WHERE submission_number = 1", ["Submission 1", "is None, but its file"]),
    ("DELETE FROM score WHERE submission_number = 6", []),
    ("DELETE FROM submission WHERE number = 6", ["Submission 6 of the log (entry 12) is missing"]),
    ("DELETE FROM final_result", ["The final standings of the log (entry 14) are missing"]),
    ("DELETE FROM audit_entry WHERE sequence = 14", ["No entry has the noted hash"]),
]  # fmt: skip


def test_what_was_changed_by_hand_is_named(closed):
    with closed.database.reading() as session:
        kept = head_hash(session)
    report = verify_board(closed, Scope(kept))
    assert (report.findings, report.unproved) == ([], [])
    assert [check.name for check in report.checks] == [
        "chain", "times", "state", "teams", "selections", "submissions", "files", "scores",
        "Ladder", "standings",
    ]  # fmt: skip
    quick = verify_board(closed, Scope(quick=True))
    assert (quick.findings, len(quick.unproved)) == ([], 2)
    execute(closed, _exchange("1", "9"))
    expected = "(team 9): by the computation, team 1 belongs here."
    assert any(expected in line for line in findings(closed))
    execute(closed, _exchange("9", "1"))
    one = "UPDATE final_result SET content = replace(content, '\"first_share\":0', '{}')"
    execute(closed, one.format('"first_share":7'))
    assert any("first_share is 7" in line for line in findings(closed))
    execute(closed, one.replace(":0'", ":7'").format('"first_share":0'))
    assert findings(closed) == []
    for tamperings in (VALUES, LOG):
        for statement, _ in tamperings[: None if tamperings is VALUES else -1]:
            if statement:
                execute(closed, statement)
        lines = findings(closed, kept_hash=kept)
        if tamperings is LOG:
            execute(closed, LOG[-1][0])
            lines += findings(closed, quick=True, kept_hash=kept)
        for statement, words in tamperings:
            assert any(all(word in line for word in words) for line in lines), (statement, lines)


def test_a_time_that_is_none_is_damage():
    with pytest.raises(DamagedDatabaseError, match="is damaged") as error:
        UtcTime().process_result_value("soon", dialect())
    assert error.value.damage == "'soon' is no time"


def test_changed_missing_and_extra_files_are_named(closed, make_file):
    changed, missing = (next(closed.folder.submissions.glob(f"{team}/*")) for team in (1, 2))
    changed.write_bytes(changed.read_bytes() + b"\n")
    missing.unlink()
    extra = closed.folder.submissions / "3" / f"{'0' * 64}.csv"
    extra.write_bytes(b"x")
    lines = findings(closed, quick=True)
    for path, fault in (
        (changed, "has changed since it was accepted"),
        (missing, "is missing"),
        (extra, "belongs to no submission"),
    ):
        assert any(path.name in line and fault in line for line in lines), lines
    # The Ladder and the standings cannot be computed again, which is said and no traceback.
    assert any("cannot be computed again" in line for line in findings(closed))


def test_corrections_are_taken_into_account(board, send, clock, closed):
    rename_team(closed, "Team B", "Team Z")
    strike(closed, 4, "Made with another team's file")
    disable_team(closed, "Team Z", "Two accounts")
    report = verify_board(closed)
    assert report.findings == []
    assert len(report.unproved) == 1


def test_a_clock_that_ran_backwards_is_named(board, clock):
    add_team(board, "Team A")
    early = clock.now
    clock.forward(days=1)
    add_team(board, "Team B")
    clock.now = early
    with board.database.writing() as session:
        accept_clock(board.database, session, "It was a day ahead.")
    assert findings(board) == []  # the log itself says so
    execute(board, "UPDATE audit_entry SET action = 'something' WHERE action = 'clock accepted'")
    assert any("before the entry before it" in line for line in findings(board))


@pytest.mark.parametrize("kind", ["parameter_free", "paired"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ladders_that_compare_files_are_replayed(board_of, make_file, kind):
    board = board_of(ladder=kind, ladder_standard_errors=1.0)
    team, _ = add_team(board, "Team A")
    for seed, quality in ((1, 0.0), (2, 0.9), (3, 0.5)):
        submit_file(board, team.number, make_file(seed, quality))
    assert findings(board) == []
    execute(board, "UPDATE team SET best_shown = 0.98")
    assert any("best_shown is 0.98" in line for line in findings(board))
    quick = verify_board(board, Scope(quick=True))
    assert quick.findings == []
    assert any("files were not all read: 1." in line for line in quick.unproved)
