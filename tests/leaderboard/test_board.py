"""Make and open a competition."""

import json
import shutil
import stat
from dataclasses import replace

import pytest
from sqlalchemy import MetaData, inspect, select
from sqlalchemy.schema import CreateTable

from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.errors import InvalidEditionError, KitError
from customs_leaderboard.board import make_board, open_board
from customs_leaderboard.ladder.ladder import GROUND_ERRORS
from customs_leaderboard.store.actions import PUBLIC_ACTIONS
from customs_leaderboard.store.audit_log import read_entries, verify_chain
from customs_leaderboard.store.migrations import upgrade_tables
from customs_leaderboard.store.schema import Base, State
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team


def test_the_folder_is_closed_to_others(board):
    for path in (board.folder.root, board.folder.submissions, board.folder.spool):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in board.folder.root.iterdir():
        assert path.is_dir() or not path.stat().st_mode & 0o077 or path.suffix != ".toml"


def test_a_competition_is_opened_as_it_was_made(board, database_url, clock):
    again = open_board(board.folder.root, database_url=database_url, clock=clock)
    assert again.competition == board.competition
    with again.database.reading() as session:
        assert again.phase(again.state(session)) == "open"
        (entry,) = read_entries(session)
    again.close_connections()
    assert entry.action == "competition made"
    assert entry.details["commitment"] == board.manifest.commitment


def test_the_tables_are_those_of_the_schema(board):
    """Migrations and schema agree: Alembic finds nothing to change."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with board.database.engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {
            *Base.metadata.tables, "alembic_version"
        }  # fmt: skip
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(board, send):
    send(add_team(board, "Team A")[0], 1)

    def content(connection):
        tables = MetaData()
        tables.reflect(connection)
        return {
            table.name: (
                str(CreateTable(table)),
                sorted(map(str, connection.execute(table.select()))),
            )
            for table in tables.sorted_tables
        }

    with board.database.engine.begin() as connection:
        before = content(connection)
        upgrade_tables(connection)
        assert content(connection) == before
    assert len(before["alembic_version"][1]) == len(before["submission"][1]) == 1


def test_a_database_of_a_newer_release_is_reported(board, database_url, clock):
    with board.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(KitError, match="newer release of customs-kit made the database"):
        open_board(board.folder.root, database_url=database_url, clock=clock)


def test_phases(board, clock):
    def phase():
        with board.database.reading() as session:
            return board.phase(board.state(session))

    clock.forward(hours=-2)
    assert phase() == "upcoming"
    clock.forward(hours=2)
    assert phase() == "open"
    clock.forward(days=30)
    assert phase() == "over"


def test_a_folder_or_database_in_use_is_refused(board, competition, database_url, tmp_path):
    with pytest.raises(KitError, match="new or empty folder"):
        make_board(board.folder.root, competition, database_url=database_url)
    url = database_url or f"sqlite:///{board.folder.database_file}"
    with pytest.raises(KitError, match="already contains a competition"):
        make_board(tmp_path / "other", competition, database_url=url)


def test_a_missing_database_is_reported(competition, tmp_path, edition_path):
    board = make_board(tmp_path / "b", competition)
    board.close_connections()
    for path in board.folder.root.glob("board.sqlite3*"):
        path.unlink()
    with pytest.raises(KitError, match="--database-url"):
        open_board(tmp_path / "b")
    with pytest.raises(KitError, match="contains no competition"):
        open_board(tmp_path / "b", database_url=f"sqlite:///{tmp_path / 'empty'}")


@pytest.mark.parametrize(
    "url", ["mysql://user:hunter2@host/x", "nonsense hunter2", "sqlite://", "sqlite:///:memory:"]
)
def test_a_wrong_address_is_refused_and_not_repeated(competition, tmp_path, url):
    with pytest.raises(KitError, match="postgresql://") as error:
        make_board(tmp_path / "b", competition, database_url=url)
    assert "hunter2" not in str(error.value)


def test_a_database_that_is_down_is_reported_without_its_address(competition, tmp_path):
    url = f"postgresql://user:hunter2@/x?host={tmp_path}"
    with pytest.raises(KitError, match="does not respond") as error:
        make_board(tmp_path / "b", competition, database_url=url)
    assert "hunter2" not in str(error.value)
    assert not (tmp_path / "b").exists()


def test_a_published_seed_is_for_practice_only(competition, tmp_path):
    edition = tmp_path / "edition"
    blueprint = read_blueprint(n_declarations=1000)
    generate_edition(blueprint, bytes(32), edition, origin="published-seed", seed=1, name="p")
    wrong = replace(competition, edition=edition)
    with pytest.raises(KitError, match="has a published seed"):
        make_board(tmp_path / "b", wrong)
    assert not (tmp_path / "b").exists()
    make_board(tmp_path / "b", replace(wrong, practice=True)).close_connections()


def test_without_hidden_labels_there_is_no_competition(competition, edition_path, tmp_path):
    shutil.copytree(edition_path / "public", tmp_path / "edition" / "public")
    with pytest.raises(InvalidEditionError, match="organizer's copy"):
        make_board(tmp_path / "b", replace(competition, edition=tmp_path / "edition"))


def rewrite(board, old, new):
    path = board.folder.competition_file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_changed_rule_is_written_to_the_log_once(board, database_url, clock):
    rewrite(board, "daily_limit = 5", "daily_limit = 7")
    for _ in range(2):
        again = open_board(board.folder.root, database_url=database_url, clock=clock)
        with again.database.reading() as session:
            entries = read_entries(session, actions=PUBLIC_ACTIONS)
            assert verify_chain(session) == 2
        again.close_connections()
    assert [entry.action for entry in entries] == ["rules changed", "competition made"]
    assert entries[0].details == {"daily_limit": {"old": 5, "new": 7}}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ladder_step = 0.02", "ladder_step = 0.0001"),
        ("closes = 2026-03-31", "closes = 2026-04-30"),
        ("n_selections = 2", "n_selections = 3"),
        ("practice = false", "practice = true"),
        ("ladder_ground_errors = 4.0", "ladder_ground_errors = 0.0"),
        ("ladder_ground_errors = 4.0\n", ""),
    ],
)
def test_what_was_announced_stays(board_of, database_url, clock, old, new):
    board = board_of(ladder_ground_errors=GROUND_ERRORS)
    rewrite(board, old, new)
    with pytest.raises(KitError, match="cannot change after the announcement"):
        open_board(board.folder.root, database_url=database_url, clock=clock)


@pytest.fixture
def announced_before(board):
    """A competition made before there was a ground: neither file nor database contains one."""
    rewrite(board, "ladder_ground_errors = 0.0\n", "")
    with board.database.writing() as session:
        state = session.scalars(select(State)).one()
        rules = json.loads(state.rules)
        del rules["ladder_ground_errors"]
        state.rules = json.dumps(rules, sort_keys=True)
    return board


def test_an_earlier_competition_keeps_the_ladder_it_was_announced_with(
    announced_before, database_url, clock, make_file, exact_scores
):
    again = open_board(announced_before.folder.root, database_url=database_url, clock=clock)
    assert again.ladder.ground_errors == 0
    team, _ = add_team(again, "Team A")
    # A random file: with a ground, the board would show chance.
    receipt = submit_file(again, team.number, make_file(1, quality=0.0))
    with again.database.reading() as session:
        actions = [entry.action for entry in read_entries(session)]
    exact = exact_scores(again)[receipt.number]["public"]["precision_at_5"]
    again.close_connections()
    # Shown in steps; 1e-9, because half a step is no float.
    assert receipt.shown == pytest.approx(exact, abs=0.01 + 1e-9)
    assert receipt.shown != pytest.approx(float(again.judge.chance.exact), abs=0.01)
    assert "rules changed" not in actions


def test_an_earlier_competition_takes_changes_but_no_ground(announced_before, database_url, clock):
    rewrite(announced_before, "daily_limit = 5", "daily_limit = 7")
    again = open_board(announced_before.folder.root, database_url=database_url, clock=clock)
    with again.database.reading() as session:
        (entry,) = (one for one in read_entries(session) if one.action == "rules changed")
    again.close_connections()
    assert entry.details == {"daily_limit": {"old": 5, "new": 7}}
    rewrite(announced_before, "ladder = ", "ladder_ground_errors = 4.0\nladder = ")
    with pytest.raises(KitError, match="ladder_ground_errors cannot change"):
        open_board(announced_before.folder.root, database_url=database_url, clock=clock)


def test_an_exchanged_edition_is_refused(board, database_url, edition_path, tmp_path, clock):
    shutil.copytree(edition_path, tmp_path / "edition")
    manifest = tmp_path / "edition" / "public" / "edition.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**content, "commitment": "0" * 64}))
    rewrite(board, str(edition_path), str(tmp_path / "edition"))
    with pytest.raises(KitError, match="commitment differs"):
        open_board(board.folder.root, database_url=database_url, clock=clock)
