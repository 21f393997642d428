"""Registering, joining, members and invitations over HTTP."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from customs_leaderboard.store.audit_log import read_entries
from customs_leaderboard.teams.codes import make_code
from customs_leaderboard.teams.joining import invite
from customs_leaderboard.teams.members import list_members, submissions_by_member

API = "/api/v1"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_team_registers_invites_and_revokes(client, board):
    _, code = invite(board)
    answer = client.post(
        f"{API}/register", json={"code": code, "team": " Équipe ", "member": "Zoé"}
    )
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.json()["team"], answer.json()["member"]) == ("Équipe", "Zoé")
    zoe = bearer(answer.json()["token"])
    invitation = client.post(f"{API}/team/invitations", headers=zoe)
    assert invitation.status_code == 201
    path, new_code = invitation.json()["path"].split("#")
    assert (path, new_code) == ("/join", invitation.json()["code"])
    assert [one["number"] for one in people(client, zoe)["invitations"]] == [2]
    al = client.post(f"{API}/join", json={"code": new_code.lower(), "member": "Al"}).json()
    again = client.post(f"{API}/join", json={"code": new_code, "member": "Bo"})
    assert (again.status_code, "used up" in again.json()["detail"]) == (400, True)
    members = people(client, bearer(al["token"]))["members"]
    assert [(one["name"], one["you"]) for one in members] == [("Zoé", False), ("Al", True)]
    assert client.delete(f"{API}/team/members/2", headers=zoe).status_code == 204
    assert client.get(f"{API}/team", headers=bearer(al["token"])).status_code == 401
    assert client.delete(f"{API}/team/members/1", headers=zoe).status_code == 400
    other = client.post(f"{API}/team/invitations", headers=zoe).json()["number"]
    assert client.delete(f"{API}/team/invitations/{other}", headers=zoe).status_code == 204
    assert people(client, zoe)["invitations"] == []


def people(client, headers):
    return client.get(f"{API}/team/members", headers=headers).json()


def test_wrong_codes_are_charged(app, board):
    _, code = invite(board, n_uses=2)
    guesser = TestClient(app, client=("203.0.113.7", 1))

    def status(code: str) -> int:
        body = {"code": code, "team": "Team A", "member": "x"}
        return guesser.post(f"{API}/register", json=body).status_code

    assert [status(make_code()) for _ in range(21)] == [401] * 20 + [429]
    assert guesser.post("/join", data={"code": "x", "member": "y"}).status_code == 429
    assert status(code) == 201  # a right code gets through


def test_invalid_requests_use_nothing_up(client, board):
    _, code = invite(board)
    right = {"code": code, "team": "Team", "member": "x"}
    for body in ({}, {"code": code}, {**right, "team": 1}, {**right, "team": "x" * 300}):
        assert client.post(f"{API}/register", json=body).status_code == 422
    assert client.post(f"{API}/register", json={**right, "team": "=1"}).status_code == 400
    assert client.post(f"{API}/register", json=right).status_code == 201


def test_the_pages_register_and_join(client, board, clock):
    _, code = invite(board)
    assert 'id="code"' in client.get("/register").text
    refused = client.post("/register", data={"code": code, "team": "<b>", "member": "Al"})
    assert refused.status_code == 400
    assert "cannot be a team" in refused.text
    assert f'value="{code}"' in refused.text
    assert "<b>&" not in refused.text
    answer = client.post("/register", data={"code": code, "team": "부산세관", "member": "Al"})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    token = re.search(r"ckt_[\w-]{43}", answer.text)[0]
    page = client.post("/team", data={"token": token}).text
    assert "부산세관" in page
    assert token not in page
    page = client.post("/team/members", data={"token": token, "action": "invite"}).text
    code = re.search(r"/join#([0-9A-Z-]{23})", page)[1]
    joined = client.post("/join", data={"code": code, "member": "Bo"})
    assert joined.status_code == 201
    page = client.post("/team/members", data={"token": token, "action": "member-2"}).text
    assert "Bo" not in page
    assert [bool(one.revoked_at) for one in list_members(board, "부산세관")] == [False, True]
    for action in ("member-1", "member-9", "invitation-9", "member-x", "", "delete"):
        wrong = client.post("/team/members", data={"token": token, "action": action})
        assert wrong.status_code == 400, action
    assert client.post("/team/members", data={"token": "x", "action": "invite"}).status_code == 401
    clock.forward(days=31)
    assert "Nobody can register" in client.get("/register").text
    assert client.post("/join", data={"code": code, "member": "Cy"}).status_code == 403


def test_names_of_members_are_not_public(client, board):
    _, code = invite(board)
    json = {"code": code, "team": "Team A", "member": "Zebulon"}
    token = client.post(f"{API}/register", json=json).json()["token"]
    for path in ("/", "/log", f"{API}/log", f"{API}/standings", f"{API}/progress", "/news"):
        assert "Zebulon" not in client.get(path).text
    assert "Zebulon" in client.post("/team", data={"token": token}).text
    with board.database.reading() as session:
        assert "Zebulon" not in str(read_entries(session))


@pytest.mark.parametrize("path", ["/register", "/join"])
def test_forms_without_fields_are_answered(client, path):
    assert client.post(path).status_code == 401
    assert client.post(path, files={"code": ("x", b"y")}).status_code in (400, 401)


def test_the_team_sees_who_sent_a_submission(client, board, member, post):
    invitation = client.post(f"{API}/team/invitations", headers=member.headers).json()
    body = {"code": invitation["code"], "member": "Zoé"}
    token = client.post(f"{API}/join", json=body).json()["token"]
    post(1)
    post(2, headers=bearer(token))
    answer = client.get(f"{API}/team", headers=member.headers).json()
    assert [one["member"] for one in answer["submissions"]] == ["Zoé", ""]
    assert "by <bdi>Zoé</bdi>" in client.post("/team", data={"token": member.token}).text
    assert submissions_by_member(board, "Busan") == {1: [1], 2: [2]}
    for path in ("/", f"{API}/standings", f"{API}/progress", "/log", f"{API}/log"):
        assert "Zoé" not in client.get(path).text
