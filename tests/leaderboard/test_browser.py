"""The pages in a real Chromium, served by the real server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from sqlalchemy import update

from chromium import (
    DESKTOP,
    FAULTS,
    GROUND,
    PHONE,
    PROJECTOR,
    Traffic,
    complaints_of,
    show_as,
    start_or_skip,
    without_scripts,
)
from customs_leaderboard.board import make_board
from customs_leaderboard.publishing.board_pages import write_pages
from customs_leaderboard.standings.close import close_competition, reveal_labels
from customs_leaderboard.standings.final import final_standings
from customs_leaderboard.standings.public import public_standings, team_history
from customs_leaderboard.standings.select import select_submissions, selected_numbers
from customs_leaderboard.store.schema import Team
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.codes import renew_code
from customs_leaderboard.teams.joining import invite
from made_up_board import CLOSES, OPENS, Author, add_crowd, copy_of, make_up_board, served
from real_server import running

SCREENS = ((PROJECTOR, "dark"), (PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light"))
HOSTILE = '"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    driver = start_or_skip()
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def author(edition_path, tmp_path_factory) -> Author:
    return Author(edition_path, tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def before(browser, edition_path, tmp_path_factory, author) -> Iterator[SimpleNamespace]:
    """Weeks into a competition; tests add submissions."""
    folder = tmp_path_factory.mktemp("before")
    story = make_up_board(folder, edition_path, pace=0.1, author=author)
    with served(story) as url:
        yield SimpleNamespace(story=story, url=url, board=story.board)
    story.board.close_connections()


@pytest.fixture(scope="module")
def after(browser, edition_path, tmp_path_factory, author) -> Iterator[SimpleNamespace]:
    """After close and reveal; read only."""
    until = CLOSES + timedelta(days=7)
    folder = tmp_path_factory.mktemp("after")
    story = make_up_board(folder, edition_path, until=until, pace=0.1, author=author)
    close_competition(story.board, n_replicates=50)
    reveal_labels(story.board)
    write_pages(story.board)
    with served(story) as url:
        yield SimpleNamespace(story=story, url=url, board=story.board)
    story.board.close_connections()


@pytest.fixture(autouse=True)
def traffic(browser) -> Iterator[Traffic]:
    """Check that there is no error in the console and no request to another server."""
    show_as(browser, DESKTOP)
    complaints_of(browser)
    traffic = Traffic(browser)
    yield traffic
    urls = [request["url"] for request in traffic.requests()]
    assert urls
    places = {urlsplit(url).hostname for url in urls if not url.startswith("data:")}
    assert places <= {"127.0.0.1"}
    # Refusals, which tests expect, are in the console as well.
    errors = [text for text in complaints_of(browser) if "responded with a status" not in text]
    assert errors == []


def wait_for(browser, condition):
    """Wait until a condition is true."""
    # Elements may be missing, or vanish, while a page loads.
    ignored = (WebDriverException,)
    waiting = WebDriverWait(browser, 30, poll_frequency=0.05, ignored_exceptions=ignored)
    return waiting.until(lambda _: condition())


def find(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector)


def sees(browser, selector, text):
    """Wait until an element contains a text."""
    return wait_for(browser, lambda: text in find(browser, selector).text)


def texts_of(browser, selector) -> list[str]:
    """Return the visible texts of elements, in one request for all of them."""
    script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText.trim())"
    return browser.execute_script(script, selector)


def names_of(browser) -> list[str]:
    return texts_of(browser, "#board tr[data-team] .name")


def fill_form(browser, url, token, path):
    browser.get(f"{url}/submit")
    find(browser, "#token").send_keys(token)
    find(browser, "#file").send_keys(str(path))
    find(browser, "form button[type=submit]").click()


def wake(browser):
    """Fire the event of a reader who comes back to the page."""
    browser.execute_script("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_team_uploads_and_is_on_the_board(browser, before):
    name = "Waiting for Data"
    browser.get(before.url)
    assert name not in names_of(browser)
    path = before.story.author.write(0.5, 1, "mine.csv")
    fill_form(browser, before.url, before.story.tokens[name], path)
    assert sees(browser, "h1", "is in")
    (stored,) = team_history(before.board, before.story.teams[name].number)
    assert find(browser, "h1").text == f"Submission {stored.number} is in"
    assert f"{stored.shown:.3f}" in find(browser, ".facts").text
    find(browser, "main .button").click()
    assert sees(browser, "#board", name)
    row = find(browser, f'tr[data-team="{before.story.teams[name].number}"]')
    assert f"{stored.shown:.3f}" in row.text


def test_a_bad_file_is_refused_and_can_be_corrected(browser, before, tmp_path):
    lines = before.story.author.write(0.5, 2, "mine.csv").read_text().splitlines()
    identifier = lines[3].split(",")[0]
    path = tmp_path / "<img src=x onerror=window.hacked=1>.csv"
    path.write_text("\n".join([*lines[:3], f'{identifier},"{HOSTILE.replace(chr(34), chr(39))}"']))
    fill_form(browser, before.url, before.story.tokens["HS6"], path)
    assert sees(browser, "h1", "Not accepted")
    assert find(browser, "[role=alert]").text.startswith("The file has")
    report = find(browser, ".report").text
    assert "line 4 has" in report
    assert "<img" in report  # as text
    assert browser.execute_script("return window.hacked") is None
    # The token is still known, because the page was never left.
    find(browser, "#file").send_keys(str(before.story.author.write(0.3, 3, "corrected.csv")))
    find(browser, "form button[type=submit]").click()
    assert sees(browser, "h1", "is in")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_file_that_is_too_large_is_refused(browser, before, tmp_path, scripts):
    path = tmp_path / "large.csv"
    path.write_bytes(b"x" * (before.board.competition.max_upload_bytes + 100_000))
    token = before.story.tokens["HS6"]
    if scripts:  # refused before anything is sent
        fill_form(browser, before.url, token, path)
        message = "return document.getElementById('file').validationMessage"
        assert "larger than 8 MiB" in browser.execute_script(message)
        assert browser.current_url.endswith("/submit")
    else:
        with without_scripts(browser):
            fill_form(browser, before.url, token, path)
            assert sees(browser, "[role=alert]", "at most 8 MiB")


def test_a_wrong_token_is_refused_while_a_file_is_on_its_way(browser, before):
    path = before.story.author.write(0.5, 4, "mine.csv")
    fill_form(browser, before.url, "ckt_" + "x" * 43, path)
    assert sees(browser, "[role=alert]", "No team has this token")


def test_a_link_fills_its_code_into_the_form(browser, before, traffic):
    _, code = invite(before.board)
    browser.get(f"{before.url}/register#{code}")
    wait_for(browser, lambda: find(browser, "#code").get_attribute("value") == code)
    assert browser.current_url == f"{before.url}/register"
    find(browser, "#team").send_keys("Équipe Été")
    find(browser, "#member").send_keys("Zoé")
    find(browser, "form button").click()
    sees(browser, "h1", "Équipe Été")
    assert find(browser, "pre[data-copy]").text.startswith("ckt_")
    assert not any(code in request["url"] for request in traffic.requests())


def test_a_private_competition_opens_with_a_password(browser, before, tmp_path):
    rules = replace(before.board.competition, private=True)
    board = make_board(tmp_path / "board", rules, clock=before.board.now)
    code = renew_code(board, "view", "view code made")
    with running(board) as server:
        browser.get(server.url.replace("://", f"://anybody:{code}@"))
        sees(browser, "h1", rules.title)
        browser.get(f"{server.url}/about")
        sees(browser, "h1", "Rules")
    board.close_connections()


def test_columns_are_sorted_by_keyboard(browser, before):
    browser.get(before.url)
    usual = names_of(browser)
    link = find(browser, "th a[href*='sort=team']")
    for _ in range(40):  # by Tab, without a mouse
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element == link:
            break
    assert browser.switch_to.active_element == link
    link.send_keys(Keys.ENTER)
    wait_for(browser, lambda: "sort=team" in browser.current_url)
    assert names_of(browser) == sorted(usual, key=str.casefold)
    heading = find(browser, "th[aria-sort]")
    assert heading.get_attribute("aria-sort") == "ascending"
    # The focus stays, so that Enter reverses the order.
    focused = browser.switch_to.active_element
    assert focused.text == "Team"
    focused.send_keys(Keys.ENTER)
    wait_for(browser, lambda: "order=desc" in browser.current_url)
    assert names_of(browser) == sorted(usual, key=str.casefold, reverse=True)
    browser.back()
    wait_for(browser, lambda: names_of(browser) == sorted(usual, key=str.casefold))


def test_standings_come_alive_without_a_reload(browser, before, traffic):
    browser.get(before.url)
    browser.execute_script("window.stayed = true")

    def lookups():
        """Return the script's requests, after that of the page itself."""
        requests = traffic.requests()
        return [request for request in requests if request["url"].rstrip("/") == before.url][1:]

    wake(browser)
    wait_for(browser, lambda: [request["status"] for request in lookups()][:1] == [200])
    wake(browser)
    wait_for(browser, lambda: [request["status"] for request in lookups()][1:2] == [304])
    assert "If-None-Match" in lookups()[1]["headers"]
    team = before.story.teams["KU Stats 401"]
    submit_file(before.board, team.number, before.story.author.write_labels())
    row = f'tr[data-team="{team.number}"]'
    wake(browser)
    wait_for(browser, lambda: find(browser, f"{row} .rank").text == "1")
    assert "changed" in find(browser, row).get_attribute("class")
    news = find(browser, "#news")
    assert news.get_attribute("role") == "status"  # polite
    assert "KU Stats 401 is at rank 1" in news.get_attribute("textContent")
    assert browser.execute_script("return window.stayed") is True


def test_a_team_chooses_its_final_selections(browser, before):
    team, token = before.story.teams["nightshift"], before.story.tokens["nightshift"]
    browser.get(f"{before.url}/team")
    find(browser, "#token").send_keys(token + Keys.ENTER)
    assert sees(browser, "h1", "nightshift")
    numbers = [submission.number for submission in team_history(before.board, team.number)]
    assert token not in browser.page_source
    for number in numbers[1:3]:
        box = find(browser, f'input[value="{number}"]')
        box.send_keys(Keys.SPACE)
        assert box.is_selected()
    assert not find(browser, "#token").is_displayed()  # known since the first form
    find(browser, ".confirm button[type=submit]").click()
    assert sees(browser, ".note[role=status]", "Saved. Your final selection:")
    assert selected_numbers(before.board, team.number) == sorted(numbers[1:3])
    checked = browser.find_elements(By.CSS_SELECTOR, "input:checked")
    assert {box.get_attribute("value") for box in checked} == {str(n) for n in numbers[1:3]}
    assert browser.get_cookies() == []
    browser.refresh()  # sends nothing again
    assert sees(browser, "h1", "Your team")
    assert find(browser, "#token").is_displayed()  # it was not to be kept


def test_a_token_is_typed_once_if_the_reader_wants_that(browser, before, tmp_path):
    name = "Tariff Engineers"
    team, token = before.story.teams[name], before.story.tokens[name]
    browser.get(f"{before.url}/team")
    find(browser, "#token").send_keys(token)
    find(browser, ".keeping input").click()
    find(browser, "form button[type=submit]").click()
    assert sees(browser, "h1", name)
    browser.get(f"{before.url}/submit")
    assert sees(browser, ".quota", f"{name}: 5 files left; more from")
    assert not find(browser, "#token").is_displayed()
    find(browser, "#note").send_keys("a forest, seed 3")
    find(browser, "#file").send_keys(str(before.story.author.write(0.5, 8, "mine.csv")))
    find(browser, "form button[type=submit]").click()
    assert sees(browser, "h1", "is in")
    n_before = len(team_history(before.board, team.number))
    browser.refresh()
    assert sees(browser, ".quota", "4 files left")
    browser.get(f"{before.url}/team")  # shown at once
    assert sees(browser, "h1", name)
    assert sees(browser, ".history", "a forest, seed 3")
    browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    newest = team_history(before.board, team.number)[0]
    find(browser, f'.history button[value="{newest.number}"]').click()
    path = tmp_path / f"submission-{newest.number}.csv"
    wait_for(browser, path.exists)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == newest.sha256
    assert len(team_history(before.board, team.number)) == n_before
    assert token not in browser.page_source
    find(browser, "#members .keeping button").click()  # forget it
    assert find(browser, "#token").is_displayed()
    browser.get(f"{before.url}/team")
    assert sees(browser, "h1", "Your team")
    assert find(browser, "#token").get_attribute("value") == ""


def test_without_scripts_a_selection_is_never_sent_again(browser, before):
    team, token = before.story.teams["gradient.descent"], before.story.tokens["gradient.descent"]
    number = team_history(before.board, team.number)[0].number
    with without_scripts(browser):
        browser.get(f"{before.url}/team")
        find(browser, "#token").send_keys(token + Keys.ENTER)
        assert sees(browser, "h1", "gradient.descent")
        find(browser, f'input[value="{number}"]').click()
        find(browser, "#token").send_keys(token + Keys.ENTER)
        assert sees(browser, ".note[role=status]", f"Saved. Your final selection: {number}.")
        assert "/answer/" in browser.current_url
        select_submissions(before.board, team.number, [])
        browser.refresh()
        assert sees(browser, "h1", "gradient.descent")
        assert selected_numbers(before.board, team.number) == []


@pytest.fixture(scope="module")
def crowd(browser, edition_path, tmp_path_factory, author) -> Iterator[SimpleNamespace]:
    """Two hundred teams on the first day."""
    folder = tmp_path_factory.mktemp("crowd")
    until = OPENS + timedelta(hours=9)
    story = make_up_board(folder, edition_path, until=until, pace=0.1, author=author)
    add_crowd(story)
    with served(story) as url:
        yield SimpleNamespace(story=story, url=url, board=story.board)
    story.board.close_connections()


def shown_names(browser) -> list[str]:
    return texts_of(browser, "#board tr[data-team]:not([hidden]) .name")


def test_the_own_team_is_marked_and_always_visible(browser, crowd):
    rows = public_standings(crowd.board).rows
    own = rows[120]
    browser.get(crowd.url)
    assert shown_names(browser) == [row.team for row in rows[:20]]
    find(browser, "#filter").send_keys(own.team.lower()[:-1])  # with nine others
    wait_for(browser, lambda: own.team in shown_names(browser))
    assert 1 <= len(shown_names(browser)) <= 10
    assert find(browser, "#filter-hint").text == f"{len(shown_names(browser))} teams"
    star = find(browser, f'tr[data-team="{own.team_number}"] .star')
    star.send_keys(Keys.ENTER)
    assert star.get_attribute("aria-pressed") == "true"
    browser.get(crowd.url)  # kept
    top = [row.team for row in rows[:20]]
    wait_for(browser, lambda: shown_names(browser) == [*top, own.team])
    assert "mine" in find(browser, f'tr[data-team="{own.team_number}"]').get_attribute("class")
    assert "all=1" not in browser.current_url
    find(browser, "#more a").click()
    wait_for(browser, lambda: len(shown_names(browser)) == len(rows))
    assert browser.current_url.endswith("all=1")
    find(browser, "th a[href*='sort=team']").click()
    wait_for(browser, lambda: "sort=team" in browser.current_url)
    assert len(shown_names(browser)) == len(rows)
    find(browser, "#sizes [data-size=top]").click()
    in_order = sorted(row.team for row in rows)
    wait_for(browser, lambda: shown_names(browser)[:20] == in_order[:20])
    find(browser, f'tr[data-team="{own.team_number}"] .star').click()  # no longer
    wait_for(browser, lambda: shown_names(browser) == in_order[:20])
    show_as(browser, PHONE)
    assert browser.execute_script(FAULTS) == []


def test_times_are_local_too(browser, crowd):
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Seoul"})
    try:
        browser.get(f"{crowd.url}/about")
        assert "27 Apr 2026, 23:59 UTC (28 Apr, 08:59 here)" in find(browser, "main").text
    finally:
        browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


def test_everything_works_without_scripts(browser, before):
    with without_scripts(browser):
        browser.get(before.url)
        usual = names_of(browser)
        find(browser, "th a[href*='sort=team']").click()
        wait_for(browser, lambda: "sort=team" in browser.current_url)
        assert names_of(browser) == sorted(usual, key=str.casefold)
        assert find(browser, "svg.chart.wide").is_displayed()
        path = before.story.author.write(0.2, 6, "mine.csv")
        fill_form(browser, before.url, before.story.tokens["Team 17"], path)
        assert sees(browser, "h1", "is in")


def test_after_the_close(browser, after):
    browser.get(after.url)
    finals = final_standings(after.board)
    winner = finals.rows[0]
    assert find(browser, ".winner").text == winner.team
    assert names_of(browser) == [row.team for row in finals.rows]
    assert find(browser, "svg.slopes.wide").is_displayed()
    assert len(browser.find_elements(By.CSS_SELECTOR, ".schemes tbody tr")) == 12
    find(browser, "th a[href*='sort=shake']").send_keys(Keys.ENTER)
    wait_for(browser, lambda: "sort=shake" in browser.current_url)
    by_shake = sorted(finals.rows, key=lambda row: -row.shake_up)
    assert names_of(browser) == [row.team for row in by_shake]
    assert find(browser, "a[download]").get_attribute("href").endswith("/reveal.json.gz")


def test_a_page_says_when_it_is_stale(browser, before, tmp_path):
    story = copy_of(before.story, tmp_path / "board")
    with served(story) as url:
        browser.get(url)
        assert browser.execute_script("return document.querySelector('[data-stale]')") is None
    wake(browser)  # the server is gone
    wait_for(browser, lambda: find(browser, "[data-stale]"))
    note = "return getComputedStyle(document.getElementById('phase'), '::after').content"
    assert "no connection" in browser.execute_script(note)
    story.board.close_connections()
    assert any("ERR_CONNECTION" in text for text in complaints_of(browser))


def test_the_page_reloads_when_the_competition_closes(browser, before, tmp_path):
    story = copy_of(before.story, tmp_path / "board")
    with served(story) as url:
        browser.get(url)
        assert find(browser, ".phase").text == "Open"
        story.clock.at = CLOSES + timedelta(days=1)
        close_competition(story.board, n_replicates=20)
        wake(browser)
        wait_for(browser, lambda: find(browser, "h2").text == "Final standings")
    story.board.close_connections()


def test_hostile_texts_do_nothing(browser, before):
    """Names have a safe alphabet; the page does not rely on it."""
    team = before.story.teams["Rotterdam_Gate"]

    def rename(name):
        with before.board.database.writing() as session:
            session.execute(update(Team).where(Team.number == team.number).values(name=name))

    rename(HOSTILE)
    try:
        browser.get(before.url)
        assert HOSTILE in names_of(browser)
        submit_file(before.board, team.number, before.story.author.write(0.95, 7))
        wake(browser)  # the script writes the name into the page, too
        wait_for(browser, lambda: HOSTILE in find(browser, "#news").get_attribute("textContent"))
        browser.get(f"{before.url}/team")
        find(browser, "#token").send_keys(before.story.tokens["Rotterdam_Gate"] + Keys.ENTER)
        assert sees(browser, "h1", HOSTILE)
        assert browser.execute_script("return window.hacked") is None
        assert browser.find_elements(By.CSS_SELECTOR, "img[src='x']") == []
    finally:
        rename("Rotterdam_Gate")


@pytest.fixture(scope="module")
def bad_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("bad") / "bad.csv"
    path.write_text("Declaration ID,Fraud Score\n1,high\n2,\n")
    return path


def visit_all(browser, before, after, bad_file):
    """Visit every kind of page; yields its name."""
    for side, path in (
        (before, "/"), (after, "/"), (before, "/submit"), (before, "/team"), (before, "/about"),
        (before, "/log"), (before, "/nowhere"), (before, "/register"), (before, "/join"),
        (after, "/overview"), (after, "/rules"), (after, "/data"),
    ):  # fmt: skip
        browser.get(side.url + path)
        yield f"{path} {'after' if side is after else 'before'}"
    for side in (before, after):
        browser.get(f"{side.url}/team")
        find(browser, "#token").send_keys(side.story.tokens["nightshift"] + Keys.ENTER)
        assert sees(browser, "h1", "nightshift")
        yield "own team"
    fill_form(browser, before.url, before.story.tokens["HS6"], bad_file)
    assert sees(browser, "h1", "Not accepted")
    yield "refused"


def test_pages_fit_and_can_be_read(browser, before, after, bad_file):
    grounds = set()
    for page in visit_all(browser, before, after, bad_file):
        for size, scheme in SCREENS:
            show_as(browser, size, scheme)
            assert browser.execute_script(FAULTS) == [], f"{page}, {size}, {scheme}"
            grounds.add(browser.execute_script(GROUND))
    assert len(grounds) == 2  # light and dark


def test_paper_is_white_and_has_no_forms(browser, before, after):
    show_as(browser, DESKTOP, "dark", medium="print")
    for side in (before, after):
        browser.get(side.url)
        assert browser.execute_script(FAULTS) == []
        assert browser.execute_script(GROUND) == "rgb(255, 255, 255)"
        assert not find(browser, "header nav").is_displayed()
    browser.get(f"{before.url}/submit")
    assert not find(browser, "form").is_displayed()


def test_a_phone_shows_what_matters(browser, before):
    show_as(browser, PHONE)
    browser.get(before.url)
    row = public_standings(before.board).rows[0]
    text = find(browser, f'tr[data-team="{row.team_number}"]').text
    assert row.team in text
    assert f"{row.score:.3f}" in text
    assert f"{row.n_submissions} submissions" in text
    assert find(browser, ".phone-sort").is_displayed()
    assert find(browser, "svg.chart.narrow").is_displayed()
    assert not find(browser, "svg.chart.wide").is_displayed()
    # Tap targets on lines of their own are at least 24 px high (WCAG 2.5.8).
    heights = "return [...document.querySelectorAll('nav a, button, .phone-sort a, .sort')]"
    heights += ".filter((e) => e.checkVisibility()).map((e) => e.getBoundingClientRect().height)"
    assert min(browser.execute_script(heights)) >= 24


def test_keyboards_can_skip_and_see_where_they_are(browser, before):
    browser.get(before.url)
    browser.execute_script("window.stayed = true")
    find(browser, "body").send_keys(Keys.TAB)
    skip = find(browser, ".skip")
    wait_for(browser, lambda: browser.switch_to.active_element == skip)
    assert skip.text == "Skip to content"
    assert skip.rect["y"] >= 0
    style = "return getComputedStyle(document.activeElement).outlineStyle"
    assert browser.execute_script(style) == "solid"
    skip.send_keys(Keys.ENTER)
    focused = "return document.activeElement.id"
    wait_for(browser, lambda: browser.execute_script(focused) == "content")
    assert browser.execute_script("return window.stayed") is True  # no reload


def test_names_and_roles_are_what_a_screen_reader_needs(browser, before):
    browser.get(before.url)
    tree = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = {
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if not node.get("ignored")
    }
    roles = {role for role, _ in named}
    assert {"banner", "navigation", "main", "contentinfo", "table", "columnheader"} <= roles
    assert any(role == "table" and name.startswith("Teams by laddered") for role, name in named)
    assert ("rowheader", "Busan Harbour Lab") in named or any(
        role == "rowheader" and name.startswith("Busan Harbour Lab") for role, name in named
    )
    assert any(role == "image" and name.startswith("Stair lines") for role, name in named)
    assert ("link", "Skip to content") in named
    browser.get(f"{before.url}/submit")
    tree = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    fields = {
        node["name"]["value"]: node.get("description", {}).get("value", "")
        for node in tree
        if node["role"]["value"] in {"textbox", "button"} and node.get("name")
    }
    assert "The organizer gave it" in fields["Your team's token"]
    assert "Submit" in fields
