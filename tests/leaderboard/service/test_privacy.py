"""A private competition shows nothing without a code or token."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import Route

from customs_leaderboard.corrections.disabling import disable_team
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.teams.codes import make_code, renew_code
from customs_leaderboard.teams.joining import invite
from customs_leaderboard.teams.teams import add_team
from customs_leaderboard.teams.tokens import make_token

OPEN = {
    "/health/live", "/health/ready", "/static/{name}", "/register", "/join", "/api/v1/register",
    "/api/v1/join",
}  # fmt: skip
#: One scheme only: Chromium does not understand two on one line.
CHALLENGE = 'Basic realm="leaderboard", charset="UTF-8"'


@pytest.fixture
def board(board_of):
    return board_of(private=True, title="The secret race")


@pytest.fixture
def settings(timer):
    return ServiceSettings(timer=timer, wrong_token_burst=10, request_burst=10_000)


@pytest.fixture
def code(board):
    return renew_code(board, "view", "view code made")


def routes_of(routes, prefix=""):
    """Yield the paths and methods of an app's routes, of nested routers as well."""
    for route in routes:
        inner = getattr(getattr(route, "original_router", route), "routes", None)
        if isinstance(route, APIRoute | Route):
            yield prefix + route.path, route.methods
        elif inner is not None:
            yield from routes_of(inner, prefix + getattr(route, "path", ""))


def test_every_route_asks_for_credentials(client, app, board):
    routes = [*routes_of(app.routes)]
    described = client.app.openapi()["paths"]
    # OpenAPI does not say that a parameter may contain slashes.
    paths = {path.replace(":path}", "}") for path, _ in routes}
    assert paths >= described.keys() | OPEN | {"/", "/about", "/team"}
    for path, methods in routes:
        for method in methods:
            answer = client.request(method, re.sub(r"\{\w+(:\w+)?\}", "1", path))
            if path in OPEN:
                assert board.competition.title not in answer.text, path
                assert "declarations" not in answer.text, path
                assert answer.status_code != 401 or path in {"/register", "/join"}, path
                continue
            assert answer.status_code == 401, (method, path)
            assert answer.headers["WWW-Authenticate"] == CHALLENGE
            assert answer.headers["Cache-Control"] == "no-store"
            assert board.competition.title not in answer.text
    for path in ("/nothing", "/edition/train.csv", "/edition/edition.json", "/%2e%2e/about", "//"):
        assert client.get(path).status_code == 401


def test_the_view_code_and_tokens_open_it(client, board, code):
    _, token = add_team(board, "Team A")
    for secret in (code, code.lower().replace("-", ""), token, renew_code(board, "organizer", "x")):
        answer = client.get("/", auth=("anybody", secret))
        assert answer.status_code == 200
        assert "The secret race" in answer.text
    bearer = {"Authorization": f"Bearer {token}"}
    for path in ("/api/v1/standings", "/edition/train.csv", "/api/v1/team"):
        assert client.get(path, headers=bearer).status_code == 200
    assert client.get("/api/v1/team", auth=("x", code)).status_code == 401  # not a team's token
    renew_code(board, "view", "view code made")
    assert client.get("/", auth=("x", code)).status_code == 401
    disable_team(board, "Team A", reason="left")
    assert client.get("/", headers=bearer).status_code == 403


def test_answers_are_for_one_person_only(client, code):
    auth = ("x", code)
    for path in ("/", "/api/v1/standings", "/edition/train.csv", "/about", "/log", "/nothing"):
        answer = client.get(path, auth=auth)
        assert answer.headers["Cache-Control"].startswith("private, no-"), path
        assert "Authorization" in answer.headers["Vary"]
    etag = client.get("/", auth=auth).headers["ETag"]
    again = client.get("/", auth=auth, headers={"If-None-Match": etag})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "private, no-cache")
    # The answer is cached by now, and still nobody else gets it.
    assert client.get("/", headers={"If-None-Match": etag}).status_code == 401


def test_strange_headers_open_nothing(client, code):
    for header in ("Basic", "Basic !", "Basic eA==", "Basic \xff", "Bearer ", "Digest x", "x", ""):
        answer = client.get("/", headers={"Authorization": header.encode("latin-1")})
        assert answer.status_code == 401, header


def test_wrong_codes_are_charged(app, code):
    guesser = TestClient(app, client=("203.0.113.7", 1))
    for _ in range(30):  # without credentials: a browser that asks for them
        assert guesser.get("/").status_code == 401
    secrets = [make_code(), make_token(), "x", code[:-1], ""] * 2
    assert {guesser.get("/", auth=("x", secret)).status_code for secret in secrets} == {401}
    refused = guesser.get("/", auth=("x", make_code()))
    assert refused.status_code == 429
    assert "secret race" not in refused.text
    assert guesser.get("/", auth=("x", code)).status_code == 200


def test_people_can_register_and_see_it_then(client, board):
    _, code = invite(board)
    assert client.get("/register").status_code == 200
    assert client.get("/static/board.css").status_code == 200
    answer = client.post("/api/v1/register", json={"code": code, "team": "Team A", "member": "Al"})
    assert client.get("/", auth=("", answer.json()["token"])).status_code == 200


def test_a_public_competition_is_as_it_was(board_of, settings):
    client = TestClient(make_app(board_of(), settings))
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    assert "Authorization" not in answer.headers.get("Vary", "")
