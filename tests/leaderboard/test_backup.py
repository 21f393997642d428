"""Backups contain everything, can be restored into either database, and reveal damage."""

import io
import json
import shutil
import tarfile

import pytest
from sqlalchemy import select

from customs_data.errors import KitError
from customs_leaderboard.board import open_board
from customs_leaderboard.contest import has_competition
from customs_leaderboard.standings.close import close_competition, reveal_labels
from customs_leaderboard.standings.final import final_standings
from customs_leaderboard.standings.public import public_standings
from customs_leaderboard.standings.select import select_submissions
from customs_leaderboard.store.audit_log import read_entries, verify_chain
from customs_leaderboard.store.backup import TABLES, write_backup
from customs_leaderboard.store.database import open_database
from customs_leaderboard.store.restore import restore_backup
from customs_leaderboard.store.schema import Base
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team, authenticate


@pytest.fixture
def filled(board, send):
    """Two teams, three submissions, a selection; the first team's token."""
    first, token = add_team(board, "Team A")
    second, _ = add_team(board, "Team B")
    for team, seed in ((first, 1), (second, 2), (first, 3)):
        send(team, seed)
    select_submissions(board, first.number, [3])
    return first, token


@pytest.fixture
def other_url(request, database_url, tmp_path):
    """The other kind of database: a backup of SQLite goes to PostgreSQL, and vice versa."""
    if database_url is None:
        return request.getfixturevalue("postgresql").new_database()
    return f"sqlite:///{tmp_path / 'other.sqlite3'}"


def content(board):
    rows = {}
    with board.database.reading() as session:
        for name in TABLES:
            table = Base.metadata.tables[name]
            query = select(table).order_by(*table.primary_key)
            rows[name] = [tuple(row) for row in session.execute(query)]
    return rows


def files_of(board):
    return {p.relative_to(board.folder.root): p.read_bytes() for p in
            board.folder.submissions.rglob("*") if p.is_file()}  # fmt: skip


def test_every_table_is_backed_up():
    assert set(TABLES) == set(Base.metadata.tables)


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
def test_what_is_restored_is_what_was(board, filled, other_url, clock, tmp_path, make_file, suffix):
    first, token = filled
    before = content(board)
    counts = write_backup(board, tmp_path / f"b{suffix}")
    assert (counts["submission"], counts["files"], counts["team"]) == (3, 3, 2)
    assert (tmp_path / f"b{suffix}").stat().st_mode & 0o077 == 0
    again = restore_backup(
        tmp_path / f"b{suffix}", tmp_path / "again", database_url=other_url, clock=clock
    )
    after = content(again)
    restored = after["audit_entry"].pop()
    assert restored[3] == "competition restored"
    assert after == before
    assert files_of(again) == files_of(board)
    assert again.competition == board.competition
    assert authenticate(again, token)[0].number == first.number
    assert public_standings(again) == public_standings(board)
    # New rows continue the numbers.
    assert submit_file(again, first.number, make_file(9)).number == 4
    assert add_team(again, "Team C")[0].number == 3
    with again.database.reading() as session:
        verify_chain(session)
    again.close_connections()
    open_board(tmp_path / "again", database_url=other_url, clock=clock).close_connections()


def test_a_closed_and_revealed_competition_is_restored(board, filled, clock, tmp_path):
    clock.forward(days=30)
    close_competition(board, n_replicates=10)
    reveal_labels(board)
    write_backup(board, tmp_path / "b.tar")
    again = restore_backup(tmp_path / "b.tar", tmp_path / "again", clock=clock)
    assert final_standings(again) == final_standings(board)
    assert again.folder.reveal_file.read_bytes() == board.folder.reveal_file.read_bytes()
    again.close_connections()


def test_a_moved_edition_is_named(board, filled, clock, edition_path, sample_path, tmp_path):
    write_backup(board, tmp_path / "b.tar")
    shutil.copytree(edition_path, tmp_path / "moved")
    again = restore_backup(
        tmp_path / "b.tar", tmp_path / "again", edition=tmp_path / "moved", clock=clock
    )
    assert again.competition.edition == tmp_path / "moved"
    again.close_connections()
    with pytest.raises(KitError, match="its commitment differs"):
        restore_backup(tmp_path / "b.tar", tmp_path / "third", edition=sample_path, clock=clock)
    assert not (tmp_path / "third").exists()


def test_nothing_is_overwritten(board, filled, database_url, tmp_path, clock):
    write_backup(board, tmp_path / "b.tar")
    with pytest.raises(KitError, match="exists already"):
        write_backup(board, tmp_path / "b.tar")
    with pytest.raises(KitError, match="A backup is a"):
        write_backup(board, tmp_path / "b.zip")
    with pytest.raises(KitError, match="No such folder"):
        write_backup(board, tmp_path / "nowhere" / "b.tar")
    before = content(board)
    with pytest.raises(KitError, match="new or empty folder"):
        restore_backup(tmp_path / "b.tar", board.folder.root, clock=clock)
    url = database_url or f"sqlite:///{board.folder.database_file}"
    with pytest.raises(KitError, match="already contains a competition"):
        restore_backup(tmp_path / "b.tar", tmp_path / "again", database_url=url, clock=clock)
    assert content(board) == before
    assert not (tmp_path / "again").exists()


def test_a_missing_or_changed_file_stops_the_backup(board, filled, tmp_path):
    path = next(board.folder.submissions.glob("2/*"))
    accepted = path.read_bytes()
    path.write_bytes(accepted + b"\n")
    with pytest.raises(KitError, match="has changed"):
        write_backup(board, tmp_path / "b.tar")
    path.unlink()
    with pytest.raises(KitError, match="cannot be read"):
        write_backup(board, tmp_path / "b.tar")
    assert [p for p in tmp_path.iterdir() if "b.tar" in p.name] == []


def rewritten(source, out, change):
    """Copy a backup; `change` yields the parts to write for each (name, content)."""
    with tarfile.open(source) as tar, tarfile.open(out, "w") as copy:
        for entry in tar:
            name, content = entry.name, tar.extractfile(entry).read()
            for new_name, new in change(name, content):
                info = tarfile.TarInfo(new_name)
                info.size = len(new)
                copy.addfile(info, io.BytesIO(new))
    return out


def flip(target):
    def change(name, content):
        if target in name:
            content = content[:-2] + bytes([content[-2] ^ 1]) + content[-1:]
        yield name, content

    return change


def leave_out(target):
    def change(name, content):
        if target not in name:
            yield name, content

    return change


def add(extra):
    def change(name, content):
        if name == "competition.toml":
            yield extra, b"x"
        yield name, content

    return change


def forge(name, content):
    """Change a row and its checksum; only the audit log can detect that."""
    if name == "tables/audit_entry.jsonl":
        content = content.replace(b"Team A", b"Team X")
    if name == "backup.json":
        import hashlib

        manifest = json.loads(content)
        entries = forge.entries.replace(b"Team A", b"Team X")
        manifest["sha256"]["tables/audit_entry.jsonl"] = hashlib.sha256(entries).hexdigest()
        content = json.dumps(manifest).encode()
    yield name, content


DAMAGE = {
    "a flipped bit in a table": flip("tables/team"),
    "a flipped bit in a file": flip("submissions/1"),
    "a flipped bit in the rules": flip("competition.toml"),
    "a table less": leave_out("tables/selection"),
    "a file less": leave_out("submissions/2"),
    "no manifest": leave_out("backup.json"),
    "a path out of the folder": add("../evil"),
    "an absolute path": add("/tmp/evil"),
    "a part twice": add("tables/team.jsonl"),
    "a hidden file": add("submissions/1/../../evil"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_backup_is_refused(board_of, make_file, clock, tmp_path, name, request):
    board = board_of()
    for letter, seed in (("A", 1), ("B", 2)):
        submit_file(board, add_team(board, f"Team {letter}")[0].number, make_file(seed))
    write_backup(board, tmp_path / "b.tar")
    damaged = rewritten(tmp_path / "b.tar", tmp_path / "damaged.tar", DAMAGE[name])
    with pytest.raises(KitError, match="not a complete backup"):
        restore_backup(damaged, tmp_path / "again", clock=clock)
    assert not (tmp_path / "again").exists()
    assert not (tmp_path / "evil").exists()


def test_a_backup_of_a_newer_release_is_refused(board, filled, clock, tmp_path):
    def change(name, content):
        yield name, content.replace(b'"revision": "0004"', b'"revision": "9999"')

    write_backup(board, tmp_path / "b.tar")
    newer = rewritten(tmp_path / "b.tar", tmp_path / "newer.tar", change)
    with pytest.raises(KitError, match="newer release of customs-kit made"):
        restore_backup(newer, tmp_path / "again", clock=clock)
    assert not (tmp_path / "again").exists()


def test_a_forged_log_is_refused(board, filled, clock, tmp_path):
    write_backup(board, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as tar:
        forge.entries = tar.extractfile("tables/audit_entry.jsonl").read()
    forged = rewritten(tmp_path / "b.tar", tmp_path / "forged.tar", forge)
    with pytest.raises(KitError, match="audit log is damaged"):
        restore_backup(forged, tmp_path / "again", clock=clock)
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("content", [b"", b"x" * 2000, b"\x1f\x8b\x08\x00"])
def test_no_backup_at_all_is_refused(clock, tmp_path, content):
    (tmp_path / "b.tar").write_bytes(content)
    with pytest.raises(KitError, match="not a complete backup"):
        restore_backup(tmp_path / "b.tar", tmp_path / "again", clock=clock)
    with pytest.raises(KitError, match="No such file"):
        restore_backup(tmp_path / "none.tar", tmp_path / "again", clock=clock)


def test_a_cut_backup_is_reported(board, filled, clock, tmp_path):
    write_backup(board, tmp_path / "b.tar.gz")
    content = (tmp_path / "b.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(content[: len(content) // 2])
    with pytest.raises(KitError, match="not a complete backup"):
        restore_backup(tmp_path / "cut.tar.gz", tmp_path / "again", clock=clock)


def test_a_failed_restore_can_be_tried_again(board, filled, clock, tmp_path, other_url):
    """The first attempt fails at the forged log, after it created the tables."""
    write_backup(board, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as tar:
        forge.entries = tar.extractfile("tables/audit_entry.jsonl").read()
    forged = rewritten(tmp_path / "b.tar", tmp_path / "forged.tar", forge)
    with pytest.raises(KitError, match="audit log"):
        restore_backup(forged, tmp_path / "again", database_url=other_url, clock=clock)
    database = open_database(other_url, tmp_path / "unused")
    assert not has_competition(database)
    database.close()
    again = restore_backup(
        tmp_path / "b.tar", tmp_path / "again", database_url=other_url, clock=clock
    )
    with again.database.reading() as session:
        assert read_entries(session, limit=1)[0].action == "competition restored"
    again.close_connections()
