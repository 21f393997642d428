"""The API of seasons: one decision a week, the same answer again, and no label before its time."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from customs_data.schema import DECLARED_COLUMNS, KEY
from customs_leaderboard.season.ending import close_season
from customs_leaderboard.season.live import LiveWorlds, Place
from customs_leaderboard.season.secret import world_key
from customs_leaderboard.service.season import answers as models
from customs_leaderboard.store.audit_log import read_entries, verify_chain
from customs_scorer.season.environment import InspectionSeason

ROUTE = "/api/v1/season"
PARQUET = "application/vnd.apache.parquet"


@pytest.fixture
def database_url() -> None:
    """SQLite; test_season_databases.py covers both."""
    return


@pytest.fixture
def begun(client, member):
    answer = client.put(f"{ROUTE}/1", headers=member.headers)
    assert answer.status_code == 201
    return answer.json()


def get(client, member, path, **headers):
    return client.get(f"{ROUTE}/{path}", headers={**member.headers, **headers})


def post(client, member, path, **body):
    return client.post(f"{ROUTE}/{path}", json=body, headers=member.headers)


def decide(client, member, world, week, attempt=1):
    """Open the first rows of a week; return the answer."""
    k = get(client, member, f"{attempt}/{world}/{week}").json()["n_inspections"]
    answer = post(client, member, f"{attempt}/{world}/{week}", rows=list(range(k)))
    assert answer.status_code == 200, answer.text
    return answer.json()


def finish(client, member, attempt=1):
    for world in (1, 2):
        for week in range(1, 5):
            decide(client, member, world, week, attempt)


def actions_of(board):
    with board.database.reading() as session:
        verify_chain(session)
        return [entry.action for entry in read_entries(session)]


def test_a_week_has_the_declared_columns_in_three_formats(client, member, begun, board):
    week = get(client, member, "1/1/1").json()
    assert week["columns"] == list(DECLARED_COLUMNS)
    csv = get(client, member, "1/1/1", Accept="text/csv")
    parquet = get(client, member, "1/1/1", Accept=PARQUET)
    assert csv.headers["Season-Inspections"] == str(week["n_inspections"])
    key = world_key(board.secret, member.number, 1, 1)
    arrivals = board.competition.make_world(key)
    of_week = arrivals.declarations[arrivals.week == 1].reset_index(drop=True)
    read = pd.read_parquet(io.BytesIO(parquet.content)).astype({"Date": "datetime64[s]"})
    pd.testing.assert_frame_equal(read, of_week)
    as_csv = pd.read_csv(io.BytesIO(csv.content), dtype=str)
    assert as_csv[KEY].tolist() == of_week[KEY].tolist()
    assert [row[0] for row in week["declarations"]] == of_week[KEY].tolist()
    assert list(as_csv.columns) == list(DECLARED_COLUMNS)


def test_the_same_decision_again_gets_the_same_answer_and_another_is_refused(
    client, member, begun, board
):
    first = decide(client, member, 1, 1)
    k = first["n_opened"]
    again = post(client, member, "1/1/1", rows=list(range(k)))
    assert again.status_code == 200
    assert again.json() == first
    ids = [row[0] for row in get(client, member, "1/1/1").json()["declarations"]][:k]
    assert post(client, member, "1/1/1", declaration_ids=ids).json() == first
    csv = client.post(
        f"{ROUTE}/1/1/1",
        content="\n".join([KEY, *ids]),
        headers={**member.headers, "Content-Type": "text/csv"},
    )
    assert csv.json() == first
    for other in ({"rows": list(range(1, k + 1))}, {"rows": list(range(k))[::-1]},
                  {"rows": list(range(k)), "reason": ["lot"] * k}):  # fmt: skip
        refused = post(client, member, "1/1/1", **other)
        assert refused.status_code == 409
        assert "decided otherwise" in refused.json()["detail"]
    assert actions_of(board).count("week decided") == 1


def test_reports_come_after_the_delay_and_only_of_what_was_opened(season_board_of, clock):
    from fastapi.testclient import TestClient

    from customs_leaderboard.service.app import make_app
    from customs_leaderboard.teams.teams import add_team
    from real_server import Member

    board = season_board_of(delay=2)
    member = Member(*add_team(board, "Busan"))
    arrivals = board.competition.make_world(world_key(board.secret, member.number, 1, 1))
    label = dict(zip(arrivals.declarations[KEY], arrivals.fraud.tolist(), strict=True))
    week_of = dict(zip(arrivals.declarations[KEY], arrivals.week.tolist(), strict=True))
    opened: dict[int, set[str]] = {}
    with TestClient(make_app(board)) as client:
        client.put(f"{ROUTE}/1", headers=member.headers)
        for week in range(1, 5):
            seen = get(client, member, f"1/1/{week}").json()
            k = seen["n_inspections"]
            opened[week] = {row[0] for row in seen["declarations"][:k]}
            assert all(week_of[row[0]] == week for row in seen["declarations"])
            reports = decide(client, member, 1, week)["reports"]
            # Decided: `week`. The next decision is week + 1, and sees reports of week + 1 - 2.
            due = set().union(opened.get(week - 1, set())) if week < 4 else opened[3] | opened[4]
            assert {row[0] for row in reports} == due
            assert all(row[2] == label[row[0]] for row in reports)
            soon = get(client, member, f"1/1/{week + 2}")
            assert soon.status_code == 404
        every = get(client, member, "1/1/reports").json()["reports"]
        known = {row[0] for row in every if row[1] > 0}
        assert known == set().union(*opened.values())
        warm_up = {row[0] for row in every if row[1] == 0}
        assert warm_up == set(arrivals.declarations[KEY][arrivals.is_known])


def test_wrong_choices_are_refused_in_words(client, member, begun):
    k = get(client, member, "1/1/1").json()["n_inspections"]
    for body, status, words in (
        ({"rows": list(range(k - 1))}, 400, f"must return {k} rows"),
        ({"rows": [0] * k}, 400, "rows twice"),
        ({"rows": [*range(k - 1), 9999]}, 400, "returned row 9999"),
        ({"declaration_ids": ["1"] * k}, 400, "does not exist"),
        ({"rows": list(range(k)), "reason": ["a"]}, 400, "reasons"),
        ({"rows": list(range(k)), "propensity": [2.0] * k}, 400, "less than or equal to 1"),
        ({"rows": list(range(k)), "labels": []}, 400, "Extra inputs"),
        ({}, 400, "either rows or declaration_ids"),
    ):
        refused = post(client, member, "1/1/1", **body)
        assert refused.status_code == status
        assert words in refused.json()["detail"]
    for path, status in (("1/1/2", 409), ("1/1/9", 404), ("1/3/1", 404), ("2/1/1", 404)):
        assert post(client, member, path, rows=[0]).status_code == status
    assert client.get(f"{ROUTE}/1/1/1").status_code == 401
    assert decide(client, member, 1, 1)["next"]["week"] == 2


def test_teams_attempts_and_worlds_have_worlds_of_their_own(client, member, rival, begun, board):
    client.put(f"{ROUTE}/1", headers=rival.headers)
    places = ((member, "1/1/1"), (member, "1/2/1"), (rival, "1/1/1"))
    first = [get(client, team, path).json()["declarations"][0] for team, path in places]
    assert len({str(row) for row in first}) == 3
    keys = {world_key(board.secret, team, attempt, world)
            for team in (1, 2) for attempt in (1, 2) for world in (1, 2)}  # fmt: skip
    assert len(keys) == 8


def test_the_last_finished_attempt_ends_the_one_before(client, member, begun, board):
    again = client.put(f"{ROUTE}/1", headers=member.headers)
    assert (again.status_code, again.json()) == (200, begun)
    refused = client.put(f"{ROUTE}/2", headers=member.headers)
    assert refused.status_code == 409
    assert "abandon=true" in refused.json()["detail"]
    assert client.put(f"{ROUTE}/2?abandon=true", headers=member.headers).status_code == 201
    assert post(client, member, "1/1/1", rows=[0]).status_code in (400, 409)
    k = get(client, member, "1/1/1").json()["n_inspections"]
    ended = post(client, member, "1/1/1", rows=list(range(k)))
    assert ended.status_code == 409
    assert "ended by a later one" in ended.json()["detail"]
    # What was refused is not decided in memory either.
    assert not get(client, member, "1/1/1").json()["is_decided"]
    finish(client, member, attempt=2)
    state = client.get(ROUTE, headers=member.headers).json()
    assert [it["finished_at"] is not None for it in state["attempts"]] == [False, True]
    assert client.put(f"{ROUTE}/3", headers=member.headers).status_code == 201
    finish(client, member, attempt=3)
    quota = client.put(f"{ROUTE}/4", headers=member.headers)
    assert quota.status_code == 429
    assert actions_of(board).count("attempt begun") == 3


def test_nothing_can_be_decided_before_the_start_and_after_the_deadline(
    client, member, board, clock
):
    clock.forward(days=-1)
    assert client.put(f"{ROUTE}/1", headers=member.headers).status_code in (403, 503)
    clock.forward(days=1)
    assert client.put(f"{ROUTE}/1", headers=member.headers).status_code == 201
    decide(client, member, 1, 1)
    clock.forward(days=30)
    k = get(client, member, "1/1/2").json()["n_inspections"]
    late = post(client, member, "1/1/2", rows=list(range(k)))
    assert late.status_code == 403
    assert not get(client, member, "1/1/2").json()["is_decided"]


def test_worlds_dropped_from_memory_are_played_on(client, member, begun, board):
    board.worlds = LiveWorlds(board.make_season, most_bytes=1)  # one world at a time
    answers = [decide(client, member, world, week) for week in (1, 2) for world in (1, 2)]
    assert len(board.worlds) == 1
    for world in (1, 2):
        arrivals = board.competition.make_world(world_key(board.secret, 1, 1, world))
        season = InspectionSeason(arrivals, board.competition.budget)
        week, _ = season.reset()
        for number in (1, 2):
            k = week.n_inspections
            week, *_ = season.step(np.arange(k))
            answer = answers[2 * (number - 1) + world - 1]
            assert [row[0] for row in answer["reports"]] == week.reports[KEY].tolist()
            assert [row[2] for row in answer["reports"]] == week.reports["Fraud"].tolist()


def test_a_world_on_disk_is_the_one_that_was_simulated(client, member, begun, board):
    place = Place(member.number, 1, 1)
    get(client, member, "1/1/1")
    stored = board.files.load(place)
    made = board.competition.make_world(world_key(board.secret, *place))
    pd.testing.assert_frame_equal(stored.declarations, made.declarations)
    for name in ("week", "is_known", "fraud", "critical", "duty", "probability"):
        np.testing.assert_array_equal(getattr(stored, name), getattr(made, name))
    assert stored.cap == made.cap
    (path,) = board.folder.worlds.iterdir()
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(path.read_bytes()[:1000])  # a damaged file is made again
    assert board.files.load(place) is None
    board.worlds.forget(place)
    decide(client, member, 1, 1)
    for week in (2, 3, 4):
        decide(client, member, 1, week)
    assert not list(board.folder.worlds.iterdir())


def test_a_failure_of_the_database_decides_nothing(client, member, begun, board, monkeypatch):
    first = decide(client, member, 1, 1)
    k = first["next"]["n_inspections"]

    def fail(*_arguments):
        raise RuntimeError("disk")

    with monkeypatch.context() as patched:
        patched.setattr("customs_leaderboard.season.storing.append_entries", fail)
        assert post(client, member, "1/1/2", rows=list(range(k))).status_code == 500
    world = board.worlds.find(Place(member.number, 1, 1))
    assert len(world.season.opened) == 1
    answer = post(client, member, "1/1/2", rows=list(range(1, k + 1)))
    assert answer.status_code == 200
    assert actions_of(board).count("week decided") == 2


def test_public_answers_say_nothing_about_scores_before_the_close(client, member, begun, board):
    before = client.get("/api/v1/competition").json()
    finish(client, member)
    assert client.get("/api/v1/competition").json() == before
    assert (
        before["commitment"]
        == client.get("/api/v1/log").json()["entries"][-1]["details"]["commitment"]
    )
    assert "week decided" not in client.get("/api/v1/log").text


def test_answers_are_those_of_the_document(client, member, begun, board):
    document = client.get("/api/v1/openapi.json").json()
    assert {f"{ROUTE}/{{attempt}}/{{world}}/{{week}}", ROUTE} <= set(document["paths"])
    for reference in str(document).split("#/components/schemas/")[1:]:
        assert reference.partition("'")[0] in document["components"]["schemas"]
    for path in document["paths"].values():
        for route in path.values():
            assert route["summary"]
            if "security" in route:
                assert {"401", "403"} <= set(route["responses"])
    models.AttemptAnswer.model_validate(begun)
    models.WeekAnswer.model_validate(get(client, member, "1/1/1").json())
    models.DecidedAnswer.model_validate(decide(client, member, 1, 1))
    models.ReportsAnswer.model_validate(get(client, member, "1/1/reports").json())
    models.SeasonAnswer.model_validate(client.get(ROUTE, headers=member.headers).json())
    models.SeasonCompetitionAnswer.model_validate(client.get("/api/v1/competition").json())
    finish_rest = [(1, week) for week in (2, 3, 4)] + [(2, week) for week in (1, 2, 3, 4)]
    for world, week in finish_rest:
        decide(client, member, world, week)
    close_season(board, early=True)
    client.app.state.answers.expire()
    models.SeasonTableAnswer.model_validate(client.get("/api/v1/final").json())
