"""The status of a competition: counts, hours, disk and backups."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from customs_kit.terminal.status_table import status_table
from customs_leaderboard.errors import UnavailableError
from customs_leaderboard.organizing import status as status_module
from customs_leaderboard.organizing.status import read_activity, read_status
from customs_leaderboard.rules.schedule import PhaseRules
from customs_leaderboard.store.backup import write_backup
from customs_leaderboard.store.schema import Refusal
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team
from leaderboard.conftest import OPENS


@pytest.fixture
def board(board_of):
    return board_of(phases=(PhaseRules("Warm-up", OPENS), PhaseRules("Main", OPENS + timedelta(2))))


def test_submissions_are_counted_by_hour_and_day(board, clock, make_file):
    teams = [add_team(board, name)[0] for name in ("Busan", "Incheon", "Silent")]
    clock.now = datetime(2026, 3, 1, 5, 59, 59, tzinfo=UTC)
    submit_file(board, teams[0].number, make_file(1))
    clock.now = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    submit_file(board, teams[0].number, make_file(2))
    submit_file(board, teams[1].number, make_file(3))
    clock.now = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
    with board.database.writing() as session:
        session.add(Refusal(team_number=1, day="2026-03-02", n_files=4))
        session.add(Refusal(team_number=2, day="2026-03-01", n_files=1))
    now = read_status(board)
    assert now.phase == "open"
    assert now.phase_of_rules == "Warm-up"
    assert now.teams["with_submissions"] == now.teams["active"] == 2
    assert now.teams["total"] == now.teams["members"] == 3
    assert now.submissions == {
        "total": 3, "today": 2, "last_24_hours": 3, "late": 0, "struck": 0
    }  # fmt: skip
    # The clock's last 24 hours begin at 06:00 of the first day.
    assert [at.hour for at, _ in now.by_hour] == [*range(6, 24), *range(6)]
    assert [n for _, n in now.by_hour] == [0] * 22 + [2, 0]
    assert now.refused == {"total": 5, "today": 4}
    assert now.log["entries"] == 7
    assert [(team.name, team.n_submissions) for team in read_activity(board)] == [
        ("Incheon", 1), ("Busan", 2), ("Silent", 0)
    ]  # fmt: skip


def test_disk_and_database_are_measured(board):
    room = read_status(board).room
    assert room.free > 0
    assert room.database > 10_000
    assert room.folder > (room.database if not board.database.is_postgresql else 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_old_backup_is_a_warning(board, clock, make_file, tmp_path):
    assert read_status(board).warnings == []  # nothing to lose yet
    submit_file(board, add_team(board, "Busan")[0].number, make_file(1))
    assert read_status(board).warnings[0].startswith("There is no backup")
    write_backup(board, tmp_path / "backup.tar")
    made_at = clock.now
    assert read_status(board).backed_up_at == made_at
    clock.now = made_at + timedelta(days=1) - timedelta(seconds=1)
    assert read_status(board).warnings == []
    clock.now = made_at + timedelta(days=1)
    assert "is older than a day (2026-03-01T" in read_status(board).warnings[0]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_board_that_cannot_store_files_says_why(board, monkeypatch):
    assert read_status(board).health == "ok"

    def full(_board):
        raise UnavailableError("The leaderboard's disk is nearly full.")

    monkeypatch.setattr(status_module, "check_room", full)
    now = read_status(board)
    assert now.health in now.warnings
    assert json.loads(json.dumps(now.as_dict()))["health"] == now.health
    cells = [str(cell) for column in status_table(now).columns for cell in column.cells]
    assert now.health in cells
    assert now.log["head"] in "".join(cells)
