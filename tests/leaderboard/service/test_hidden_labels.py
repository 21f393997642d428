"""Nothing that a team can see before the close depends on a private label.

Two competitions whose editions differ in private labels only, and so in the commitment, get the
same requests. All answers and log lines must be equal byte for byte, except for the commitment and
its hashes: the audit log's chain, and ETags of bodies that contain it.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
import shutil
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from customs_data.edition.hidden import hidden_commitment, read_solution
from customs_data.edition.layout import MANIFEST, Layout
from customs_data.edition.manifest import read_manifest
from customs_leaderboard.board import Board, make_board
from customs_leaderboard.corrections.disabling import disable_team, enable_team
from customs_leaderboard.corrections.striking import strike, unstrike
from customs_leaderboard.publishing.board_pages import write_pages
from customs_leaderboard.service.admin.similar import SimilarReports
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.network.requests_log import JsonLines
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.standings.close import close_competition, extend_deadline
from customs_leaderboard.store.actions import PUBLIC_ACTIONS
from customs_leaderboard.store.audit_log import read_entries
from customs_leaderboard.store.room import Room
from customs_leaderboard.teams.codes import renew_code
from customs_leaderboard.teams.joining import invite
from customs_leaderboard.teams.teams import add_team, rename_team
from path_tricks import HIDDEN, TRICKS

API = "/api/v1"
PAGES = (
    "/",
    "/?sort=team&order=asc",
    "/?all=1",
    "/standings.csv",
    "/api",
    "/about",
    "/overview",
    "/rules",
    "/data",
    "/contact",
    "/register",
    "/join",
    "/log",
    "/news",
    "/feed.xml",
    "/submit",
    "/team",
    "/nothing",
    "/reveal.json.gz",
    "/evidence.zip",
)
ROUTES = (
    "competition",
    "standings",
    "progress",
    "log",
    "references",
    "final",
    "openapi.json",
    "announcements",
)


def with_other_private_labels(edition: Path, copy: Path) -> Path:
    """Copy an edition, flip every private label and renew the commitment."""
    shutil.copytree(edition, copy)
    layout = Layout.of(copy)
    path = layout.hidden / "solution.csv"
    rows = pd.read_csv(path, dtype=str)
    private = rows["Usage"] == "Private"
    rows.loc[private, "Fraud"] = rows.loc[private, "Fraud"].map({"0": "1", "1": "0"})
    rows.loc[private, "Critical Fraud"] = rows.loc[private, "Fraud"]
    rows.to_csv(path, index=False, lineterminator="\n")
    manifest = read_manifest(layout.public)
    commitment = hidden_commitment(layout, manifest, read_solution(layout, manifest))
    assert commitment != manifest.commitment
    path = layout.public / MANIFEST
    times = path.stat()
    path.write_text(replace(manifest, commitment=commitment).to_json())
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # the file's ETag depends on it
    return copy


@dataclass
class Record:
    """Answers and log lines, in the order of the requests."""

    board: Board
    answers: list[tuple[str, int, list[tuple[str, str]], bytes]]
    lines: list[str]

    def mask(self, text: str) -> str:
        """Replace the commitment and its hashes by their names."""
        with self.board.database.reading() as session:
            entries = read_entries(session)
        text = text.replace(self.board.manifest.commitment, "COMMITMENT")
        for entry in entries:
            for length in (64, 16, 12, 8):  # pages may show the first characters
                text = text.replace(entry.hash[:length], f"HASH {entry.sequence}")
        return text


def ask_everything(board: Board, files: list[bytes], forward: Any) -> list[Any]:
    """Send every request that an outsider or a team may send before the close."""
    settings = ServiceSettings(timer=lambda: 0.0, refresh_s=0, request_burst=10**6)
    client = TestClient(make_app(board, settings), raise_server_exceptions=False)
    teams = [add_team(board, name) for name in ("Busan", "Incheon", "Ulsan")]
    code = renew_code(board, "organizer", "organizer token made")
    answers = []

    def ask(method: str, path: str, **request: Any) -> None:
        answer = client.request(method, path, **request, follow_redirects=False)
        headers = [(k, v) for k, v in answer.headers.items() if k != "last-modified"]
        content = answer.content
        if (
            path.endswith(".zip") and answer.status_code == 200
        ):  # its checksums and ETag depend on the commitment in edition.json
            headers = [(k, v) for k, v in headers if k != "etag"]
            content = unpacked(content)
        answers.append((f"{method} {path}", answer.status_code, headers, content))
        if answer.is_redirect:
            ask("GET", answer.headers["Location"])

    def look() -> None:
        for page in PAGES:
            ask("GET", page)
        for route in ROUTES:
            ask("GET", f"{API}/{route}")
        for _, token in teams:
            for route in (
                "team", "submissions/1", "submissions/2", "submissions/1/file", "selections",
                "team/members",
            ):  # fmt: skip
                ask("GET", f"{API}/{route}", headers={"Authorization": f"Bearer {token}"})
            ask("POST", "/team", data={"token": token})
            ask("POST", f"{API}/team/invitations", headers={"Authorization": f"Bearer {token}"})
        ask("POST", "/admin", data={"token": code})
        for route in ("status", "teams", "similar"):
            ask("GET", f"{API}/admin/{route}", headers={"Authorization": f"Bearer {code}"})

    def send(file: bytes) -> None:
        for i, (_, token) in enumerate(teams):
            headers = {"Authorization": f"Bearer {token}"}
            ask("POST", f"{API}/submissions", content=file + b"\n" * i, headers=headers)

    write_pages(board)
    _, invitation = invite(board)
    body = {"code": invitation, "team": "Gunsan", "member": "Ann"}
    ask("POST", f"{API}/register", json=body)
    look()
    for name in (*board.manifest.files, "edition"):
        ask("GET", f"/edition/{name}.{'json' if name == 'edition' else 'csv'}")
    ask("GET", "/edition/DATASHEET.md")
    ask("GET", "/edition/croissant.json")
    ask("GET", f"/edition/{board.manifest.name}.zip")
    for trick, name in itertools.product(TRICKS, HIDDEN):
        ask("GET", "/edition/" + trick.format(name))
    *early, last = files
    for file in early:
        send(file)
        look()
    send(files[0])  # again
    send(files[0].replace(b"\n", b"\r\n"))
    send(b"a,b\n1,2\n")
    ask("POST", "/submit", data={"token": teams[0][1]}, files={"file": ("x.csv", files[0])})
    ask(
        "PUT", f"{API}/selections", json={"submissions": [1]},
        headers={"Authorization": f"Bearer {teams[0][1]}"},
    )  # fmt: skip
    ask(
        "PUT", f"{API}/submissions/1/note", json={"note": "the first"},
        headers={"Authorization": f"Bearer {teams[0][1]}"},
    )  # fmt: skip
    rename_team(board, "Ulsan", "Busan 2")
    disable_team(board, "Busan 2", "two accounts")
    strike(board, 3, "copied")
    look()
    enable_team(board, "Busan 2", "one account")
    unstrike(board, 3, "not copied")
    extend_deadline(board, board.competition.closes.replace(day=31, hour=12), "more time")
    look()
    forward(days=40)  # over, but not closed
    send(last)
    look()
    return answers


def unpacked(content: bytes) -> bytes:
    """Return names and contents of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return b"".join(name.encode() + packed.read(name) for name in packed.namelist())


@pytest.fixture
def record(competition, tmp_path, clock, monkeypatch, caplog, make_file):
    files = [
        make_file(seed, quality).read_bytes() for seed, quality in ((1, 0.1), (2, 0.9), (3, 0.5))
    ]
    start = clock.now
    # The first board of a process migrates its database, which draws a random key.
    make_board(tmp_path / "first", competition, clock=clock).close_connections()

    def record(name: str, edition: Path) -> Record:
        numbers = itertools.count()
        drawn = lambda n=16: hashlib.sha256(str(next(numbers)).encode()).hexdigest()[: 2 * n]  # noqa: E731
        monkeypatch.setattr("secrets.token_hex", drawn)
        monkeypatch.setattr("secrets.token_urlsafe", lambda n: drawn(n)[:43])
        room = Room(free=3, folder=2, database=1)
        monkeypatch.setattr("customs_leaderboard.organizing.status.measure_room", lambda _: room)
        monkeypatch.setattr(SimilarReports, "get", SimilarReports.make)  # now, not in a thread
        clock.now = start
        caplog.clear()
        caplog.set_level("INFO", "customs_leaderboard.service")
        board = make_board(tmp_path / name, replace(competition, edition=edition), clock=clock)
        answers = ask_everything(board, files, clock.forward)
        lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
        for line in lines:
            del line["at"]
        return Record(board, answers, [json.dumps(line) for line in lines])

    return record


def test_before_the_close_nothing_depends_on_a_private_label(record, edition_path, tmp_path):
    one = record("one", edition_path)
    other = record("other", with_other_private_labels(edition_path, tmp_path / "other edition"))
    assert len(one.answers) > 150
    assert {200, 201, 404, 422} <= {status for _, status, _, _ in one.answers}
    for (what, status, headers, body), (_, *others) in zip(one.answers, other.answers, strict=True):
        assert status == others[0], what
        assert one.mask(body.decode("latin-1")) == other.mask(others[2].decode("latin-1")), what
        for (name, value), (_, other_value) in zip(headers, others[1], strict=True):
            if value != other_value:
                assert name == "etag", (what, name)
                for tag, content in ((value, body), (other_value, others[2])):
                    assert tag == f'"{hashlib.sha256(content).hexdigest()[:32]}"', what
    assert one.lines == other.lines
    assert len(one.lines) == len(one.answers)
    assert entries_of(one) == entries_of(other)
    # The labels do differ: after the close the scores show it.
    finals = [close_competition(side.board, n_replicates=20).rows for side in (one, other)]
    selected = [{row.team: row.selected for row in rows} for rows in finals]
    assert selected[0] == selected[1]
    scores = [
        {row.team: row.scores["private"]["precision_at_5"] for row in rows} for rows in finals
    ]
    assert scores[0] != scores[1]
    for side in (one, other):
        side.board.close_connections()


def entries_of(side: Record) -> str:
    """Return the whole audit log without hashes and commitments, which nobody could see."""
    with side.board.database.reading() as session:
        entries = [entry.as_dict() for entry in read_entries(session)]
    bodies = b"".join(body for _, _, _, body in side.answers)
    for entry in entries:
        del entry["hash"], entry["previous_hash"]
        if entry["action"] not in PUBLIC_ACTIONS:
            assert entry["details"]["salt"].encode() not in bodies
            assert entry["details"].pop("commitment", "no commitment").encode() not in bodies
    return json.dumps(entries).replace(side.board.manifest.commitment, "COMMITMENT")
