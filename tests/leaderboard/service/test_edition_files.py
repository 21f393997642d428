"""The public files of the edition can be downloaded, and nothing else, by any URL."""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from customs_data.edition.layout import Layout
from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.publishing.guard import HiddenGuard
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.edition_files import EditionFiles
from customs_leaderboard.service.text_formats import format_megabytes
from path_tricks import HIDDEN, TRICKS

NAMES = [
    "DATASHEET.md",
    "croissant.json",
    "edition.json",
    "sample_submission.csv",
    "test.csv",
    "train.csv",
]


@pytest.mark.parametrize("name", NAMES)
def test_public_files_come_as_they_are(client, board, name):
    answer = client.get(f"/edition/{name}")
    assert answer.status_code == 200
    content = (board.layout.public / name).read_bytes()
    assert answer.content == content
    assert f'filename="{name}"' in answer.headers["Content-Disposition"]
    if name.endswith(".csv"):
        record = board.manifest.files[name.removesuffix(".csv")]
        assert hashlib.sha256(content).hexdigest() == record.sha256
    again = client.get(f"/edition/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    piece = client.get(f"/edition/{name}", headers={"Range": "bytes=5-14"})
    assert (piece.status_code, piece.content) == (206, content[5:15])


def test_one_zip_has_all_public_files_and_nothing_hidden(client, board, tmp_path):
    answer = client.get("/edition/small.zip")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    assert list(HiddenGuard(board.layout).traces("small.zip", answer.content)) == []
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == [f"small/public/{name}" for name in NAMES]
        packed.extractall(tmp_path)
    for name in NAMES:
        content = (tmp_path / "small/public" / name).read_bytes()
        assert content == (board.layout.public / name).read_bytes()
    assert Layout.find(tmp_path / "small").public == tmp_path / "small/public"
    tag = answer.headers["ETag"]
    again = client.get("/edition/small.zip", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    piece = client.get("/edition/small.zip", headers={"Range": "bytes=5-14", "If-Range": tag})
    assert (piece.status_code, piece.content) == (206, answer.content[5:15])
    assert client.get("/api/v1/competition").json()["edition"]["archive"] == "small.zip"
    assert f"Get the data ({format_megabytes(len(answer.content))})" in client.get("/").text


def test_the_zip_is_made_once_and_its_bytes_follow_from_the_files(client, board, app):
    first = client.get("/edition/small.zip").content
    made_at = board.folder.archive_file.stat().st_mtime_ns
    assert board.folder.archive_file.stat().st_mode & 0o777 == 0o600
    TestClient(make_app(board)).get("/edition/small.zip")
    assert board.folder.archive_file.stat().st_mtime_ns == made_at
    for broken in (b"", first[:1000]):  # a process was killed, or somebody meddled
        board.folder.archive_file.write_bytes(broken)
        assert TestClient(make_app(board)).get("/edition/small.zip").content == first


def test_the_zip_follows_no_link(client, board, tmp_path):
    public: Path = board.layout.public
    (public / "train.csv").rename(tmp_path / "elsewhere.csv")
    (public / "train.csv").symlink_to(board.layout.hidden / "solution.csv")
    assert client.get("/edition/small.zip").status_code == 404
    page = client.get("/")
    assert page.status_code == 200
    assert "Get the data" not in page.text


def test_names_are_those_that_the_manifest_lists(client, board):
    assert client.get("/api/v1/competition").json()["edition"]["files"] == NAMES
    (board.layout.public / "notes.txt").write_text("a left-over")
    try:
        assert client.get("/edition/notes.txt").status_code == 404
    finally:
        (board.layout.public / "notes.txt").unlink()


@pytest.mark.parametrize("prefix", ["/edition/", "/static/", "/", "/api/v1/", "/edition//"])
def test_no_path_leads_to_a_hidden_file(client, board, prefix):
    hidden = {name: (board.layout.hidden / name).read_text() for name in HIDDEN}
    for trick in TRICKS:
        for name, content in hidden.items():
            answer = client.get(prefix + trick.format(name))
            assert answer.status_code in (404, 400), (prefix, trick, name)
            assert content[:40] not in answer.text


@given(name=st.text(max_size=30))
@settings(max_examples=200)
def test_no_other_text_is_a_name(edition, name):
    files = EditionFiles(edition.layout, edition.manifest)
    if name not in NAMES:
        with pytest.raises(NotFoundError):
            files.find(name)


def test_files_of_the_folder_of_the_competition_have_no_url(client, board, member, post):
    receipt = post(1).json()
    for path in (
        "competition.toml", "board.sqlite3", "board.sqlite3-wal", "references.json", "spool/",
        f"submissions/{member.number}/{receipt['sha256']}.csv", "submissions/",
    ):  # fmt: skip
        for prefix in ("/", "/edition/", "/edition/..%2f..%2fboard%2f", "/static/../../"):
            assert client.get(prefix + path).status_code == 404, prefix + path


@pytest.fixture
def competition(competition, tmp_path):
    """A competition whose edition the test may change."""
    copy = tmp_path / "edition copy"
    shutil.copytree(competition.edition, copy)
    return replace(competition, edition=copy)


def test_a_link_is_not_followed(client: TestClient, board, tmp_path):
    public: Path = board.layout.public
    (public / "train.csv").rename(tmp_path / "elsewhere.csv")
    (public / "train.csv").symlink_to(board.layout.hidden / "solution.csv")
    assert client.get("/edition/train.csv").status_code == 404
    (public / "train.csv").unlink()
    assert client.get("/edition/train.csv").status_code == 404
    (public / "train.csv").mkdir()
    assert client.get("/edition/train.csv").status_code == 404
