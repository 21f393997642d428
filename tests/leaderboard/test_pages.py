"""The pages over HTTP, without a browser."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from itertools import pairwise

import pytest
from fastapi import Response
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from customs_leaderboard.board import Board, make_board
from customs_leaderboard.client import LeaderboardClient
from customs_leaderboard.errors import NotFoundError, UnavailableError
from customs_leaderboard.ladder.ladder import STRICT_ERRORS
from customs_leaderboard.rules.competition import Competition
from customs_leaderboard.rules.schedule import Milestone, PhaseRules
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.charts.ladder import draw_ladder
from customs_leaderboard.service.charts.scales import round_range, spread, value_ticks
from customs_leaderboard.service.network.kept_answers import KeptAnswers
from customs_leaderboard.service.pages import api_page, final_page, home, log, standings_page
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.standings.close import close_competition, extend_deadline, reveal_labels
from customs_leaderboard.standings.export import export_standings
from customs_leaderboard.standings.final import final_standings
from customs_leaderboard.standings.public import public_standings, team_history
from customs_leaderboard.standings.select import selected_numbers
from customs_leaderboard.store.audit_log import Entry
from customs_leaderboard.store.schema import Score, State, Team
from customs_leaderboard.teams.teams import add_team
from made_up_board import CLOSES, OPENS, TEAMS, Author, MadeUp, copy_of, make_up_board
from page_outline import check_page

SCORE_COLUMNS = ("private-precision_at_10", "public-precision_at_5", "public-precision_at_10")
PAGES = ("/", "/submit", "/team", "/about", "/log")
LONG_NAME = TEAMS[3][0]
AFTER = CLOSES + timedelta(days=7)


@pytest.fixture(scope="module")
def author(edition_path, tmp_path_factory) -> Author:
    return Author(edition_path, tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def story(edition_path, tmp_path_factory, author) -> MadeUp:
    """Weeks into a competition; read only."""
    folder = tmp_path_factory.mktemp("story")
    return make_up_board(folder, edition_path, pace=0.15, author=author)


@pytest.fixture(scope="module")
def closed(edition_path, tmp_path_factory, author) -> MadeUp:
    """The same after the close and the reveal; read only."""
    folder = tmp_path_factory.mktemp("closed")
    story = make_up_board(folder, edition_path, until=AFTER, pace=0.15, author=author)
    close_competition(story.board, n_replicates=50)
    reveal_labels(story.board)
    return story


@pytest.fixture(scope="module")
def empty(edition_path, tmp_path_factory, author) -> MadeUp:
    """Teams, and no submission; read only."""
    folder = tmp_path_factory.mktemp("empty")
    return make_up_board(folder, edition_path, until=OPENS, author=author)


@pytest.fixture(scope="module")
def first_days(edition_path, tmp_path_factory, author) -> MadeUp:
    folder = tmp_path_factory.mktemp("first-days")
    until = OPENS + timedelta(days=12)
    return make_up_board(folder, edition_path, until=until, pace=0.15, author=author)


@pytest.fixture
def young(first_days, tmp_path) -> MadeUp:
    """A competition in its first days that a test may change."""
    return copy_of(first_days, tmp_path / "young")


def client_of(board: Board, **settings) -> TestClient:
    """A client of a service whose cached answers are never fresh and whose clock stands still."""
    settings = {"refresh_s": 0, "timer": lambda: 0.0, **settings}
    return TestClient(make_app(board, ServiceSettings(**settings)), raise_server_exceptions=False)


def read(client: TestClient, path: str, status: int = 200):
    """Request a page like a browser, and check the rules for all pages."""
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status
    return check_page(answer.text)


def send(client: TestClient, token: str, content: bytes, name: str = "mine.csv"):
    return client.post("/submit", data={"token": token}, files={"file": (name, content)})


def rows_of(html: str) -> list[str]:
    """Names in the table of standings, from the top."""
    table = html[html.index('id="board"') :]
    return re.findall(r'<span class="name">(.*?)</span>', table[: table.index("</table>")])


def test_the_standings_show_the_state_of_the_board(story):
    client = client_of(story.board)
    words = read(client, "/").words()
    standings = public_standings(story.board)
    assert len(standings.rows) == 12
    ranks = [row.rank for row in standings.rows]
    for row in standings.rows:
        rank = f"{row.rank} shared" if ranks.count(row.rank) > 1 else row.rank
        assert f"{rank} {row.team} {row.n_submissions} submission" in words
    assert LONG_NAME in words
    assert "Waiting for Data" not in words  # no submission, no row
    assert "Open closes in 18 days" in words
    assert "27 Apr 2026" in words
    assert story.board.manifest.commitment in words
    assert "The expected ceiling is 0.90 ± 0.02" in words
    assert "10 other worlds" in words
    assert "ceiling" not in words[words.index("Deadline") : words.index("Find a team")]
    assert "graphfc baseline 0.780" in words  # as many decimals as the Ladder's step has


def test_baselines_are_among_the_teams_and_have_no_rank(story):
    html = client_of(story.board).get("/").text
    names = rows_of(html)
    levels = standings_page._some(story.board.reference_scores.baselines)
    assert len(levels) == standings_page.N_BASELINES
    assert {level.name for level in levels} >= {"graphfc", "random"}
    scores = {row.team: row.score for row in public_standings(story.board).rows}
    scores |= {level.name: level.score for level in levels}
    assert sorted(names, key=lambda name: -scores[name]) == names
    assert html.count('aria-label="not ranked"') == len(levels)


@pytest.mark.parametrize(
    ("query", "sorted_by", "aria"),
    [
        ("", lambda row: -row.score, "descending"),
        ("?sort=score&order=asc", lambda row: row.score, "ascending"),
        ("?sort=team", lambda row: row.team.casefold(), "ascending"),
        ("?sort=submissions", lambda row: -row.n_submissions, "descending"),
        ("?sort=submissions&order=asc", lambda row: row.n_submissions, "ascending"),
        ("?sort=improved", lambda row: -row.improved_at.timestamp(), "descending"),
        ("?sort=nonsense&order=sideways", lambda row: -row.score, "descending"),
    ],
)
def test_columns_are_sorted_by_links(story, query, sorted_by, aria):
    client = client_of(story.board)
    html = client.get(f"/{query}").text
    check_page(html)
    by_team = {row.team: row for row in public_standings(story.board).rows}
    keys = [sorted_by(by_team[name]) for name in rows_of(html) if name in by_team]
    assert len(keys) == 12
    assert keys == sorted(keys)
    assert html.count("aria-sort=") == 1
    assert f'aria-sort="{aria}"' in html


def test_the_link_of_the_sort_column_reverses_the_order(story):
    client = client_of(story.board)
    assert 'href="?sort=score&amp;order=asc#standings"' in client.get("/").text
    assert 'href="?sort=score#standings"' in client.get("/?sort=score&order=asc").text


def test_unknown_columns_do_not_grow_the_cache(story):
    client = client_of(story.board)
    client.get("/")
    n_entries = len(client.app.state.answers._entries)
    for i in range(20):
        client.get(f"/?sort=x{i}&order=y{i}&z={i}")
        client.get(f"/?all={i + 2}")
    assert len(client.app.state.answers._entries) == n_entries


def test_an_unchanged_page_is_not_sent_again(young):
    client = client_of(young.board)
    etag = client.get("/").headers["ETag"]
    again = client.get("/", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    send(client, young.tokens["Waiting for Data"], young.author.write(0.5, 1).read_bytes())
    fresh = client.get("/", headers={"If-None-Match": etag})
    assert fresh.status_code == 200
    assert "Waiting for Data" in fresh.text


def test_the_time_left_is_never_stale(young):
    client = client_of(young.board)
    young.clock.at = CLOSES - timedelta(minutes=44, seconds=30)
    assert "closes in 44 minutes" in client.get("/").text
    young.clock.at += timedelta(minutes=1)
    assert "closes in 43 minutes" in client.get("/").text
    young.clock.at = CLOSES + timedelta(minutes=1)
    assert "Deadline passed" in client.get("/").text


def test_nothing_before_the_close_depends_on_exact_scores(young, monkeypatch):
    """Pages read neither labels nor exact scores."""
    client = client_of(young.board)
    token = young.tokens["nightshift"]

    def all_pages() -> str:
        texts = [client.get(path).text for path in PAGES]
        return "".join([*texts, client.post("/team", data={"token": token}).text])

    before = all_pages()
    with young.board.database.writing() as session:
        session.execute(update(Score).values(value=0.123456789))

    def no_judge(_board):
        raise AssertionError("a page reads the labels")

    monkeypatch.setattr(Board, "judge", property(no_judge))
    client = client_of(young.board)
    assert all_pages() == before


def test_an_empty_board_says_so(empty, tmp_path):
    story = copy_of(empty, tmp_path / "board")
    client = client_of(story.board)
    assert "No team is on the board yet" in read(client, "/").words()
    story.clock.at = OPENS - timedelta(days=1)
    words = read(client, "/").words()
    assert "Not open yet" in words
    assert "2 Feb 2026, 08:00 UTC" in words
    answer = send(client, story.tokens["HS6"], story.author.write(0.5, 1).read_bytes())
    assert answer.status_code == 403
    assert "opens" in check_page(answer.text).words()


def test_an_accepted_file_has_a_receipt(young):
    client = client_of(young.board)
    token, content = young.tokens["Waiting for Data"], young.author.write(0.5, 1).read_bytes()
    answer = send(client, token, gzip.compress(content), "mine.csv.gz")
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    page = check_page(answer.text)
    (stored,) = team_history(young.board, young.teams["Waiting for Data"].number)
    assert f"Submission {stored.number} is in" in page.words()
    assert f"{stored.shown:.3f}" in page.words()
    assert "Left today 4 of 5" in page.words()
    assert stored.sha256 in page.words()
    worse = send(client, token, young.author.write(0.01, 2).read_bytes())
    words = check_page(worse.text).words()
    assert "The score on the board is unchanged" in words
    assert f"beats it by {young.board.competition.ladder_step} or more" in words
    assert f"{stored.shown:.3f}" in words


def test_the_same_file_again_is_recognised(young):
    client = client_of(young.board)
    token, content = young.tokens["HS6"], young.author.write(0.5, 1).read_bytes()
    send(client, token, content)
    n_before = len(team_history(young.board, young.teams["HS6"].number))
    answer = send(client, token, content)
    assert answer.status_code == 200
    assert "You have sent these scores before" in check_page(answer.text).words()
    assert len(team_history(young.board, young.teams["HS6"].number)) == n_before


def test_a_bad_file_is_answered_with_all_its_problems(young):
    client = client_of(young.board)
    lines = young.author.write(0.5, 1).read_text().splitlines()
    known = lines[5].split(",")[0]
    lines[1:5] = [f"{known},nan", "99,<b>1</b>", f"{known},", f"{known},2"]
    answer = send(client, young.tokens["HS6"], "\n".join(lines).encode(), "<img>.csv")
    assert answer.status_code == 422
    page = check_page(answer.text)
    words = page.words()
    assert "It was not counted" in words
    for problem in ("line 2 has 'nan'", "line 3 has '<b>1</b>'", "line 4 has nothing"):
        assert problem in words
    assert "must be one of test.csv" in words
    assert not page.all("b") or "<b>1</b>" not in answer.text
    assert [form["action"] for form in page.all("form")] == ["/submit"]  # to send it again


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"token": "ckt_" + "x" * 43}, 401, "No team has this token"),
        ({"token": "nonsense"}, 401, "No team has this token"),
        ({"content": b"x" * ((1 << 20) + 1)}, 413, "at most 1 MiB"),
        ({"content": b""}, 422, "The file has 1 problem."),
        ({"content": b"PAR1 and more"}, 422, "The file has 1 problem."),
        ({"content": b"\x1f\x8b and no gzip"}, 422, "The file has 1 problem."),
    ],
)
def test_a_refusal_is_a_page(edition_path, tmp_path, change, status, text):
    competition = Competition(
        "Small", edition_path, OPENS, CLOSES, ladder_step=0.02, max_upload_mib=1
    )
    board = make_board(tmp_path / "board", competition, clock=lambda: OPENS)
    _, token = add_team(board, "Team A")
    answer = send(client_of(board), change.get("token", token), change.get("content", b"a,b\n"))
    assert answer.status_code == status
    assert text in check_page(answer.text).words()
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_used_up_quota_has_a_page(young):
    client = client_of(young.board)
    for seed in range(5):
        answer = send(client, young.tokens["HS6"], young.author.write(0.4, seed).read_bytes())
        assert answer.status_code == 201
    answer = send(client, young.tokens["HS6"], young.author.write(0.4, 9).read_bytes())
    assert answer.status_code == 429
    assert "The next day starts" in check_page(answer.text).words()


def test_wrong_tokens_are_limited_in_forms_too(young):
    client = client_of(young.board, wrong_token_burst=3)
    for _ in range(3):
        assert client.post("/team", data={"token": "ckt_" + "x" * 43}).status_code == 401
    answer = client.post("/team", data={"token": "ckt_" + "x" * 43})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many wrong tokens" in check_page(answer.text).words()


def test_no_page_contains_a_token_or_sets_a_cookie(young):
    client = client_of(young.board)
    token = young.tokens["nightshift"]
    number = team_history(young.board, young.teams["nightshift"].number)[0].number
    answers = [
        send(client, token, young.author.write(0.5, 1).read_bytes()),
        send(client, token, b"nonsense"),
        client.post("/team", data={"token": token}),
        client.post("/team/select", data={"token": token, "submission": [str(number)]}),
        client.post("/team/select", data={"token": token, "submission": ["x"]}),
    ]
    for answer in answers:
        assert token not in answer.text
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_team_sees_its_own_history(story):
    client = client_of(story.board)
    name = "Lagos Port Data Group"
    answer = client.post("/team", data={"token": f" {story.tokens[name]} "})
    assert answer.status_code == 200
    page = check_page(answer.text)
    history = team_history(story.board, story.teams[name].number)
    boxes = [field["value"] for field in page.all("input") if field["type"] == "checkbox"]
    assert boxes == [str(submission.number) for submission in history]
    assert all(submission.sha256[:12] in page.words() for submission in history)
    assert "the 2 with the best public score" in page.words()
    assert f"Submissions {len(history)} accepted" in page.words()


def test_final_selections_are_chosen(young):
    client = client_of(young.board)
    team, token = young.teams["nightshift"], young.tokens["nightshift"]
    for seed in range(4):
        send(client, token, young.author.write(0.4, seed).read_bytes())
    numbers = [submission.number for submission in team_history(young.board, team.number)]
    other = team_history(young.board, young.teams["HS6"].number)[0].number

    def choose(*chosen, status=200):
        data = {"token": token, "submission": [str(number) for number in chosen]}
        answer = client.post("/team/select", data=data)
        assert answer.status_code == status
        return check_page(answer.text).words()

    assert f"Your final selection: {min(numbers[:2])}, {max(numbers[:2])}." in choose(*numbers[:2])
    assert selected_numbers(young.board, team.number) == sorted(numbers[:2])
    assert "at most 2 may be" in choose(*numbers[:3], status=400)
    assert "has no submission" in choose(other, status=404)
    assert "by their numbers" in choose("1 OR 1=1", status=400)
    assert "by their numbers" in choose("9" * 40, status=400)
    assert selected_numbers(young.board, team.number) == sorted(numbers[:2])
    assert "the default applies" in choose()
    assert selected_numbers(young.board, team.number) == []
    young.clock.at = CLOSES + timedelta(hours=1)
    words = choose(numbers[0], status=403)
    assert "selections can no longer change" in words
    assert "Save the selection" not in words
    assert client.post("/team/select", data={"submission": ["1"]}).status_code == 401


def test_late_files_are_marked(closed):
    client = client_of(closed.board)
    name, late = next(
        (name, submission)
        for name, team in closed.teams.items()
        for submission in team_history(closed.board, team.number)
        if submission.late
    )
    words = check_page(client.post("/team", data={"token": closed.tokens[name]}).text).words()
    assert f"{late.number} late" in words
    assert f"{late.exact['private']['precision_at_5']:.3f}" in words
    assert "Save the selection" not in words


def test_after_the_close_everything_exact_is_shown(closed):
    client = client_of(closed.board)
    html = client.get("/").text
    words = check_page(html).words()
    finals = final_standings(closed.board)
    winner = finals.rows[0]
    private = winner.scores["private"]
    assert f"{winner.team} wins with a private precision@5 % of " in words
    assert f"{private['precision_at_5']:.3f}" in words
    assert rows_of(html) == [row.team for row in finals.rows]
    for row in finals.rows:
        for period in ("public", "private"):
            for name in ("precision_at_5", "precision_at_10"):
                assert f"{row.scores[period][name]:.3f}" in words
        low, high = row.scores["private"]["interval_at_5"]
        assert f"{low:.3f} to {high:.3f}" in words
        if row.shake_up:
            move = ("up" if row.shake_up > 0 else "down", abs(row.shake_up), row.public_rank)
            assert "{1} {0}, from {2}".format(*move) in words
    assert any(row.shake_up > 0 for row in finals.rows)
    assert any(row.shake_up < 0 for row in finals.rows)
    assert "the team" in words  # in the column Chosen by
    assert "default: best public" in words
    for name, n in finals.frauds_by_scheme.items():
        if name != "honest":
            assert f"{name.capitalize()} {n}" in words


@pytest.mark.parametrize("column", ["team", *SCORE_COLUMNS, "shake", "rank"])
def test_final_standings_are_sorted_by_links(closed, column):
    client = client_of(closed.board)
    by_team = {row.team: row for row in final_standings(closed.board).rows}
    for order, aria in (("asc", "ascending"), ("desc", "descending")):
        html = client.get(f"/?sort={column}&order={order}").text
        check_page(html)
        assert f'aria-sort="{aria}"' in html
        keys = [final_page.sort_key(column)(by_team[name]) for name in rows_of(html)]
        assert len(keys) == 12
        assert keys == sorted(keys, reverse=order == "desc")


def test_the_reveal_can_be_downloaded_once_it_is_published(young):
    client = client_of(young.board)
    young.clock.at = AFTER
    assert read(client, "/reveal.json.gz", 404)
    close_competition(young.board, n_replicates=20)
    assert read(client, "/reveal.json.gz", 404)
    assert "still sealed" in read(client, "/").words()
    path = reveal_labels(young.board)
    page = read(client, "/")
    assert "/reveal.json.gz" in [link.get("href") for link in page.all("a")]
    answer = client.get("/reveal.json.gz")
    assert answer.content == path.read_bytes()
    assert 'filename="small-reveal.json.gz"' in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Type"] == "application/gzip"


def test_between_close_and_final_standings_the_page_waits(young):
    client = client_of(young.board)
    with young.board.database.writing() as session:
        session.execute(update(State).values(closed_at=AFTER))
    assert "are being computed" in read(client, "/").words()


def test_a_close_without_teams_has_a_page(empty, tmp_path):
    story = copy_of(empty, tmp_path / "board")
    story.clock.at = AFTER
    close_competition(story.board, n_replicates=20)
    assert "No team has a file that counts" in read(client_of(story.board), "/").words()


@pytest.mark.parametrize(
    ("kind", "margin"),
    [
        ("step", "beats it by 0.02 or more."),
        ("parameter_free", "more than one standard error of the difference"),
        ("paired", f"by 0.02 or more, and by more than {STRICT_ERRORS:g} standard errors"),
    ],
)
@pytest.mark.parametrize("grounded", [True, False])
def test_the_rules_explain_the_competitions_ladder(edition_path, tmp_path, kind, margin, grounded):
    ground = {} if grounded else {"ladder_ground_errors": 0.0}
    competition = Competition("Rules", edition_path, OPENS, CLOSES, 0.02, ladder=kind, **ground)
    board = make_board(tmp_path / "board", competition, clock=lambda: OPENS)
    words = read(client_of(board), "/about").words()
    assert margin in words
    assert ("beats chance by more than 4 standard errors" in words) is grounded
    assert ("The board shows the public score of your first file" in words) is not grounded
    assert "5 per team and day (UTC)" in words
    assert board.manifest.commitment in words
    assert "Late files are accepted and scored, never ranked" in words


def test_the_rules_name_an_extension_and_real_addresses(young):
    client = client_of(young.board, public_url="https://board.example/")
    extend_deadline(young.board, CLOSES + timedelta(days=2), "power failure")
    page = read(client, "/about")
    words = page.words()
    assert "29 Apr 2026, 23:59 UTC extended, was 27 Apr 2026, 23:59 UTC" in words
    assert "23:59 UTC, extended" in read(client, "/").words()
    assert "--url https://board.example It asks" in words
    assert "https://board.example/api/v1/submissions" in words
    assert "Replace ADDRESS" not in words
    for link in page.all("a"):
        address = link["href"].split("#")[0]
        if address:
            assert client.get(address).status_code == 200, address
    targets = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    anchors = [a["href"].split("#")[1] for a in page.all("a") if a["href"].startswith("#")]
    assert len(anchors) > 5
    assert set(anchors) <= targets


def test_no_page_repeats_the_host_header(young):
    client = client_of(young.board)
    for path in (
        "/", "/about", "/submit", "/team", "/log", "/nothing", "/api", "/overview", "/data",
        "/contact", "/news", "/feed.atom", "/register", "/join", "/admin", "/standings.csv",
        "/api/v1/openapi.json", "/api/v1/competition", "/health/live",
    ):  # fmt: skip
        assert "evil.example" not in client.get(path, headers={"Host": "evil.example"}).text, path
    words = read(client, "/about").words()
    assert "--url https://ADDRESS It asks" in words
    assert "Replace ADDRESS by this site's address" in words


def test_a_practice_board_says_what_it_is(edition_path, tmp_path):
    competition = Competition("Try", edition_path, OPENS, CLOSES, 0.02, practice=True)
    board = make_board(tmp_path / "board", competition, clock=lambda: OPENS)
    client = client_of(board)
    assert "practice: anyone can regenerate the labels" in read(client, "/").words()
    assert "Practice: anyone can regenerate its labels" in read(client, "/about").words()


def test_the_log_can_be_checked(young):
    client = client_of(young.board)
    young.clock.at = OPENS + timedelta(days=13)
    extend_deadline(young.board, CLOSES + timedelta(days=2), "<script>alert(1)</script>")
    answer = client.get("/log")
    words = check_page(answer.text).words()
    assert "Deadline extended" in words
    assert "<script>alert" not in answer.text
    assert "<script>alert(1)</script>" in words
    log = client.get("/api/v1/log").json()
    assert log["head"] in words
    for entry in log["entries"]:
        # As the page explains it.
        names = ("sequence", "at", "actor", "action", "details")
        content = {name: entry[name] for name in names}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(f"{entry['previous_hash']}\n{text}".encode()).hexdigest()
        assert digest == entry["hash"]
        assert digest in words
    assert "team" not in {entry["actor"].split()[0] for entry in log["entries"]}


def test_the_log_has_one_line_for_each_action_and_human_times(young):
    young.clock.at = OPENS + timedelta(days=13)
    extend_deadline(young.board, CLOSES + timedelta(days=2), "power failure")
    page = read(client_of(young.board), "/log")
    words = page.words()
    line = "15 Feb 2026, 08:00 UTC Deadline extended to 29 Apr 2026, 23:59 UTC: power failure"
    assert line in words
    assert words.index(line) < words.index("Competition made")  # newest first
    folds = page.all("details")
    assert len(folds) == len(page.all("summary")) == 2
    assert ["open" in fold for fold in folds] == [True, False]
    assert "late submissions yes" in words
    assert "opens 2 Feb 2026, 08:00 UTC" in words
    assert "2026-02-02T" not in words


def test_an_unknown_action_has_a_line_too():
    entry = Entry(7, OPENS, "organizer", "moon landed", {"reason": "x" * 999, "n": 1}, "", "")
    line = log._line(entry)
    assert line.about == "x" * 159 + "…"
    assert ("n", 1) in line.details


def test_the_standings_are_a_table_as_the_command_writes_it(story, closed, tmp_path):
    for i, side in enumerate((story, closed)):
        answer = client_of(side.board).get("/standings.csv")
        export_standings(side.board, tmp_path / f"{i}.csv")
        assert answer.content == (tmp_path / f"{i}.csv").read_bytes()
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert 'filename="standings.csv"' in answer.headers["Content-Disposition"]


def test_the_api_page_has_every_route_with_examples_that_work(story, tmp_path):
    client = client_of(story.board, public_url="https://board.example")
    page = read(client, "/api")
    document = client.get("/api/v1/openapi.json").json()
    anchors = {fold["id"] for fold in page.all("details")}
    assert len(anchors) == sum(map(len, document["paths"].values()))
    words = page.words()
    for path in document["paths"]:
        assert path in words
    assert "https://board.example/api/v1/submissions/12/file" in words
    assert """-d '{"submissions": [12]}'""" in words
    assert "ADDRESS" not in words
    assert "Replace ADDRESS" in read(client_of(story.board), "/api").words()
    html = client.get("/api").text
    for code in re.findall(r'with (?:Python|customs-kit)"><code>(.*?)</code>', html, re.DOTALL):
        compile(unescape(code), "example", "exec")
    for call in api_page.CLIENT_CALLS.values():
        assert hasattr(LeaderboardClient, call.split("(")[0])


def test_a_pasted_link_has_a_picture_only_with_an_address_of_the_site(story):
    client = client_of(story.board, public_url="https://board.example")
    tags = {tag.get("property"): tag["content"] for tag in read(client, "/").all("meta")[2:]}
    assert story.board.competition.title in tags["og:title"]
    assert "Which five percent" in tags["og:description"]
    assert tags["og:image"].startswith("https://board.example/static/preview.png?v=")
    picture = client.get(tags["og:image"].removeprefix("https://board.example"))
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.content[16:24] == (1200).to_bytes(4, "big") + (630).to_bytes(4, "big")
    assert "og:image" not in client_of(story.board).get("/").text


def test_the_rules_have_a_timeline(young):
    young.clock.at = OPENS + timedelta(days=13)
    young.board.competition = replace(
        young.board.competition,
        phases=(PhaseRules("Warm-up", OPENS), PhaseRules("Final", OPENS + timedelta(days=10))),
        milestones=(Milestone("Papers", CLOSES + timedelta(days=9), "four pages"),),
    )
    page = read(client_of(young.board), "/about")
    order = ["Warm-up 2 Feb", "Final 12 Feb", "Deadline 27 Apr", "Papers 6 May"]
    places = [page.words().index(text) for text in order]
    assert places == sorted(places)
    assert [item.get("class") for item in page.all("li") if "past" in (item.get("class") or "")]
    chart = client_of(young.board).get("/").text
    assert chart.count('<g class="mark">') == 2  # in the wide and the narrow chart
    assert ">Final</text>" in chart
    assert ">Papers</text>" not in chart  # it lies in the future


def test_answers_to_forms_are_pages_that_can_be_loaded_again(young):
    client = client_of(young.board)
    client.follow_redirects = False
    token = young.tokens["HS6"]
    for content, status in ((young.author.write(0.5, 1).read_bytes(), 201), (b"a,b\n1,2\n", 422)):
        answer = send(client, token, content)
        assert answer.status_code == 303
        address = answer.headers["Location"]
        pages = [client.get(address) for _ in range(2)]
        assert [page.status_code for page in pages] == [status, status]
        check_page(pages[0].text)
    assert client.post("/team/select", data={"token": token}).status_code == 303
    assert client.post("/team/select", data={"token": "ckt_x"}).status_code == 401
    assert send(client, "ckt_x", b"a").status_code == 401  # strangers fill no memory
    assert "no longer kept" in read(client, "/answer/" + "0" * 32, 404).words()


def test_kept_answers_are_forgotten_in_time():
    now = [0.0]
    answers = KeptAnswers(lambda: now[0])
    redirects = [answers.redirect_to(Response(b"x" * n)) for n in (5, 9 << 20, 9 << 20)]
    names = [redirect.headers["Location"].removeprefix("/answer/") for redirect in redirects]
    with pytest.raises(NotFoundError):
        answers.find(names[1])  # there is no room
    assert answers.find(names[2]).status_code == 200
    now[0] = 16 * 60
    with pytest.raises(NotFoundError):
        answers.find(names[2])


def test_texts_of_teams_and_organizers_are_escaped_everywhere(young, edition_path):
    """Names have a safe alphabet; pages do not rely on it."""
    hostile = '"><img src=x onerror=alert(1)>'
    competition = Competition(f"<script>{hostile}", edition_path, OPENS, CLOSES, 0.02)
    board = young.board
    board.competition = competition
    with board.database.writing() as session:
        session.execute(update(Team).where(Team.name == "nightshift").values(name=hostile))
    client = client_of(board)
    token = young.tokens["nightshift"]

    def check_all() -> None:
        answers = [client.get(path) for path in (*PAGES, "/?sort=team", "/" + hostile)]
        answers += [client.post("/team", data={"token": token})]
        answers += [client.post("/team", data={"token": hostile})]
        answers += [client.post("/team/select", data={"token": token, "submission": [hostile]})]
        answers += [send(client, token, f"{hostile},{hostile}\n".encode(), hostile)]
        for answer in answers:
            page = check_page(answer.text)
            assert len(page.all("script")) == 1
            assert all(image["src"].startswith("/static/") for image in page.all("img"))

    check_all()
    young.clock.at = AFTER
    close_competition(board, n_replicates=20)
    check_all()
    assert hostile in check_page(client.get("/").text).words()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_valid_in_every_phase(story, closed, path):
    for phase in (story, closed):
        client = client_of(phase.board)
        page = read(client, path)
        here = [a["href"] for a in page.all("a") if a.get("aria-current") == "page"]
        assert here == [path]
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")


def test_errors_are_pages_for_browsers_and_json_for_programs(story, monkeypatch):
    client = client_of(story.board)
    assert "Page not found" in read(client, "/nowhere", 404).words()
    assert "Not possible this way" in check_page(client.post("/log").text).words()
    assert client.get("/api/v1/nowhere").headers["Content-Type"] == "application/problem+json"

    def fail(_board, **_wanted):
        raise ZeroDivisionError("an inner secret")

    monkeypatch.setattr(home, "make_home", fail)
    page = read(client_of(story.board), "/", 500)
    assert "Our mistake" in page.words()
    assert "secret" not in page.words()


def test_pages_of_a_database_that_does_not_answer_do_not_need_it(story, monkeypatch):
    client = client_of(story.board)
    for transaction in ("reading", "glancing", "writing"):
        monkeypatch.setattr(story.board.database, transaction, lambda: _away())
    for path in ("/", "/log", "/about", "/submit"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "Not available" in check_page(answer.text).words()
        assert int(answer.headers["Retry-After"]) > 0
    answer = send(client, story.tokens["HS6"], b"a,b\n")
    assert answer.status_code == 503
    assert "does not answer" in check_page(answer.text).words()


def _away():
    raise UnavailableError("The leaderboard's database does not answer.")


def test_too_many_requests_have_a_page(story):
    client = client_of(story.board, request_burst=1, requests_per_second=0.001)
    client.get("/")
    assert "Too many" in read(client, "/", 429).words()


def test_static_files_are_a_fixed_list(story):
    client = client_of(story.board)
    html = client.get("/").text
    addresses = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', html))
    assert {address.split("?")[0].rsplit(".", 1)[1] for address in addresses} == {
        "css", "js", "svg",
    }  # fmt: skip
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert len(answer.content) < 40_000
    for wrong in ("board.py", "../pages/home.py", "..%2f..%2fboard.py", "%2e%2e/app.py", ""):
        assert client.get(f"/static/{wrong}").status_code == 404


def test_pages_carry_the_policy(story):
    policy = client_of(story.board).get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@given(
    st.lists(st.floats(0, 400), min_size=1, max_size=30).map(sorted),
    st.floats(1, 30),
)
def test_labels_are_spread(places, gap):
    placed = spread(places, gap, 0, 400)
    gap = min(gap, 400 / max(len(places) - 1, 1))
    assert len(placed) == len(places)
    assert all(-0.06 <= place <= 400.06 for place in placed)
    assert all(b - a >= gap - 0.11 for a, b in pairwise(placed))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_axes_contain_their_values_and_have_round_ends(values):
    low, high, step = round_range(values)
    assert 0 <= low <= min(values)
    assert max(values) <= high <= 1
    ticks = value_ticks(low, high, step)
    assert 2 <= len(ticks) <= 11
    assert ticks == sorted(set(ticks))


@pytest.mark.parametrize("step", [0.01, 0.02, 0.045, 0.1, 0.5])
def test_the_chart_of_the_ladder_only_rises(step):
    chart = draw_ladder(step, 3)
    assert len(chart.exact) == 15
    heights = [float(y) for y in re.findall(r"V([\d.]+)", chart.public_path)]
    assert heights == sorted(heights, reverse=True)
    assert all(0 <= y <= chart.height for _, y in chart.exact)
