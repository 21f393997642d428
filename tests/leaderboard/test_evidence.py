"""What is published after the reveal lets anyone verify the standings, and any change is named."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import zipfile

import pytest
from fastapi.testclient import TestClient

from customs_data.errors import KitError
from customs_leaderboard.corrections.disabling import disable_team
from customs_leaderboard.service.app import make_app
from customs_leaderboard.standings.close import close_competition, reveal_labels
from customs_leaderboard.standings.evidence import MANIFEST
from customs_leaderboard.standings.select import select_submissions
from customs_leaderboard.store.audit_log import head_hash, read_entries
from customs_leaderboard.store.schema import Member
from customs_leaderboard.teams.teams import add_team
from customs_leaderboard.verification.published import verify_evidence
from customs_leaderboard.verification.verify import Scope


@pytest.fixture
def revealed(board, send, clock, edition_path, tmp_path):
    """A revealed competition of two teams; what is published of it, and a hash noted before."""
    teams = [add_team(board, name)[0] for name in ("Team A", "Team B")]
    for i, quality in enumerate([0.1, 0.9, 0.5, 0.2, 0.7, 0.3]):
        send(teams[i % 2], i, quality)
    select_submissions(board, teams[1].number, [2])
    clock.forward(days=30)
    close_competition(board, n_replicates=20)
    with board.database.reading() as session:
        kept = head_hash(session)
    reveal_labels(board)
    shutil.copytree(edition_path / "public", tmp_path / "public")
    return board, tmp_path / "public", kept


def newest(board, action):
    with board.database.reading() as session:
        return read_entries(session, actions=(action,), limit=1)[0]


def test_anyone_can_verify_the_standings_after_the_reveal(revealed):
    board, public, kept = revealed
    folder = board.folder
    report = verify_evidence(folder.evidence_file, public, folder.reveal_file, Scope(kept))
    assert report.findings == []
    words = ("files are not published: 3.", "data verify --revealed")
    assert [any(w in sentence for sentence in report.unproved) for w in words] == [True, True]
    assert len(report.unproved) == 2
    content = folder.evidence_file.read_bytes()
    entry = newest(board, "evidence published")
    assert entry.details["sha256"] == hashlib.sha256(content).hexdigest()
    assert entry.details["log"] == kept
    assert folder.evidence_file.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(folder.evidence_file) as packed:
        everything = b"".join(packed.read(name) for name in packed.namelist())
    with board.database.reading() as session:
        members = session.query(Member).all()
        key = board.state(session).address_key
    for secret in (key, *(member.token_sha256 for member in members)):
        assert secret.encode() not in everything
    client = TestClient(make_app(board))
    assert client.get("/evidence.zip").content == content
    assert client.get("/api/v1/competition").json()["downloads"] == [
        "/reveal.json.gz", "/evidence.zip",
    ]  # fmt: skip
    home = client.get("/").text
    assert 'href="/evidence.zip"' in home
    assert newest(board, "final standings computed").details["sha256"] in home


def test_the_evidence_is_published_again_with_new_standings(revealed, clock):
    board, public, _ = revealed
    folder, first = board.folder, board.folder.evidence_file.read_bytes()
    disable_team(board, "Team A", "Two accounts")
    second = folder.evidence_file.read_bytes()
    assert second != first
    assert newest(board, "evidence published").details["sha256"] == sha(second)
    assert verify_evidence(folder.evidence_file, public, folder.reveal_file).findings == []
    folder.evidence_file.write_bytes(first)  # as after a crash
    reveal_labels(board)
    assert newest(board, "evidence published").details["sha256"] == sha(
        folder.evidence_file.read_bytes()
    )
    n_entries = newest(board, "evidence published").sequence
    reveal_labels(board)
    assert newest(board, "evidence published").sequence == n_entries


def test_there_is_no_evidence_before_the_reveal(board, tmp_path, edition_path):
    client = TestClient(make_app(board))
    assert client.get("/evidence.zip").status_code == 404
    assert client.get("/api/v1/competition").json()["downloads"] == []
    with pytest.raises(KitError, match="No such file"):
        verify_evidence(tmp_path / "none.zip", edition_path, tmp_path / "none.json.gz")


def sha(content):
    return hashlib.sha256(content).hexdigest()


def change(file, edit, *, lists_new_sums=True):
    """Edit the parts of an evidence file, whose list of checksums fits again or not."""
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    edit(parts)
    manifest = json.loads(parts[MANIFEST])
    if lists_new_sums:
        sums = {name: sha(content) for name, content in parts.items() if name != MANIFEST}
        parts[MANIFEST] = json.dumps({**manifest, "sha256": sums}).encode()
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


def in_row(table, number, **values):
    """Return an edit of one row of a table."""

    def edit(parts):
        name = f"tables/{table}.jsonl"
        rows = [json.loads(line) for line in parts[name].splitlines()]
        rows[number] |= values
        parts[name] = "".join(f"{json.dumps(row)}\n" for row in rows).encode()

    return edit


def without_entry(parts):
    lines = parts["tables/audit_entry.jsonl"].splitlines(keepends=True)
    parts["tables/audit_entry.jsonl"] = b"".join(lines[:4] + lines[5:])


def without_end(parts):
    lines = parts["tables/audit_entry.jsonl"].splitlines(keepends=True)
    parts["tables/audit_entry.jsonl"] = b"".join(lines[:-1])


def other_standings(parts):
    name = "tables/final_result.jsonl"
    parts[name] = parts[name].replace(b'first_share\\":', b'first_share\\":1')


def other_file(parts):
    name = next(name for name in parts if name.startswith("submissions/"))
    parts[name] += b"\n"


def no_file(parts):
    parts.pop(next(name for name in parts if name.startswith("submissions/")))


VALUES = [
    (in_row("score", 0, value=0.999), "its file scores"),
    (in_row("score", 0, value=0.999), "not those that the log commits to"),
    (in_row("score", 16, value=0.999), "Submission 5 (team 1): the stored exact scores"),
    (in_row("submission", 3, shown=0.98), "Submission 4 (team 2): shown is 0.98"),
    (in_row("submission", 0, late=True), "Submission 1 (team 1): late is True"),
    (in_row("team", 1, best_shown=0.98), "Team 2 (Team B): best_shown is 0.98"),
    (in_row("team", 0, name="Team X"), "Team 1 is 'Team X', but 'Team A' by the log"),
    (in_row("selection", 0, submission_number=4), "Team 2 selected 4, but 2 by the log"),
    (in_row("state", 0, closes="2026-04-30T00:00:00Z"), "The deadline is 2026-04-30"),
    (other_standings, "The final standings were changed"),
]
LOG_AND_FILES = [
    (in_row("audit_entry", 5, details="{}"), "Entry 6 (submission accepted, team 1) was changed"),
    (without_entry, "Entry 5 is missing from the log"),
    (without_end, "No entry has the noted hash"),
    (other_file, "its file submissions/"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_any_change_of_the_evidence_is_named(revealed):
    board, public, kept = revealed
    folder, original = board.folder, board.folder.evidence_file.read_bytes()
    for edits in (VALUES, LOG_AND_FILES, [(no_file, "is missing.")]):
        folder.evidence_file.write_bytes(original)
        for edit, _ in edits:
            change(folder.evidence_file, edit)
        report = verify_evidence(folder.evidence_file, public, folder.reveal_file, Scope(kept))
        for _, words in edits:
            assert any(words in line for line in report.findings), (words, report.findings)
    folder.evidence_file.write_bytes(original)
    change(folder.evidence_file, VALUES[0][0], lists_new_sums=False)
    (line,) = verify_evidence(folder.evidence_file, public, folder.reveal_file).checks[0].findings
    assert line.startswith("tables/score.jsonl in the evidence was changed")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_other_labels_do_not_fit_the_edition(revealed):
    board, public, _ = revealed
    reveal = json.loads(gzip.decompress(board.folder.reveal_file.read_bytes()))
    row, rest = reveal["solution"].split("\n", 2)[1:]
    turned = row.replace(",0,", ",1,", 1) if ",0," in row else row.replace(",1,", ",0,", 1)
    reveal["solution"] = reveal["solution"].replace(row, turned, 1)
    assert rest
    other = board.folder.root / "other.json"
    other.write_text(json.dumps(reveal))
    report = verify_evidence(board.folder.evidence_file, public, other)
    assert any("not those committed to" in line for line in report.findings), report.findings
