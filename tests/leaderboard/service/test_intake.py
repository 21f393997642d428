"""From a file's last byte to its receipt: stamp, queue, notes and downloads."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from datetime import datetime, timedelta
from typing import Any

import anyio
import pytest

from bare_request import PATH, ask
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.standings.close import close_competition
from customs_leaderboard.standings.public import team_history
from customs_leaderboard.submissions import in_work
from customs_leaderboard.teams.teams import add_team
from real_server import Member


class Upload:
    """A request whose messages the test gives, one by one."""

    def __init__(self, app: Any, member: Member) -> None:
        self._app = app
        self._member = member
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.answer: dict[str, Any] = {}
        self.status = 0

    def give(self, body: bytes, *, more: bool = False) -> None:
        self._messages.put_nowait({"type": "http.request", "body": body, "more_body": more})

    @property
    def is_read(self) -> bool:
        return self._messages.empty()

    def leave(self) -> None:
        self._messages.put_nowait({"type": "http.disconnect"})

    async def run(self) -> None:
        sent = await ask(self._app, self._member.headers, self._messages.get)
        if sent:
            self.status = sent[0]["status"]
            self.answer = json.loads(sent[1]["body"])


async def read_by_all(uploads: list[Upload]) -> None:
    while not all(upload.is_read for upload in uploads):
        await anyio.lowlevel.checkpoint()


def test_200_files_at_once_are_stamped_when_their_last_byte_is_read(board_of, clock, make_file):
    """100 are complete a millisecond before the deadline, 100 after; all wait for one thread."""
    board = board_of()
    app = make_app(board, ServiceSettings(n_scoring_threads=1, request_burst=10**6))
    members = [Member(*add_team(board, f"Team {i}")) for i in range(200)]
    content = make_file(1).read_bytes()
    closes = board.competition.closes
    moments = [closes - timedelta(milliseconds=1), closes + timedelta(milliseconds=1)]
    uploads = [Upload(app, member) for member in members]
    halves = [uploads[:100], uploads[100:]]

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for upload in uploads:
                upload.give(content[:-9], more=True)
                tasks.start_soon(upload.run)
            await read_by_all(uploads)
            for moment, half in zip(moments, halves, strict=True):
                board.now = lambda moment=moment: moment
                for upload in half:
                    upload.give(content[-9:])
                await read_by_all(half)
            # Whatever happens now is too late: the files wait for threads.
            board.now = lambda: closes + timedelta(minutes=30)

    anyio.run(main)
    assert {upload.status for upload in uploads} == {201}
    for moment, half, late in zip(moments, halves, (False, True), strict=True):
        assert {upload.answer["late"] for upload in half} == {late}
        assert {datetime.fromisoformat(upload.answer["received_at"]) for upload in half} == {moment}


def test_work_whose_client_has_left_is_dropped(app, board, member, rival, make_file, monkeypatch):
    first, second = make_file(1).read_bytes(), make_file(2).read_bytes()
    checked: list[bytes] = []
    check = board.judge.check

    async def main() -> None:
        queue = app.state.queue
        uploads = [Upload(app, member), Upload(app, member)]
        monkeypatch.setattr(
            board.judge, "check", lambda path: checked.append(path.read_bytes()) or check(path)
        )
        async with queue.turn(member.number):  # both wait for this one
            tasks = await anyio.create_task_group().__aenter__()
            for upload, content in zip(uploads, (first, second), strict=True):
                upload.give(content)
                tasks.start_soon(upload.run)
            while len(list(board.folder.spool.iterdir())) < 2:
                await anyio.lowlevel.checkpoint()
            uploads[0].leave()
        await tasks.__aexit__(None, None, None)
        assert [upload.status for upload in uploads] == [0, 201]

    anyio.run(main)
    assert checked == [second]
    assert not list(board.folder.spool.iterdir())


def test_duplicates_and_quota_refusals_wait_for_nobody(app, client, post, member, board_of):
    assert post(1).status_code == 201

    async def main() -> None:
        await app.state.queue.turn(member.number).__aenter__()

    anyio.run(main)  # the team's turn never ends
    assert post(1).status_code == 200


def test_notes_and_downloads(client, post, member, rival, make_file, board):
    content = make_file(1).read_bytes()
    number = post(content=content, params={"note": " first try: é "}).json()["number"]
    own = f"{PATH}/{number}"
    packed = gzip.compress(make_file(2).read_bytes())
    form = {"files": {"file": ("x.csv.gz", packed)}, "data": {"note": "from a form"}}
    other = post(**form).json()["number"]
    history = client.get("/api/v1/team", headers=member.headers).json()["submissions"]
    assert [row["note"] for row in history] == ["from a form", "first try: é"]
    row = client.get(own, headers=member.headers).json()
    assert row["member_number"] == 1
    put = client.put(f"{own}/note", json={"note": "better"}, headers=member.headers)
    assert (put.status_code, put.json()["note"]) == (200, "better")
    for text in ("x" * 201, "two\nlines", "\x1b[1m"):
        put = client.put(f"{own}/note", json={"note": text}, headers=member.headers)
        assert put.status_code in (400, 422)
        assert post(3, params={"note": text}).status_code == 400
    assert client.put(f"{own}/note", json={"note": "x"}, headers=rival.headers).status_code == 404
    assert "better" not in client.get("/").text + client.get("/api/v1/standings").text

    answer = client.get(f"{own}/file", headers=member.headers)
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert f'filename="submission-{number}.csv"' in answer.headers["Content-Disposition"]
    answer = client.get(f"{PATH}/{other}/file", headers=member.headers)
    assert (answer.content, answer.headers["Content-Type"]) == (packed, "application/gzip")
    assert client.get(f"{own}/file", headers=rival.headers).status_code == 404
    assert client.get(f"{own}/file").status_code == 401
    stored = next(board.folder.submissions.glob("*/*.csv"))
    stored.write_bytes(b"changed")
    answer = client.get(f"{own}/file", headers=member.headers)
    assert answer.status_code == 503
    assert str(board.folder.root) not in answer.text


def test_closing_waits_for_files_in_work(board, member, make_file):
    """Not for those that a crash left behind, and not for ever."""
    spooled = board.folder.new_spool_file()
    spooled.write_bytes(b"x")
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            spooled.unlink()

    assert in_work.wait_for_files(board, pause=pause) == 0
    assert len(pauses) == 3
    spooled.write_bytes(b"x")
    assert in_work.wait_for_files(board, pause=lambda _seconds: None) == 1
    os.utime(spooled, (0, 0))
    assert in_work.wait_for_files(board, pause=pytest.fail) == 0


def test_a_punctual_file_after_the_close_is_late_and_says_why(app, board, member, make_file, clock):
    async def main() -> Upload:
        upload = Upload(app, member)
        upload.give(make_file(1).read_bytes())
        async with anyio.create_task_group() as tasks, app.state.queue.turn(member.number):
            tasks.start_soon(upload.run)
            while not list(board.folder.spool.iterdir()):
                await anyio.lowlevel.checkpoint()
            with pytest.MonkeyPatch.context() as patched:
                close = "customs_leaderboard.standings.close"
                patched.setattr(f"{close}.wait_for_files", lambda _board: 1)
                close_competition(board, early=True, n_replicates=20)
        return upload

    upload = anyio.run(main)
    assert upload.status == 201
    assert upload.answer["late"]
    assert "complete in time" in upload.answer["remark"]
    assert team_history(board, member.number)[0].late
