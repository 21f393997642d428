"""Every route of the API: what it answers, and to whom."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from customs_leaderboard.corrections.disabling import disable_team
from customs_leaderboard.errors import UnavailableError
from customs_leaderboard.service import answers
from customs_leaderboard.standings.close import close_competition, extend_deadline
from customs_leaderboard.standings.public import public_standings, team_history
from customs_leaderboard.store.schema import Submission
from customs_leaderboard.teams.teams import rename_team, reset_token

API = "/api/v1"
PUBLIC = ("competition", "standings", "progress", "log", "references")
OWN = ("team", "submissions/1", "selections")


def test_competition(client, board):
    answer = answers.CompetitionAnswer(**client.get(f"{API}/competition").json())
    assert answer.phase == "open"
    assert answer.rules.title == "Busan 2026"
    assert answer.edition.commitment == board.manifest.commitment
    assert "test.csv" in answer.edition.files
    assert "edition" not in client.get(f"{API}/competition").json()["rules"]  # a path of the server


def test_standings_are_those_of_the_board(client, board, member, rival, post):
    assert client.get(f"{API}/standings").json()["rows"] == []
    post(1)
    post(2, team=rival)
    standings = client.get(f"{API}/standings").json()
    assert standings == public_standings(board).as_dict()
    assert {row["team"] for row in standings["rows"]} == {"Busan", "Incheon"}
    assert set(standings["rows"][0]) == set(answers.StandingAnswer.model_fields)


def test_progress_has_moments_and_laddered_scores(client, post, member):
    receipt = post(1).json()
    (team,) = client.get(f"{API}/progress").json()
    assert team["team_number"] == member.number
    assert team["points"] == [[receipt["received_at"], receipt["shown"]]]


def test_the_log_has_actions_of_organizers_and_none_of_teams(client, board, post):
    post(1)
    extend_deadline(board, board.competition.closes + timedelta(days=1), "a holiday")
    log = answers.LogAnswer(**client.get(f"{API}/log").json())
    assert [entry.action for entry in log.entries] == ["deadline extended", "competition made"]
    assert log.entries[0].details["reason"] == "a holiday"
    assert log.head == log.entries[0].hash
    assert "ckt_" not in client.get(f"{API}/log").text


def test_references(client, board):
    assert client.get(f"{API}/references").json() == board.reference_scores.as_dict()


def test_the_final_standings_come_with_the_close(client, board, clock, post):
    post(1)
    missing = client.get(f"{API}/final")
    assert (missing.status_code, missing.json()["title"]) == (404, "Not found")
    clock.forward(days=31)
    close_competition(board, n_replicates=20)
    final = answers.FinalStandingsAnswer(**client.get(f"{API}/final").json())
    assert [row.team for row in final.rows] == ["Busan"]
    assert client.get(f"{API}/standings").json()["phase"] == "closed"


def test_a_submission_is_stored_when_it_is_answered(client, board, member, post, make_file):
    answer = post(1)
    assert answer.status_code == 201
    receipt = answers.ReceiptAnswer(**answer.json())
    with board.database.reading() as session:
        (stored,) = session.scalars(select(Submission))
    assert (stored.number, stored.sha256) == (receipt.number, receipt.sha256)
    assert stored.shown == receipt.shown
    path = board.folder.submission_path(member.number, stored.sha256, stored.suffix)
    assert path.read_bytes() == make_file(1).read_bytes()
    assert receipt.n_left_today == board.competition.daily_limit - 1


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", [False, True])
def test_all_ways_to_send_the_same_file(board, post, make_file, member, packed, form):
    content = make_file(1).read_bytes()
    content = gzip.compress(content, mtime=0) if packed else content
    answer = post(files={"file": ("any name.zip", content)}) if form else post(content=content)
    assert answer.status_code == 201
    (stored,) = team_history(board, member.number)
    suffix = ".csv.gz" if packed else ".csv"
    path = board.folder.submission_path(member.number, stored.sha256, suffix)
    assert path.read_bytes() == content


def test_the_same_file_again_is_recognised(post, board):
    first, again = post(1), post(1)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["duplicate"]
    assert again.json()["number"] == first.json()["number"]
    assert again.json()["n_left_today"] == first.json()["n_left_today"]


def test_the_same_file_of_another_team_counts(post, rival):
    assert post(1).status_code == 201
    assert post(1, team=rival).status_code == 201


def test_a_file_that_cannot_be_scored_is_answered_with_all_its_problems(post, board, make_file):
    lines = make_file(1).read_text().splitlines()
    lines[3] = lines[3].partition(",")[0] + ",nan"
    lines[5] = "999," + lines[5].partition(",")[2]
    answer = post(content="\n".join(lines).encode())
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    refusal = answers.ProblemAnswer(**answer.json())
    assert refusal.type == "urn:customs-kit:problem:file-refused"
    messages = " ".join(problem.message for problem in refusal.problems)
    assert "finite number" in messages
    assert "one of test.csv" in messages
    assert all(problem.message in refusal.detail for problem in refusal.problems)
    assert post(2).json()["n_left_today"] == board.competition.daily_limit - 1  # not counted


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 100, b"PAR1" + b"x" * 50, b"\xff\xfe", b"\x1f\x8b broken", b"a;b\n1;2\n"],
    ids=["empty", "NUL", "Parquet", "UTF-16", "gzip", "semicolons"],
)
def test_any_content_is_answered(post, board, content):
    answer = post(content=content)
    assert answer.status_code == 422
    assert answer.json()["problems"]
    assert str(board.folder.root) not in answer.text  # no path of the server
    assert not list(board.folder.spool.iterdir())


def test_quota(client, board, clock, post):
    for seed in range(board.competition.daily_limit):
        assert post(seed).status_code == 201
    answer = post(99)
    assert answer.status_code == 429
    assert answer.json()["type"] == "urn:customs-kit:problem:quota-used"
    assert answer.json()["resets_at"] == "2026-03-02T00:00:00Z"
    assert post(0).status_code == 200  # a duplicate is no submission
    clock.forward(days=1)
    assert post(99).status_code == 201


def test_before_the_opening_and_after_the_deadline(clock, post):
    clock.forward(days=-1)
    early = post(1)
    assert (early.status_code, early.json()["title"]) == (403, "Not open")
    clock.forward(days=40)
    late = post(1)
    assert late.status_code == 201
    assert late.json()["late"]
    assert late.json()["shown"] is None


def test_team_and_its_submissions(client, member, rival, post):
    numbers = [post(seed).json()["number"] for seed in range(3)]
    team = answers.TeamAnswer(**client.get(f"{API}/team", headers=member.headers).json())
    assert [submission.number for submission in team.submissions] == numbers[::-1]
    assert (team.name, team.n_submissions, team.n_left_today) == ("Busan", 3, 2)
    assert all(submission.exact is None for submission in team.submissions)
    page = client.get(f"{API}/team?limit=1&before={numbers[2]}", headers=member.headers).json()
    assert [submission["number"] for submission in page["submissions"]] == [numbers[1]]
    other = client.get(f"{API}/submissions/{numbers[0]}", headers=rival.headers)
    assert other.status_code == 404
    own = client.get(f"{API}/submissions/{numbers[0]}", headers=member.headers)
    assert answers.OwnSubmissionAnswer(**own.json()).number == numbers[0]


def test_exact_scores_are_shown_after_the_close_only(client, board, clock, member, post):
    number = post(1).json()["number"]
    clock.forward(days=31)
    assert client.get(f"{API}/submissions/{number}", headers=member.headers).json()["exact"] is None
    close_competition(board, n_replicates=20)
    exact = client.get(f"{API}/submissions/{number}", headers=member.headers).json()["exact"]
    assert set(exact) == {"public", "private"}


def test_selections(client, member, rival, post, clock):
    numbers = [post(seed).json()["number"] for seed in range(3)]
    foreign = post(7, team=rival).json()["number"]

    def put(*chosen):
        return client.put(f"{API}/selections", json={"submissions": chosen}, headers=member.headers)

    assert put(*numbers[:2], numbers[0]).json() == {"submissions": numbers[:2]}
    own = client.get(f"{API}/selections", headers=member.headers).json()
    assert own == {"submissions": numbers[:2]}
    assert put(*numbers).status_code == 400  # one too many
    assert put(foreign).status_code == 404
    assert put(2**31 - 1).status_code == 404
    assert put(2**31).status_code == 422
    assert put("1").status_code == 422
    assert put().json() == {"submissions": []}
    clock.forward(days=31)
    assert put(numbers[0]).status_code == 403


def test_a_large_or_strange_selection_is_refused(client, member):
    def put(content, **headers):
        kind = {"Content-Type": "application/json", **headers}
        return client.put(f"{API}/selections", content=content, headers=member.headers | kind)

    def parts():
        for _ in range(4):
            yield b" " * (1 << 15)

    assert put(b"[" * 70_000).status_code == 413
    assert put(parts()).status_code == 413
    assert put(b"[" * 5000).status_code == 400
    for number in (b"1.0", b"10e-1"):  # integers, says JSON Schema
        assert "no submission 1." in put(b'{"submissions": [%s]}' % number).json()["detail"]
    for number in (b"1.5", b"true", b'"1"', b"1e400", b"-1.0", b"NaN"):
        assert put(b'{"submissions": [%s]}' % number).status_code == 422
    assert put(b'{"submissions": [1], "token": "ckt_secret"}').status_code == 422
    wrong = put(b'{"submissions": ["ckt_secret"]}')
    assert "ckt_secret" not in wrong.text  # the answer does not repeat values


@pytest.mark.parametrize("route", OWN)
def test_own_routes_need_a_token(client, member, route):
    answer = client.get(f"{API}/{route}")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert client.get(f"{API}/{route}", headers={"Authorization": "Basic eDp5"}).status_code == 401
    query = client.get(f"{API}/{route}?token={member.token}")  # would end in logs of proxies
    assert query.status_code == 401


def test_a_file_without_a_token_is_not_stored(client, board, make_file):
    answer = client.post(f"{API}/submissions", content=make_file(1).read_bytes())
    assert answer.status_code == 401
    assert not list(board.folder.spool.iterdir())


def test_disabled_and_renewed_teams(client, board, member, rival):
    disable_team(board, "Incheon", "Two accounts")
    disabled = client.get(f"{API}/team", headers=rival.headers)
    assert (disabled.status_code, disabled.json()["title"]) == (403, "Team disabled")
    _, token = reset_token(board, "Busan")
    assert client.get(f"{API}/team", headers=member.headers).status_code == 401
    renewed = client.get(f"{API}/team", headers={"Authorization": f"bearer {token}"})
    assert renewed.status_code == 200


@pytest.mark.parametrize("route", PUBLIC)
def test_public_answers_are_not_sent_twice(client, route):
    first = client.get(f"{API}/{route}")
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(f"{API}/{route}", headers={"If-None-Match": f'"x", {first.headers["ETag"]}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["ETag"] == first.headers["ETag"]


def test_standings_follow_actions_of_the_command_line(client, board, post, timer, settings):
    post(1)
    first = client.get(f"{API}/standings").headers["ETag"]
    rename_team(board, "Busan", "Pusan")
    timer.now += settings.refresh_s
    renamed = client.get(f"{API}/standings", headers={"If-None-Match": first})
    assert renamed.json()["rows"][0]["team"] == "Pusan"
    disable_team(board, "Pusan", "Two accounts")
    timer.now += settings.refresh_s
    assert client.get(f"{API}/standings").json()["rows"] == []


def test_the_phase_follows_the_clock_without_any_event(client, clock, timer):
    assert client.get(f"{API}/standings").json()["phase"] == "open"
    clock.forward(days=30)
    assert client.get(f"{API}/standings").json()["phase"] == "over"


def test_answers_that_depend_on_the_token_are_not_cached(client, member, post):
    post(1)
    for route in OWN:
        answer = client.get(f"{API}/{route}", headers=member.headers)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers


def test_other_methods(client):
    for path, allowed in (
        ("/api/v1/standings", "GET, OPTIONS"),
        ("/api/v1/selections", "GET, OPTIONS, PUT"),
        ("/api/v1/submissions", "OPTIONS, POST"),
        ("/api/v1/submissions/1", "GET, OPTIONS"),
        ("/team", "GET, HEAD, OPTIONS, POST"),
        ("/team/select", "OPTIONS, POST"),
        ("/", "GET, HEAD, OPTIONS"),
        ("/health/live", "GET, OPTIONS"),
    ):
        answer = client.patch(path)
        assert answer.status_code == 405, path
        assert answer.headers["Allow"] == allowed
        if path.startswith("/api/"):
            assert answer.json()["title"] == "Method not allowed"
        answer = client.options(path)
        assert (answer.status_code, answer.headers["Allow"], answer.content) == (204, allowed, b"")
    assert client.options("/nothing").status_code == 404


def test_health(client, board, monkeypatch):
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").json() == {"status": "ok"}

    def fail():
        raise UnavailableError("The leaderboard's database does not answer.")

    monkeypatch.setattr(board.database, "check", fail)
    down = client.get("/health/ready")
    assert (down.status_code, down.headers["Retry-After"]) == (503, "10")
    assert client.get("/health/live").status_code == 200


def test_a_full_or_missing_disk_is_not_ready(client, board, monkeypatch):
    board.folder.spool.rmdir()
    assert client.get("/health/ready").status_code == 503
    board.folder.spool.mkdir()

    class Full:
        f_bavail, f_frsize = 10, 4096

    monkeypatch.setattr("os.statvfs", lambda _path: Full)
    assert "nearly full" in client.get("/health/ready").json()["detail"]


def test_a_database_that_fails_is_answered_with_503(client, board, member, monkeypatch):
    def fail(*_arguments):
        raise UnavailableError("The leaderboard's database does not answer.")

    monkeypatch.setattr(board.database, "reading", fail)
    assert client.get(f"{API}/team", headers=member.headers).status_code == 503
    assert client.get(f"{API}/standings").status_code == 503


def test_a_bug_is_answered_with_a_number_and_logged(client, board, monkeypatch, caplog):
    def fail(*_arguments):
        raise OperationalError("SELECT secret", {}, ValueError("wrong"))

    monkeypatch.setattr(board.database, "reading", fail)
    answer = client.get(f"{API}/standings")
    assert answer.status_code == 500
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    number = answer.headers["X-Request-ID"]
    assert number in answer.json()["detail"]
    assert "SELECT" not in answer.text
    (failed,) = [record for record in caplog.records if record.message == "failed"]
    assert failed.fields == {"request": number}


def test_unknown_paths(client):
    answer = client.get(f"{API}/nothing")
    assert (answer.status_code, answer.json()["title"]) == (404, "Not found")
    slash = client.get(f"{API}/standings/", headers={"Host": "evil.example"})
    assert slash.status_code == 404
    assert "evil" not in slash.text + str(slash.headers)
