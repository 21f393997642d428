"""The public files of the edition can be downloaded, and nothing else, by any URL."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.service.edition_files import EditionFiles
from path_tricks import HIDDEN, TRICKS

NAMES = ["DATASHEET.md", "edition.json", "sample_submission.csv", "test.csv", "train.csv"]


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
