"""Headers of every answer, and the content of logs."""

from __future__ import annotations

import json
import logging

import pytest

from customs_leaderboard.service.network.limits import sender_key
from customs_leaderboard.service.network.requests_log import JsonLines


@pytest.mark.parametrize(
    "path",
    ["/", "/api/v1/standings", "/api/v1/team", "/edition/test.csv", "/nothing", "/health/live"],
)
def test_every_answer_has_the_headers(client, path):
    headers = client.get(path).headers
    policy = {
        part.split()[0]: part.split()[1:] for part in headers["Content-Security-Policy"].split(";")
    }
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers
    assert "Access-Control-Allow-Origin" not in headers
    assert "Server" not in headers


def test_https_is_kept_where_it_is_used(client):
    secure = client.get("https://board.example/health/live").headers
    assert "max-age" in secure["Strict-Transport-Security"]


def test_answers_are_not_cached_unless_they_allow_it(client, member, post):
    assert post(1).headers["Cache-Control"] == "no-store"
    assert client.get("/api/v1/team").headers["Cache-Control"] == "no-store"
    assert client.get("/nothing").headers["Cache-Control"] == "no-store"
    assert client.get("/api/v1/standings").headers["Cache-Control"] == "no-cache"


def test_each_request_is_a_line_without_secrets(app, client, member, post, caplog, timer):
    caplog.set_level("INFO", "customs_leaderboard.service")
    post(1)
    client.get(f"/api/v1/team?token={member.token}", headers=member.headers)
    client.get(f"/{member.token}")
    client.request("EVIL\x7f", "/api/v1/standings")
    lines = [JsonLines().format(record) for record in caplog.records]
    records = [json.loads(line) for line in lines]
    assert [(line["method"], line["route"], line["status"], line["team"]) for line in records] == [
        ("POST", "/api/v1/submissions", 201, 1),
        ("GET", "/api/v1/team", 200, 1),
        ("GET", None, 404, None),
        ("other", "/api/v1/standings", 405, None),
    ]
    assert all(line["ms"] == 0 for line in records)
    assert {line["sender"] for line in records} == {sender_key("testclient", app.state.address_key)}
    assert len({line["request"] for line in records}) == 4
    assert member.token not in "".join(lines)
    assert "Fraud Score" not in "".join(lines)


def test_a_line_of_the_log_is_one_line_of_json():
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        trace = (ValueError, error, error.__traceback__)
        record = logging.LogRecord("a", logging.ERROR, "", 0, "hello\n%s", ("you",), trace)
    line = JsonLines().format(record)
    assert "\n" not in line
    content = json.loads(line)
    assert (content["level"], content["message"]) == ("error", "hello\nyou")
    assert "ValueError: two" in content["traceback"]
