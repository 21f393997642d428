"""The client and `customs-kit leaderboard serve | submit`."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import pytest
from click.testing import CliRunner

from customs_data.errors import KitError
from customs_kit.cli import customs_kit
from customs_leaderboard.board import Board
from customs_leaderboard.client import LeaderboardClient, check_url, is_readable_on_the_way
from customs_leaderboard.corrections.disabling import disable_team
from customs_leaderboard.standings.public import team_history
from customs_leaderboard.teams.tokens import make_token
from real_server import Member, running

URL = "https://board.example"


def answering(status: int, content: bytes = b"", **headers: str) -> httpx.MockTransport:
    return httpx.MockTransport(
        lambda _request: httpx.Response(status, content=content, headers=headers)
    )


@pytest.fixture
def served(board):
    with running(board) as server:
        yield server.url


def test_a_file_is_sent_piece_by_piece(served, board, member, make_file):
    progress = []
    path = make_file(1)
    with LeaderboardClient(served + "/", member.token) as client:
        receipt = client.submit(path, lambda sent, total: progress.append((sent, total)))
        assert client.submit(path)["duplicate"]
        packed = path.with_suffix(".csv.gz")
        packed.write_bytes(gzip.compress(path.read_bytes()))
        assert client.submit(packed)["duplicate"]
        assert client.team()["n_submissions"] == 1
    size = path.stat().st_size
    assert progress[-1] == (size, size)
    assert receipt["number"] == team_history(board, member.number)[-1].number


def test_a_team_lists_annotates_and_downloads_its_submissions(
    served, member, make_file, tmp_path, monkeypatch
):
    monkeypatch.setenv("CUSTOMS_KIT_TOKEN", member.token)
    monkeypatch.setenv("CUSTOMS_KIT_URL", served)
    monkeypatch.chdir(tmp_path)

    def run(*words):
        outcome = CliRunner().invoke(customs_kit, ["leaderboard", *map(str, words)])
        assert outcome.exit_code == 0, outcome.output
        return outcome.stdout

    run("submit", make_file(1), "--note", "first try")
    run("submit", make_file(2, suffix=".csv.gz"), "--json")
    table = run("submissions", "--note", 2, "deeper trees")
    assert table.index("deeper trees") < table.index("first try")
    run("submissions", "--download", 2)
    assert Path("submission-2.csv.gz").read_bytes() == make_file(2, suffix=".csv.gz").read_bytes()
    written = json.loads(run("submissions", "--download", 1, "--out", "one.csv", "--json"))
    assert written["file"] == "one.csv"
    assert Path("one.csv").read_bytes() == make_file(1).read_bytes()
    rows = json.loads(run("submissions", "--json"))
    assert [(row["number"], row["note"]) for row in rows] == [(2, "deeper trees"), (1, "first try")]
    with (
        LeaderboardClient(served, member.token) as client,
        pytest.raises(KitError, match="Your team has no submission 3"),
    ):
        client.download(3)


def test_a_team_sends_and_looks_with_the_submission_commands(
    served, board, member, make_file, edition_path, tmp_path, monkeypatch
):
    """`submission send` works like `leaderboard submit`, but checks the file and asks first."""
    monkeypatch.setenv("CUSTOMS_KIT_TOKEN", member.token)

    def run(command, *arguments):
        words = ["submission", command, *map(str, arguments), "--to", served, "--json"]
        return CliRunner().invoke(customs_kit, words)

    path = make_file(1)
    dry = run("send", path, "--edition", edition_path)
    assert (dry.exit_code, json.loads(dry.stdout)["sent"]) == (0, False)
    assert team_history(board, member.number) == []
    sent = run("send", path, "--edition", edition_path, "--confirm")
    assert json.loads(sent.stdout)["number"] == team_history(board, member.number)[0].number
    (row,) = json.loads(run("status").stdout)
    assert row["sha256"] == json.loads(sent.stdout)["sha256"]
    board_file = tmp_path / "board.json"
    (row,) = json.loads(run("leaderboard", "--out", board_file).stdout)
    assert row["team"] == json.loads(board_file.read_text())["rows"][0]["team"]
    assert run("status", "--competition", "x").exit_code == 2
    outside = CliRunner().invoke(customs_kit, ["submission", "status", "--to", "kaggle"])
    assert (outside.exit_code, "needs --competition" in outside.output) == (2, True)


def test_refusals_come_in_the_words_of_the_leaderboard(served, board, member, tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    with LeaderboardClient(served, member.token) as client:
        with pytest.raises(KitError, match="header must be 'Declaration ID,Fraud Score'"):
            client.submit(wrong)
        disable_team(board, "Busan", "Two accounts")
        with pytest.raises(KitError, match="disabled by the organizer"):
            client.team()
    with (
        LeaderboardClient(served, make_token()) as client,
        pytest.raises(KitError, match="No team has this token"),
    ):
        client.submit(wrong)


def test_a_large_file_is_refused_before_it_is_sent(served, member, tmp_path):
    large = tmp_path / "large.csv"
    with large.open("wb") as stream:
        stream.truncate(9 << 20)
    with (
        LeaderboardClient(served, member.token) as client,
        pytest.raises(KitError, match=r"has 9\.0 MiB; at most 8 are accepted\. Compress"),
    ):
        client.submit(large)


@pytest.mark.parametrize("content", [b"PAR1" + bytes(60), b"ARROW1\0\0", b"PK\x03\x04"])
def test_a_file_of_another_format_is_refused_before_it_is_sent(member, tmp_path, content):
    (tmp_path / "submission.csv").write_bytes(content)
    with (
        LeaderboardClient(URL, member.token, transport=answering(500)) as client,
        pytest.raises(KitError, match="send CSV or gzipped CSV; with pandas"),
    ):
        client.submit(tmp_path / "submission.csv")


def test_a_missing_file(member, tmp_path):
    with LeaderboardClient(URL, member.token, transport=answering(500)) as client:
        for path in (tmp_path / "missing.csv", tmp_path):
            with pytest.raises(KitError, match="cannot be read"):
                client.submit(path)


@pytest.mark.parametrize(
    ("transport", "message"),
    [
        (answering(200, b"<html>"), "is not a leaderboard: its answer is not a JSON object"),
        (answering(200, b"[1]"), "is not a leaderboard"),
        (answering(502, b"Bad gateway"), "responds with status 502"),
        (answering(404, b'{"detail": 7}'), "7"),
        (answering(503, b'["detail"]'), "status 503"),
        (answering(302, location="https://evil.example/"), "has moved to https://evil.example/"),
    ],
)
def test_other_servers(transport, message):
    with (
        LeaderboardClient(URL, make_token(), transport=transport) as client,
        pytest.raises(KitError, match=message),
    ):
        client.competition()


def test_a_token_is_not_carried_to_another_server(member):
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"Location": "https://evil.example/api/v1/competition"})

    with (
        LeaderboardClient(URL, member.token, transport=httpx.MockTransport(answer)) as client,
        pytest.raises(KitError, match="moved"),
    ):
        client.competition()
    assert asked == ["board.example"]


def test_nobody_answers():
    with (
        LeaderboardClient("http://127.0.0.1:9", make_token()) as client,
        pytest.raises(KitError, match=r"http://127\.0\.0\.1:9 does not respond"),
    ):
        client.competition()


@pytest.mark.parametrize("token", ["", "password", "ckt_short", "ckt_" + "x" * 44])
def test_what_is_no_token_is_not_sent(token):
    with pytest.raises(KitError, match="not a team's token"):
        LeaderboardClient(URL, token, transport=answering(200))


@pytest.mark.parametrize(
    "url",
    ["board.example", "ftp://board.example", "https://", "https://user:pw@board.example", "", "http://a:b",
     "https://board.example/?x=1", "https://board.example/#x"],
)  # fmt: skip
def test_what_is_no_url(url):
    with pytest.raises(KitError, match="Not a leaderboard's URL"):
        check_url(url)


def test_where_a_token_can_be_read():
    assert is_readable_on_the_way("http://board.example")
    assert not is_readable_on_the_way("https://board.example")
    assert not is_readable_on_the_way("http://127.0.0.1:8000")


def submit(*arguments, token: str | None, typed: str = ""):
    environment = {"CUSTOMS_KIT_TOKEN": token, "CUSTOMS_KIT_URL": None}
    return CliRunner().invoke(
        customs_kit, ["leaderboard", "submit", *map(str, arguments)], env=environment, input=typed
    )


def test_submit_prints_a_receipt(served, member, make_file):
    first = submit(make_file(1), "--url", served, token=member.token)
    assert first.exit_code == 0, first.output
    assert "accepted, with a better public score" in first.stdout
    assert "4 until 2026-03-02T00:00:00Z" in first.stdout
    again = submit(make_file(1), "--url", served, "--json", token=member.token)
    assert json.loads(again.stdout)["duplicate"]
    assert "sent before" in submit(make_file(1), "--url", served, token=member.token).stdout


def test_submit_asks_for_the_token_and_does_not_show_it(served, member, make_file):
    sent = submit(make_file(1), "--url", served, token=None, typed=f" {member.token} \n")
    assert sent.exit_code == 0, sent.output
    assert "Token of your team" in sent.stderr
    assert member.token not in sent.output


def test_submit_takes_no_token_as_an_argument():
    refused = submit("x.csv", "--url", URL, "--token", "ckt_x", token=None)
    assert refused.exit_code == 2
    assert "No such option" in refused.stderr


def test_submit_warns_where_the_token_can_be_read(make_file):
    failed = submit(make_file(1), "--url", "http://127.0.0.2:9", token=make_token())
    assert "Warning: without https" in failed.stderr
    assert isinstance(failed.exception, KitError)


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)]
)
def test_serve_in_a_process_of_its_own(board: Board, member: Member, make_file, number: int):
    board.close_connections()
    command = [sys.executable, "-c", "from customs_kit.cli import main; main()"]
    command += ["leaderboard", "serve", str(board.folder.root), "--port", "0"]
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert server.stdout is not None
    line = server.stdout.readline()
    try:
        assert line.startswith("Busan 2026: http://127.0.0.1:")
        url = line.split()[2]
        # The process has the real clock, not the test's: the competition may be over.
        sent = submit(make_file(1), "--url", url, token=member.token)
        assert sent.exit_code == 0 or "competition opens" in str(sent.exception)
        assert httpx.get(url + "/health/ready").status_code == 200
    finally:
        server.send_signal(number)
        _, logged = server.communicate(timeout=60)
    assert server.returncode == 0
    lines = [json.loads(line) for line in logged.splitlines()]
    routes = [line["route"] for line in lines if line["message"] == "request"]
    assert "/health/ready" in routes
    assert member.token not in logged


def test_serve_without_a_competition_names_the_way_out(tmp_path: Path):
    failed = CliRunner().invoke(customs_kit, ["leaderboard", "serve", str(tmp_path)])
    assert isinstance(failed.exception, KitError)
    assert "leaderboard init" in str(failed.exception)
