"""The organizer's API and page: who gets in, and that every action is done and logged."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from customs_leaderboard.organizing.announcements import announce, read_announcements
from customs_leaderboard.service.admin import answers
from customs_leaderboard.service.app import make_app
from customs_leaderboard.standings.public import public_standings
from customs_leaderboard.store.actions import AT_ADMIN_PAGE
from customs_leaderboard.store.audit_log import read_entries, verify_chain
from customs_leaderboard.teams.codes import renew_code

API = "/api/v1/admin"
READ = ("status", "teams", "similar")
ACTIONS = {
    "announcements": {"text": "News"},
    "announcements/1/withdraw": None,
    "deadline": {"closes": "+1d"},
    "teams/1/disable": {"reason": "x"},
    "teams/1/enable": {"reason": "x"},
    "submissions/1/strike": {"reason": "x"},
    "submissions/1/restore": {"reason": "x"},
}
FORMS = ("", "/announce", "/withdraw", "/extend", "/team", "/submission", "/nothing")


@pytest.fixture
def token(board) -> str:
    return renew_code(board, "organizer", "organizer token made")


@pytest.fixture
def organizer(token) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def newest_entry(board):
    with board.database.reading() as session:
        verify_chain(session)
        return read_entries(session, limit=1)[0]


def test_nobody_else_gets_in(client, board, token, member):
    before = newest_entry(board)
    others = [{}, member.headers, {"Authorization": "Bearer 0000-wrong"}]
    for headers in others:
        for path in READ:
            assert client.get(f"{API}/{path}", headers=headers).status_code == 401
        for path, body in ACTIONS.items():
            answer = client.post(f"{API}/{path}", json=body, headers=headers)
            assert answer.status_code in (401, 429), path
    for path in FORMS:
        answer = client.post(f"/admin{path}", data={"token": member.token, "text": "News"})
        assert answer.status_code in (401, 429), path
        assert "ckt_" not in answer.text
    assert newest_entry(board) == before


def test_wrong_tokens_are_slowed_and_right_ones_get_through(client, token, organizer):
    statuses = [client.post("/admin", data={"token": f"{n:020}"}).status_code for n in range(30)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert client.get(f"{API}/status", headers=organizer).status_code == 200
    assert client.post("/admin", data={"token": token}).status_code == 200


def test_a_new_token_replaces_the_old_one(client, board, organizer):
    renew_code(board, "organizer", "organizer token made")
    assert client.get(f"{API}/status", headers=organizer).status_code == 401


def test_status_and_teams(client, board, organizer, member, rival, post):
    post(1)
    status = answers.StatusAnswer(**client.get(f"{API}/status", headers=organizer).json())
    assert (status.submissions["total"], status.by_hour[-1][1], status.health) == (1, 1, "ok")
    teams = client.get(f"{API}/teams", headers=organizer).json()
    assert [answers.TeamActivityAnswer(**team).name for team in teams] == ["Busan", "Incheon"]


def test_the_api_does_what_the_organizer_may(client, board, organizer, member, post):
    post(1)

    def do(path, body=None, status=200):
        answer = client.post(f"{API}/{path}", json=body, headers=organizer)
        assert answer.status_code == status, answer.text
        entry = newest_entry(board)
        if status < 400:
            assert entry.actor == AT_ADMIN_PAGE
            answers.DoneAnswer(**answer.json())
        return entry

    made = do("announcements", {"text": "마감 **연장**"}, 201)
    assert made.details == {"text": "마감 **연장**"}
    assert "<strong>연장</strong>" in client.get("/").text  # at once, not after the cache's time
    do(f"announcements/{made.sequence}/withdraw")
    assert do("deadline", {"closes": "+2h", "reason": "rain"}).details["reason"] == "rain"
    assert do("teams/1/disable", {"reason": "two accounts"}).action == "team disabled"
    assert public_standings(board).rows == []
    assert do("teams/1/enable", {"reason": "a mistake"}).action == "team enabled"
    do("submissions/1/strike", {"reason": "a copy"})
    assert public_standings(board).rows == []
    do("submissions/1/restore", {"reason": "no copy"})
    assert len(public_standings(board).rows) == 1
    do("teams/1/disable", {"reason": " "}, 400)
    do("teams/9/disable", {"reason": "x"}, 404)
    do("submissions/9/strike", {"reason": "x"}, 404)
    do("deadline", {"closes": "yesterday"}, 400)
    do("announcements", {"text": ""}, 400)
    do("announcements", {"text": "x" * 1001}, 422)


def test_the_page_shows_and_does_it_without_scripts(client, board, token, member, post):
    post(1)
    page = client.post("/admin", data={"token": token})
    assert page.status_code == 200
    assert token not in page.text
    assert "There is no backup" in page.text
    assert 'class="chart hours"' in page.text
    forms = {
        "announce": {"text": "Hello"},
        "extend": {"closes": "+1d"},
        "team": {"number": "1", "do": "disable", "reason": "two accounts"},
        "submission": {"number": "1", "do": "strike", "reason": "a copy"},
    }
    for name, fields in forms.items():
        answer = client.post(
            f"/admin/{name}", data={"token": token, **fields}, follow_redirects=False
        )
        assert answer.status_code == 303, answer.text
        assert newest_entry(board).actor == AT_ADMIN_PAGE
        done = client.get(answer.headers["location"])  # reloading this repeats nothing
        assert 'class="note" role="status"' in done.text
        assert token not in answer.headers["location"]
    with board.database.reading() as session:
        (announcement,) = read_announcements(session)
    client.post("/admin/withdraw", data={"token": token, "number": announcement.number})
    assert newest_entry(board).action == "announcement withdrawn"


def test_a_wrong_form_shows_the_status_and_what_is_wrong(client, board, token):
    before = newest_entry(board)
    for path, fields, complaint in (
        ("announce", {"text": "x" * 1001}, "has 1,001 characters"),
        ("extend", {"closes": "soon"}, "Not a date"),
        ("team", {"number": "1", "do": "remove"}, "Choose what to do"),
        ("team", {"number": "one", "do": "disable"}, "Give a number"),
        ("team", {"number": "7", "do": "disable", "reason": "x"}, "no team with the number 7"),
        ("submission", {"number": "1", "do": "strike", "reason": "x"}, "no submission 1"),
        ("nothing", {}, "Choose what to do"),
    ):
        answer = client.post(f"/admin/{path}", data={"token": token, **fields})
        assert answer.status_code in (400, 404), path
        assert complaint in answer.text
        assert "Submissions by hour" in answer.text
        assert newest_entry(board) == before


def test_the_log_says_who_acted_only_inside_the_service(board, token, client, organizer):
    client.post(f"{API}/announcements", json={"text": "One"}, headers=organizer)
    assert newest_entry(board).actor == "organizer (admin page)"
    announce(board, "Two")
    assert newest_entry(board).actor == "organizer"


def test_the_page_of_a_private_competition_opens_with_the_organizers_token(board_of):
    board = board_of(private=True)
    token = renew_code(board, "organizer", "organizer token made")
    client = TestClient(make_app(board))
    assert client.post("/admin", data={"token": token}).status_code == 401
    assert client.post("/admin", data={"token": token}, auth=("", token)).status_code == 200
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get(f"{API}/status", headers=headers).status_code == 200


def test_similar_submissions_are_on_the_page(client, board, organizer, token, member, rival, post):
    for team in (member, rival):
        post(1, team=team)
    client.app.state.similar.make()
    report = client.get(f"{API}/similar", headers=organizer).json()
    assert [team["name"] for team in report["identical"][0]["teams"]] == ["Busan", "Incheon"]
    assert report["addresses"][0]["teams"] == report["identical"][0]["teams"]
    page = client.post("/admin", data={"token": token}).text
    assert "identical <small>submissions 1, 2" in page
    assert "A hint, not proof" in page
