"""Boards made by version 0.1.0 open, restore and close with the values that version printed."""

from __future__ import annotations

import copy
import gzip
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from customs_data.errors import KitError
from customs_leaderboard.board import Board, open_board
from customs_leaderboard.standings.close import close_competition, recompute_final
from customs_leaderboard.standings.final import final_standings
from customs_leaderboard.standings.public import public_standings, team_history
from customs_leaderboard.store.audit_log import verify_chain
from customs_leaderboard.store.database import open_database
from customs_leaderboard.store.restore import restore_backup
from customs_leaderboard.store.schema import Base, Score
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team, list_teams
from customs_leaderboard.verification.verify import verify_board
from old_archives import unpack

OLD = Path(__file__).parents[1] / "old_versions/0.1.0"
EXPECTED = json.loads((OLD / "expected.json").read_text())
# Beta and Alpha had 0.6 both; since then they share the rank.
for _one in (EXPECTED["open"], EXPECTED["closed"]):
    assert [row["score"] for row in _one["standings"]["rows"][:2]] == [0.6, 0.6]
    _one["standings"]["rows"][1]["rank"] = 1
FINAL_NOW = copy.deepcopy(EXPECTED["closed"]["final"])
FINAL_NOW["rows"][0] |= {"public_rank": 1, "shake_up": 0}
BEFORE_CLOSE = datetime(2026, 2, 12, 8, tzinfo=UTC)
AFTER_CLOSE = datetime(2026, 2, 23, 8, tzinfo=UTC)
N_REPLICATES = 200
BOARDS = ("open", "closed", "closed_postgresql", "closed.backup to SQLite",
          "closed.backup to PostgreSQL")  # fmt: skip


@pytest.fixture(scope="session")
def old_edition(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    unpack(OLD / "edition.tar.gz", folder)
    return folder / "edition"


@pytest.fixture
def open_old(request, tmp_path, old_edition):
    """Open an old board, or restore its backup, with this version: ``open_old("closed")``."""
    boards: list[Board] = []

    def open_one(name: str) -> Board:
        at = BEFORE_CLOSE if name == "open" else AFTER_CLOSE
        url = None
        if "ostgre" in name:
            server = request.getfixturevalue("postgresql")
            dump = gzip.decompress((OLD / "closed_postgresql.sql.gz").read_bytes()).decode()
            url = server.new_database("" if "backup" in name else dump)
        if "backup" in name:
            boards.append(
                restore_backup(
                    OLD / "closed.backup.tar.gz", tmp_path / "board", edition=old_edition,
                    database_url=url, clock=lambda: at,
                )
            )  # fmt: skip
            return boards[-1]
        unpack(OLD / "boards.tar.gz", tmp_path)
        rules = tmp_path / name / "competition.toml"
        rules.write_text(rules.read_text().replace("/srv/board/edition", str(old_edition)))
        boards.append(open_board(tmp_path / name, database_url=url, clock=lambda: at))
        return boards[-1]

    yield open_one
    for board in boards:
        board.close_connections()


def with_keys_of(value: Any, old: Any) -> Any:
    """Return a value without the keys that later releases added."""
    if isinstance(value, dict) and isinstance(old, dict):
        return {key: with_keys_of(value[key], old[key]) for key in old}
    if isinstance(value, list) and isinstance(old, list) and len(value) == len(old):
        return [with_keys_of(*pair) for pair in zip(value, old, strict=True)]
    return value


def same(value: Any, old: Any) -> bool:
    """Whether a value is an old one, apart from new keys."""
    return bool(with_keys_of(value, old) == old)


def histories(board: Board) -> dict[str, list[dict[str, object]]]:
    """Return each team's submissions, without what later versions added."""
    old = EXPECTED["open"]["history"]["Alpha"][0].keys()
    return {
        team.name: [
            {name: value for name, value in submission.as_dict().items() if name in old}
            for submission in team_history(board, team.number)
        ]
        for team in list_teams(board)
    }


@pytest.mark.parametrize("name", BOARDS)
def test_an_old_board_reads_as_it_did(open_old, name):
    board = open_old(name)
    expected = EXPECTED["open" if name == "open" else "closed"]
    standings = public_standings(board).as_dict()
    assert same(standings["rows"], expected["standings"]["rows"])
    assert standings["closes"] == expected["standings"]["closes"]
    assert standings["phase"] == ("open" if name == "open" else "closed")
    assert same(histories(board), expected.get("exact", expected["history"]))
    final = final_standings(board)
    assert same(final and final.as_dict(), expected.get("final"))
    with board.database.reading() as session:
        assert verify_chain(session) == (15 if name == "open" else 18) + ("backup" in name)


@pytest.mark.parametrize("name", BOARDS)
def test_an_old_board_is_verified_as_far_as_its_log_goes(open_old, name):
    report = verify_board(open_old(name))
    assert report.findings == []
    assert any("by an earlier release, whose log does not commit" in x for x in report.unproved)


@pytest.mark.parametrize("name", BOARDS)
def test_an_old_board_gets_the_tables_of_this_version(open_old, name):
    board = open_old(name)
    with board.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == "0004"
    add_team(board, "Epsilon")  # numbers continue
    with pytest.raises(IntegrityError), board.database.writing() as session:
        session.add(Score(submission_number=99, period="public", metric="x", value=0.5))


def test_an_old_backup_needs_an_empty_database(old_edition, tmp_path):
    url = f"sqlite:///{tmp_path / 'newer.sqlite3'}"
    database = open_database(url, tmp_path / "unused")
    database.upgrade()
    database.close()
    backup = OLD / "closed.backup.tar.gz"
    with pytest.raises(KitError, match="Use an empty database"):
        restore_backup(backup, tmp_path / "board", edition=old_edition, database_url=url)


def test_an_upgrade_that_fails_changes_nothing(open_old, tmp_path, monkeypatch):
    def fail(_session):
        raise KitError("broken")

    with monkeypatch.context() as patched:
        patched.setattr("customs_leaderboard.store.database._check_foreign_keys", fail)
        with pytest.raises(KitError, match="broken"):
            open_old("closed")
    with closing(sqlite3.connect(tmp_path / "closed/board.sqlite3")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            ("0001",)
        ]
        assert len(connection.execute("SELECT public_at_5 FROM submission").fetchall()) == 10
    open_old("closed")


@pytest.mark.parametrize("name", BOARDS[1:])
def test_an_old_closed_board_gets_the_same_final_standings_again(open_old, name):
    final = recompute_final(open_old(name), n_replicates=N_REPLICATES)
    assert same(final.as_dict(), FINAL_NOW)


def test_an_old_open_board_goes_on_and_closes_as_it_would_have(open_old):
    board = open_old("open")
    board.now = lambda: AFTER_CLOSE
    assert submit_file(board, 4, OLD / "submission.csv").late
    final = close_competition(board, n_replicates=N_REPLICATES)
    assert same(final.as_dict(), FINAL_NOW)
    now = {**histories(board), "Delta": [], "Gamma": []}
    assert same(now, {**EXPECTED["closed"]["exact"], "Gamma": []})


def test_an_old_team_goes_on_from_its_best_file(open_old, tmp_path):
    """The paired Ladder reads the stored file of the best submission, which scored 6 of 10.

    A file that ranks all 40 frauds alike opens a quarter of each: the difference is .4, its error
    sqrt(181 * ((6 * .75^2 + 34 * .25^2) - 4^2 / 181) / 180 / 10^2) = .233.
    """
    board = open_old("open")
    truth = list(zip(board.judge.expected_ids, board.judge.solution["Fraud"], strict=True))
    announced, receipts = board.ladder, []
    for errors in (announced.standard_errors, 1.8, 1.6):
        rows = [f"{name},{errors * fraud}\n" for name, fraud in truth]  # other bytes, same ranking
        (tmp_path / "perfect.csv").write_text("".join(["Declaration ID,Fraud Score\n", *rows]))
        board.__dict__["ladder"] = replace(announced, standard_errors=errors)
        receipts.append(submit_file(board, 2, tmp_path / "perfect.csv"))
    assert [(r.number, r.shown) for r in receipts] == [(10, 0.6), (11, 0.6), (12, 1.0)]
    assert submit_file(board, 4, OLD / "submission.csv").shown == 0.7
