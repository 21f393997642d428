"""Clients that keep a real server waiting: silent, with endless headers or unfinished bodies."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import anyio
import httpx2 as httpx
import pytest

from customs_leaderboard.service.network.bodies import BodyLimits
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.teams.teams import add_team
from real_server import Member, running

#: Long enough for a loaded machine to send one line, and short enough to wait for.
MOMENT_S = 0.3
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
UPLOAD = "Content-Type: multipart/form-data; boundary=b\r\n"


@contextmanager
def connected(url: str, sent: bytes = b""):
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall(sent)
        yield connection


def read_all(connection: socket.socket) -> bytes:
    answer = b""
    while part := connection.recv(65_536):
        answer += part
    return answer


def head(method: str, path: str, headers: str = "", n_bytes: int = 1000) -> bytes:
    lines = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {n_bytes}\r\n"
    return f"{lines}{headers}\r\n".encode()


@pytest.fixture(scope="module")
def impatient() -> ServiceSettings:
    return ServiceSettings(
        head_timeout_s=MOMENT_S, receive_timeout_s=30, stranger_total_s=MOMENT_S, n_connections=20
    )


def test_slow_clients_get_their_answer_and_others_theirs(board, impatient):
    member = Member(*add_team(board, "Busan"))
    field = b'--b\r\nContent-Disposition: form-data; name="token"\r\n\r\nckt_'
    slow = {
        b"": b"",
        b"GET / HTTP/1.1\r\nHost:": b"408",
        head("POST", "/team", FORM) + b"token=": b"408",
        head("POST", "/team/select", FORM): b"408",
        head("POST", "/submit", UPLOAD) + field: b"408",
    }
    with running(board, impatient) as server, ExitStack() as stack:
        connections = {sent: stack.enter_context(connected(server.url, sent)) for sent in slow}
        for path in ("/api/v1/team", "/health/ready"):
            assert httpx.get(server.url + path, headers=member.headers).status_code == 200
        answers = {sent: read_all(connection) for sent, connection in connections.items()}
    assert {sent: answer[9:12] for sent, answer in answers.items()} == slow


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/submissions"),
        ("PUT", "/api/v1/selections"),
        ("POST", "/api/v1/admin/announcements"),
    ],
)
@pytest.mark.parametrize("token", ["ckt_" + "x" * 43, ""])
def test_a_wrong_token_is_refused_before_the_body_is_read(app, method, path, token):
    """The client waits for the answer before it sends: nobody reads its body."""

    async def receive():
        raise AssertionError("the body was read")

    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"", "app": app,
        "headers": [(b"content-length", b"1000"), (b"content-type", b"application/json")],
        "client": ("203.0.113.7", 1), "server": ("x", 80), "scheme": "http", "root_path": "",
        "http_version": "1.1",
    }  # fmt: skip
    if token:
        scope["headers"].append((b"authorization", f"Bearer {token}".encode()))
    anyio.run(app, scope, receive, send)
    assert sent[0]["status"] == 401


def test_silent_connections_leave_room(board):
    """More than the server has, from one address: the oldest go, also without their time."""
    settings = ServiceSettings(n_connections=20, n_connections_each=100)
    with running(board, settings) as server, ExitStack() as stack:
        silent = [stack.enter_context(connected(server.url, b"GET /")) for _ in range(30)]
        for path in ("/", "/health/live", "/api/v1/standings"):
            assert httpx.get(server.url + path).status_code == 200
        assert silent[0].recv(1) == b""  # no 408: it still had time


def test_large_headers_are_answered(board):
    with running(board) as server:
        lines = b"X: " + b"x" * 60_000 + b"\r\n"
        with connected(server.url, b"GET / HTTP/1.1\r\n" + lines * 5) as connection:
            answer = read_all(connection)
        assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        details = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert details["detail"] == "Send at most 100 headers, together at most 64 KiB."
        assert httpx.get(server.url, headers={"X": "x" * 60_000}).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"), [("/team", 413), ("/team/select", 413), ("/submit", 401), ("/nothing", 404)]
)
def test_bodies_have_a_size(client, path, status):
    content = {"Content-Type": "application/x-www-form-urlencoded"}
    body = [b"token=", *[b"x" * 50_000] * 4]
    assert client.post(path, content=iter(body), headers=content).status_code == status


def test_a_late_body_does_not_spoil_an_answer_that_has_begun(app):
    """An app that answers, and reads on: its reader is told that the client has left."""
    sent, read = [], []

    async def early(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        read.append(await receive())
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message["type"])

    async def serve():
        app.state.settings = ServiceSettings(stranger_total_s=0.01)
        await BodyLimits(early)({"type": "http", "app": app}, anyio.sleep_forever, send)

    anyio.run(serve)
    assert sent == ["http.response.start"]
    assert read == [{"type": "http.disconnect"}]
