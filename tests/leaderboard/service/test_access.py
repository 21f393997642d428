"""Tokens, limits per address, and attacks with headers, numbers and paths."""

from __future__ import annotations

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from customs_data.errors import KitError
from customs_leaderboard.errors import UnknownCodeError
from customs_leaderboard.service.access import authenticate_form, charge_wrong
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.network.addresses import check_public_url, parse_proxies
from customs_leaderboard.service.network.limits import RateLimit, client_key, sender_key
from customs_leaderboard.service.problem_details import TooManyRequestsError
from customs_leaderboard.service.serving import Address
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.teams.codes import renew_code
from customs_leaderboard.teams.teams import add_team, list_teams, reset_token
from customs_leaderboard.teams.tokens import make_token

TEAM = "/api/v1/team"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_only_wrong_tokens_are_slowed_down(app, member, timer):
    guesser = TestClient(app, client=("203.0.113.7", 1))
    other = TestClient(app, client=("203.0.113.8", 1))
    wrong = bearer(make_token())
    statuses = [guesser.get(TEAM, headers=wrong).status_code for _ in range(21)]
    assert statuses == [401] * 20 + [429]
    refused = guesser.get(TEAM, headers=wrong)
    assert refused.headers["Retry-After"] == "6"  # ten a minute
    # 256 random bits cannot be guessed: a valid token is no guess.
    assert guesser.get(TEAM, headers=member.headers).status_code == 200
    assert guesser.post("/team", data={"token": member.token}).status_code == 200
    assert other.get(TEAM, headers=wrong).status_code == 401
    timer.now += 6
    assert [guesser.get(TEAM, headers=wrong).status_code for _ in range(2)] == [401, 429]


def test_wrong_codes_are_counted_with_wrong_tokens(app, member):
    request = Request({"type": "http", "app": app, "client": ("203.0.113.7", 1), "headers": []})
    for _ in range(20):
        with pytest.raises(UnknownCodeError), charge_wrong(request):
            raise UnknownCodeError
    with pytest.raises(TooManyRequestsError, match="Try again in 6 seconds"):
        authenticate_form(request, make_token())
    assert authenticate_form(request, member.token).number == member.number
    with pytest.raises(ZeroDivisionError), charge_wrong(request):
        raise ZeroDivisionError


def test_right_tokens_are_not_counted_as_guesses(client, member):
    for _ in range(25):
        assert client.get(TEAM, headers=member.headers).status_code == 200


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


def test_requests_with_a_right_token_are_counted_by_team(board, member, rival, timer):
    app = make_app(board, ServiceSettings(requests_per_second=2, request_burst=3, timer=timer))
    student = TestClient(app, client=("203.0.113.7", 1))
    attacker = TestClient(app, client=("203.0.113.7", 1))
    assert [student.get(TEAM, headers=member.headers).status_code for _ in range(4)] == [
        200, 200, 200, 429,
    ]  # fmt: skip
    refused = student.get(TEAM, headers=member.headers)
    assert refused.json()["detail"] == "Too many requests came from your team."
    statuses = [attacker.get("/").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]  # the team's requests were not the address's
    # The address has sent too many, but not this team.
    assert student.get("/", headers=rival.headers).status_code == 200
    assert student.post("/team", data={"token": rival.token}).status_code == 200
    assert student.get(TEAM, headers=rival.headers).status_code == 200
    assert student.get(TEAM, headers=rival.headers).status_code == 429
    assert student.post("/team", data={"token": rival.token}).status_code == 429
    for wrong in (make_token(), ""):
        assert attacker.post("/team", data={"token": wrong}).status_code == 429
        assert attacker.get(TEAM, headers=bearer(wrong)).status_code == 429
    timer.now += 0.5
    assert attacker.post("/team", data={"token": make_token()}).status_code == 401
    assert attacker.get("/").status_code == 429


def test_the_organizer_is_not_limited_by_others(board, timer):
    app = make_app(board, ServiceSettings(requests_per_second=2, request_burst=3, timer=timer))
    client = TestClient(app)
    code = renew_code(board, "organizer", "organizer token made")
    assert [client.get("/").status_code for _ in range(4)] == [200, 200, 200, 429]
    status = "/api/v1/admin/status"
    assert [client.get(status, headers=bearer(code)).status_code for _ in range(4)] == [
        200, 200, 200, 429,
    ]  # fmt: skip
    assert client.get("/", headers=bearer(code)).status_code == 429
    assert client.get(status, headers=bearer("wrong")).status_code == 429


def test_a_form_with_a_right_token_costs_its_address_nothing(board, member, timer):
    app = make_app(board, ServiceSettings(requests_per_second=2, request_burst=3, timer=timer))
    client = TestClient(app)
    for _ in range(3):
        assert client.post("/team", data={"token": member.token}).status_code == 200
    assert [client.get("/").status_code for _ in range(4)] == [200, 200, 200, 429]


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


def test_a_sender_is_known_by_its_network_and_only_with_the_key():
    senders = [
        sender_key(host, key * 32)
        for key in ("00", "01")
        for host in ("203.0.113.7", "203.0.113.8", "2001:db8::7", "2001:db8::8")
    ]
    assert senders[2] == senders[3]
    assert senders[6] == senders[7]
    assert len(set(senders)) == 6


@pytest.mark.parametrize(
    "text",
    [
        "proxy", "127.0.0.1,", "10.0.0.1/8", "10.0.0.0/33", "300.0.0.1", "127.0.0.1:80", "*",
        "0.0.0.0/0", "::/0", "127.0.0.1,*", "0.0.0.0/1, 128.0.0.0/1", "::/1,8000::/1", "[::1]",
    ],
)  # fmt: skip
def test_proxies_are_addresses_or_networks_and_not_everybody(text):
    with pytest.raises(KitError, match=r"--forwarded-allow-ips: .*roxies"):
        parse_proxies(text)
    with pytest.raises(KitError, match="--forwarded-allow-ips"):
        Address(trusted_proxies=text)


def test_proxies_of_both_families():
    assert [str(one) for one in parse_proxies(" 10.0.0.0/8, ::1,fd00::/8 ")] == [
        "10.0.0.0/8", "::1/128", "fd00::/8",
    ]  # fmt: skip
    assert parse_proxies("") == parse_proxies(" ") == ()


@pytest.mark.parametrize(
    "url",
    [
        "board.example", "ftp://board.example", "https://", "https://board.example/below",
        "https://board.example?a", "https://board.example#a", "https://me@board.example",
        "https://a b", "https://board.example:port", "https://board.example:99999",
        "https://<script>", "https://board.example; rm -rf", "https://-", "https://[::1",
    ],
)  # fmt: skip
def test_the_sites_address_is_scheme_and_host(url):
    with pytest.raises(KitError, match=r"--public-url: .*https://board\.example"):
        check_public_url(url)


def test_addresses_of_sites():
    for url in ("http://10.0.0.1:8000", "https://[2001:db8::1]:8443", "https://board.example"):
        assert check_public_url(url) == url == check_public_url(url + "/")
    assert (
        ServiceSettings(public_url="https://Board.example/").public_url == "https://board.example"
    )


@pytest.mark.parametrize("name", ["requests_per_second", "wrong_token_burst", "n_connections"])
def test_settings_must_be_limits(name):
    with pytest.raises(KitError, match=name):
        ServiceSettings(**{name: 0})


def test_strange_tokens_are_just_wrong(client, member):
    for token in (
        "", " ", "ckt_", "' OR '1'='1", "ckt_' OR 1=1 --", "%", "ckt_" + "%" * 43,
        "ckt_" + "_" * 43, "\x00", "ckt_" + "a" * 10_000, "é" * 47, "None", "null", "*",
    ):  # fmt: skip
        value = b"Bearer " + token.encode("latin-1")
        assert client.get(TEAM, headers={"Authorization": value}).status_code == 401, token


def test_strange_headers_are_no_token(client):
    for header in ("Bearer", "Bearer  ", "bearer", "Basic x", "x", "", "Bearer,x"):
        assert client.get(TEAM, headers={"Authorization": header}).status_code == 401, header


def test_invalid_numbers_do_not_reach_the_database(client, board, member, post):
    post(1)
    for path in (
        "/api/v1/submissions/1 OR 1=1", "/api/v1/submissions/1;DROP TABLE submission",
        "/api/v1/submissions/'", "/api/v1/submissions/-1", "/api/v1/submissions/0",
        "/api/v1/submissions/1e3", f"/api/v1/submissions/{2**63}",
        "/api/v1/submissions/" + "9" * 5000,
        "/api/v1/submissions/%00", "/api/v1/team?before=1;DROP TABLE team", "/api/v1/team?limit=-1",
        "/api/v1/team?limit=100000", "/api/v1/team?before=0",
    ):  # fmt: skip
        answer = client.get(path, headers=member.headers)
        assert answer.status_code in (404, 422), path
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
