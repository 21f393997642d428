"""A person plays in the browser; what is hidden before the close is shown after it."""

from __future__ import annotations

import json
import re

import pytest

from customs_leaderboard.season.attempts import list_attempts
from customs_leaderboard.season.ending import close_season, reveal_season
from customs_leaderboard.season.secret import world_key


@pytest.fixture
def database_url() -> None:
    return


def post(client, member, path, **fields):
    return client.post(f"/play{path}", data={"token": member.token, **fields})


def ids_of(answer):
    return re.findall(r'name="Declaration ID" value="([^"]+)"', answer.text)


def wanted_by(answer):
    return int(re.search(r'data-arrivals="(\d+)"', answer.text)[1])


def test_a_person_plays_a_world_with_ticks_and_with_a_file(client, member, board):
    assert client.get("/play").status_code == 200
    assert "has not begun an attempt" in post(client, member, "").text
    assert "World 2" in post(client, member, "/begin", attempt="1").text
    week = post(client, member, "/week", place="1-1")
    for number in range(1, 5):
        assert f"Week {number} of 4" in week.text
        ids, k = ids_of(week), wanted_by(week)
        form = {"place": "1-1", "week": str(number)}
        if number % 2:
            week = post(client, member, "/open", **form, **{"Declaration ID": ids[:k]})
        else:
            week = client.post(
                "/play/open",
                data={"token": member.token, **form},
                files={"file": ("ids.csv", "\n".join(["Declaration ID", *ids[:k]]))},
            )
        assert week.status_code == 200, week.text
        assert f"Week {number} is decided" in week.text
    assert "The season is over" in week.text
    (attempt,) = list_attempts(board, member.number)
    assert attempt.decided == [4, 0]
    assert "finished" in post(client, member, "").text


def test_a_wrong_number_of_ticks_is_explained_and_kept(client, member, board):
    post(client, member, "/begin", attempt="1")
    week = post(client, member, "/week", place="1-1")
    ids, k = ids_of(week), wanted_by(week)
    again = post(client, member, "/open", place="1-1", week="1", **{"Declaration ID": ids[1:k]})
    assert again.status_code == 400
    assert f"must return {k} rows" in again.text
    ticked = re.findall(r'value="([^"]+)" aria-label="[^"]*" checked', again.text)
    assert ticked == ids[1:k]
    assert list_attempts(board, member.number)[0].decided == [0, 0]


def test_no_label_of_what_was_not_opened_is_in_a_page(client, member, board):
    post(client, member, "/begin", attempt="1")
    week = post(client, member, "/week", place="1-1")
    ids, k = ids_of(week), wanted_by(week)
    arrivals = board.competition.make_world(world_key(board.secret, member.number, 1, 1))
    of_week = arrivals.rows_of(1)
    assert ids == arrivals.declarations["Declaration ID"].iloc[of_week].tolist()
    page = post(client, member, "/open", place="1-1", week="1", **{"Declaration ID": ids[:k]})
    reported = re.findall(r'<th scope="row">(\d+)</th>', page.text)
    assert set(reported) == set(ids[:k])
    assert page.text.count("<td>fraud</td>") + page.text.count("<td>critical fraud</td>") == int(
        arrivals.fraud[of_week[:k]].sum()
    )


def test_a_wrong_token_is_asked_for_again(client, member):
    answer = client.post("/play", data={"token": "ckt_wrong"})
    assert answer.status_code == 401
    assert "No team has this token" in answer.text
    assert member.token not in post(client, member, "").text


def test_the_close_shows_the_table_and_the_reveal_the_secret(client, member, board, clock):
    post(client, member, "/begin", attempt="1")
    for world in (1, 2):
        for number in range(1, 5):
            week = post(client, member, "/week", place=f"1-{world}")
            chosen = ids_of(week)[: wanted_by(week)]
            form = {"place": f"1-{world}", "week": str(number), "Declaration ID": chosen}
            assert post(client, member, "/open", **form).status_code == 200
    secret = board.secret.hex()
    home = client.get("/").text
    assert member.team.name not in home
    assert client.get("/api/v1/final").status_code == 404
    assert client.get("/evidence.zip").status_code == 404
    clock.forward(days=30)
    table = close_season(board)
    client.app.state.answers.expire()
    score = table.rows[0].precision
    assert f"{score:.3f}" in client.get("/").text
    assert client.get("/api/v1/final").json() == json.loads(json.dumps(table.as_dict()))
    for path in ("/", "/log", "/api/v1/log", "/api/v1/competition", "/api/v1/final"):
        assert secret not in client.get(path).text
    assert client.get("/evidence.zip").status_code == 404
    reveal_season(board)
    client.app.state.answers.expire()
    assert secret in client.get("/api/v1/log").text
    assert client.get("/evidence.zip").content == board.folder.evidence_file.read_bytes()


def test_pages_that_all_competitions_have(client):
    for path in ("/log", "/news", "/feed.xml", "/register", "/join", "/health/ready"):
        assert client.get(path).status_code == 200, path
    missing = client.get("/submit")
    assert missing.status_code == 404
    assert "Page not found" in missing.text
