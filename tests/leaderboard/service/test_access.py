"""Tokens, limits per address, and attacks with headers, numbers and paths."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from customs_data.errors import KitError
from customs_leaderboard.service.access import authenticate_form
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.limits import RateLimit, client_key
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.teams.teams import add_team, list_teams, reset_token
from customs_leaderboard.teams.tokens import make_token

TEAM = "/api/v1/team"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_guessing_is_slowed_down_for_the_address_that_guesses(app, member, timer):
    guesser = TestClient(app, client=("203.0.113.7", 1))
    other = TestClient(app, client=("203.0.113.8", 1))
    statuses = [guesser.get(TEAM, headers=bearer(make_token())).status_code for _ in range(21)]
    assert statuses == [401] * 20 + [429]
    # Right tokens are refused, too: the answer would reveal which guess was right.
    refused = guesser.get(TEAM, headers=member.headers)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "6"  # ten a minute
    assert other.get(TEAM, headers=member.headers).status_code == 200
    timer.now += 6
    assert guesser.get(TEAM, headers=member.headers).status_code == 200


def test_right_tokens_are_not_counted_as_guesses(client, member):
    for _ in range(25):
        assert client.get(TEAM, headers=member.headers).status_code == 200


def test_guesses_in_forms_are_counted_with_those_in_headers(app, member):
    guesser = TestClient(app, client=("203.0.113.7", 1))
    for _ in range(20):
        guesser.get(TEAM, headers=bearer("wrong"))

    class Form:
        """The part of a request that `authenticate_form` reads."""

        def __init__(self) -> None:
            self.app = app
            self.client = type("Client", (), {"host": "203.0.113.7"})()

    with pytest.raises(KitError, match="Too many wrong tokens"):
        authenticate_form(Form(), member.token)


def test_many_requests_from_one_address(board, timer):
    app = make_app(board, ServiceSettings(requests_per_second=2, request_burst=3, timer=timer))
    client = TestClient(app, client=("2001:db8::1", 1))
    neighbour = TestClient(app, client=("2001:db8::2", 1))  # in the same /64
    other = TestClient(app, client=("2001:db8:0:1::1", 1))
    url = "/api/v1/standings"
    assert [client.get(url).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = neighbour.get(url)
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["X-Content-Type-Options"] == "nosniff"
    assert other.get(url).status_code == 200
    assert client.get("/health/live").status_code == 200  # monitors are not counted
    timer.now += 0.5
    assert client.get(url).status_code == 200


def test_limits_take_bounded_memory(timer):
    limit = RateLimit(1, 2, timer, n_clients=10)
    for i in range(1000):
        limit.take(f"client {i}")
    assert len(limit._buckets) == 10
    assert limit.take("client 999") == 0
    assert limit.take("client 999") == 1
    assert limit.wait("client 999") == 1


@given(st.lists(st.tuples(st.floats(0, 5), st.booleans()), max_size=60))
def test_a_client_never_gets_more_than_burst_and_rate_allow(steps):
    now = 0.0
    limit = RateLimit(0.5, 3, lambda: now)
    taken = 0
    for step, looks in steps:
        now += step
        wait = limit.wait("a") if looks else limit.take("a")
        taken += not looks and wait == 0
        assert taken <= 3 + 0.5 * now + 1e-6
        assert 0 <= wait <= 2


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("testclient", "unknown"),
        (None, "unknown"),
        ("fe80::1%eth0", "fe80::"),
    ],
)
def test_the_key_of_a_client(host, key):
    assert client_key(host) == key


@pytest.mark.parametrize("name", ["requests_per_second", "wrong_token_burst", "n_connections"])
def test_settings_must_be_limits(name):
    with pytest.raises(KitError, match=name):
        ServiceSettings(**{name: 0})


@pytest.mark.parametrize(
    "token",
    [
        "", " ", "ckt_", "' OR '1'='1", "ckt_' OR 1=1 --", "%", "ckt_" + "%" * 43,
        "ckt_" + "_" * 43, "\x00", "ckt_" + "a" * 10_000, "é" * 47, "None", "null", "*",
    ],
)  # fmt: skip
def test_strange_tokens_are_just_wrong(client, member, token):
    value = b"Bearer " + token.encode("latin-1")
    assert client.get(TEAM, headers={"Authorization": value}).status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer  ", "bearer", "Basic x", "x", "", "Bearer,x"])
def test_strange_headers_are_no_token(client, header):
    assert client.get(TEAM, headers={"Authorization": header}).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/submissions/1 OR 1=1", "/api/v1/submissions/1;DROP TABLE submission",
        "/api/v1/submissions/'", "/api/v1/submissions/-1", "/api/v1/submissions/0",
        "/api/v1/submissions/1e3", f"/api/v1/submissions/{2**63}",
        "/api/v1/submissions/" + "9" * 5000,
        "/api/v1/submissions/%00", "/api/v1/team?before=1;DROP TABLE team", "/api/v1/team?limit=-1",
        "/api/v1/team?limit=100000", "/api/v1/team?before=0",
    ],
)  # fmt: skip
def test_invalid_numbers_do_not_reach_the_database(client, board, member, post, path):
    post(1)
    answer = client.get(path, headers=member.headers)
    assert answer.status_code in (404, 422)
    assert len(list_teams(board)) == 1
    assert client.get("/api/v1/submissions/1", headers=member.headers).status_code == 200


def test_no_header_repeats_texts_of_requests(client, member, settings):
    evil = "x%0d%0aSet-Cookie:%20a=b"
    for path in (
        f"/api/v1/standings?{evil}",
        f"/edition/{evil}",
        f"/{evil}",
        f"/api/v1/team?{evil}",
    ):
        answer = client.get(
            path, headers={"X-Request-ID": "chosen", "Host": "evil.example", **member.headers}
        )
        headers = str(answer.headers)
        assert "Set-Cookie" not in headers
        assert "evil" not in headers
        assert answer.headers["X-Request-ID"] != "chosen"


def test_a_request_that_is_replayed_counts_once(client, board, member, rival, post):
    first = post(1)
    for _ in range(3):
        again = post(1)
        assert (again.status_code, again.json()["number"]) == (200, first.json()["number"])
    reset_token(board, "Busan")
    assert post(1).status_code == 401
    assert client.get("/api/v1/standings").json()["rows"][0]["n_submissions"] == 1


def test_a_team_sees_and_changes_only_its_own_submissions(client, board, member, post):
    number = post(1).json()["number"]
    rivals = [add_team(board, f"Rival {i}") for i in range(3)]
    for _, token in rivals:
        assert client.get(f"/api/v1/submissions/{number}", headers=bearer(token)).status_code == 404
        put = client.put(
            "/api/v1/selections", json={"submissions": [number]}, headers=bearer(token)
        )
        assert put.status_code == 404
        assert client.get(TEAM, headers=bearer(token)).json()["submissions"] == []
