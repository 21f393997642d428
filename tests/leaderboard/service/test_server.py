"""The real server: sockets, threads, many teams at once, on both databases."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from sqlalchemy import select, true

from customs_data.errors import KitError
from customs_leaderboard.service.serving import Address, url_of
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.store.audit_log import verify_chain
from customs_leaderboard.store.schema import Submission, Team
from customs_leaderboard.store.scores import read_scores
from customs_leaderboard.teams.teams import add_team
from customs_leaderboard.teams.tokens import make_token
from path_tricks import HIDDEN, TRICKS
from real_server import Member, running

PATH = "/api/v1/submissions"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    if request.param == "sqlite":
        return None
    return request.getfixturevalue("postgresql").new_database()


only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def send(url: str, token: str, content: bytes) -> httpx.Response:
    return httpx.post(
        url + PATH, content=content, headers={"Authorization": f"Bearer {token}"}, timeout=60
    )


def test_many_teams_at_once(board, make_file, edition):
    """Distinct files, the same file of several teams, and more than the quota, all at once."""
    limit = board.competition.daily_limit
    teams = [Member(*add_team(board, f"Team {i}")) for i in range(4)]
    files = [make_file(seed).read_bytes() for seed in range(limit + 3)]
    jobs = [(team, file) for file in files for team in teams]
    jobs += [(team, files[0]) for team in teams] * 2
    with running(board) as server, ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda job: send(server.url, job[0].token, job[1]), jobs))
        standings = httpx.get(server.url + "/api/v1/standings").json()["rows"]
    statuses: dict[int, Counter[int]] = {team.number: Counter() for team in teams}
    for (team, _), answer in zip(jobs, answers, strict=True):
        statuses[team.number][answer.status_code] += 1
    for counts in statuses.values():
        assert set(counts) <= {200, 201, 429}
        assert counts[201] == limit
    assert [row["n_submissions"] for row in standings] == [limit] * 4
    accepted = {
        (team.number, answer.json()["sha256"]): answer.json()["number"]
        for (team, _), answer in zip(jobs, answers, strict=True)
        if answer.status_code == 201
    }
    for (team, _), answer in zip(jobs, answers, strict=True):
        if answer.status_code == 200:
            body = answer.json()
            assert body["number"] == accepted[team.number, body["sha256"]]
    with board.database.reading() as session:
        stored = list(session.scalars(select(Submission)))
        exact = read_scores(session, board.metrics, true())
        counted = [team.n_submissions for team in session.scalars(select(Team))]
        assert verify_chain(session) >= len(stored)
    assert {(s.team_number, s.sha256): s.number for s in stored} == accepted
    assert counted == [limit] * 4
    for submission in stored:
        path = board.folder.submission_path(
            submission.team_number, submission.sha256, submission.suffix
        )
        assert exact[submission.number] == board.judge.score(board.judge.check(path).answer)
    assert not list(board.folder.spool.iterdir())


@only_sqlite
def test_the_server_finishes_a_running_submission_before_it_ends(board, make_file, monkeypatch):
    member = Member(*add_team(board, "Busan"))
    judge = board.judge
    scoring, may_end = threading.Event(), threading.Event()
    check = judge.check

    def slow(path):
        scoring.set()
        assert may_end.wait(60)
        return check(path)

    monkeypatch.setattr(judge, "check", slow)
    with running(board) as server, ThreadPoolExecutor(2) as threads:
        answer = threads.submit(send, server.url, member.token, make_file(1).read_bytes())
        assert scoring.wait(60)
        ended = threads.submit(server.stop)
        may_end.set()
        assert answer.result(60).status_code == 201
        ended.result(60)
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url + "/health/live")


def raw(url: str, request: bytes, *, leave: bool = False) -> bytes:
    """Send bytes as they are, and return the whole answer."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(request)
        if leave:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
        return answer


@only_sqlite
def test_raw_paths(board):
    """Paths that a client library would normalise before sending."""
    hidden = [(board.layout.hidden / name).read_bytes()[:40] for name in HIDDEN]
    with running(board) as server:
        for prefix in ("/edition/", "/static/", "//", "/"):
            for trick in TRICKS:
                path = prefix + trick.format("solution.csv")
                head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                answer = raw(server.url, head.encode())
                assert answer[9:12] in (b"404", b"400"), path
                assert not any(content in answer for content in hidden)


@only_sqlite
def test_requests_that_lie_about_themselves(board, make_file):
    member = Member(*add_team(board, "Busan"))
    content = make_file(1).read_bytes()
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    head += f"Authorization: Bearer {member.token}\r\n"

    def post(headers: str, body: bytes, *, leave: bool = False) -> bytes:
        return raw(server.url, f"{head}{headers}\r\n".encode() + body, leave=leave)

    with running(board) as server:
        # Bytes after the length are no part of the file.
        assert post("Content-Length: 100\r\n", content)[9:12] == b"422"
        # A body shorter than its length: the client has left.
        assert not post(f"Content-Length: {len(content) + 1}\r\n", content, leave=True)
        # Two lengths, or a length and chunks, smuggle requests past a proxy.
        two = "Content-Length: 5\r\nContent-Length: 6\r\n"
        both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
        for headers in (two, both, "Content-Length: x\r\n", "Transfer-Encoding: x, chunked\r\n"):
            assert post(headers, b"0\r\n\r\n")[9:12] in (b"400", b"422"), headers
        assert b"Set-Cookie" not in post("X: a\rSet-Cookie: b\r\nContent-Length: 0\r\n", b"")
        assert httpx.get(server.url + "/health/live").status_code == 200
    with board.database.reading() as session:
        assert session.scalars(select(Submission)).all() == []
    assert not list(board.folder.spool.iterdir())


@only_sqlite
@pytest.mark.parametrize("trusted", ["", "127.0.0.1"])
def test_a_header_changes_the_address_only_from_a_trusted_proxy(board, trusted):
    settings = ServiceSettings(wrong_token_burst=3, wrong_tokens_per_minute=0.001)
    with running(board, settings, trusted_proxies=trusted) as server:
        statuses = [
            httpx.get(
                server.url + "/api/v1/team",
                headers={
                    "Authorization": f"Bearer {make_token()}",
                    "X-Forwarded-For": f"203.0.113.{i}",
                },
            ).status_code
            for i in range(6)
        ]
    assert statuses == ([401] * 6 if trusted else [401] * 3 + [429] * 3)


def test_an_address_in_use_is_an_error():
    with (
        Address(port=0).listen() as listening,
        pytest.raises(KitError, match=r"port \d+: Address already in use"),
    ):
        Address(port=listening.getsockname()[1]).listen()
    with pytest.raises(KitError, match="--host"):
        Address("256.0.0.1", 0).listen()


def test_urls_of_both_families():
    with Address(port=0).listen() as listening:
        assert url_of(listening) == f"http://127.0.0.1:{listening.getsockname()[1]}"
    if socket.has_ipv6:
        with Address("::1", port=0).listen() as listening:
            assert url_of(listening).startswith("http://[::1]:")
