"""The organizer's page in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from chromium import DESKTOP, FAULTS, PHONE, complaints_of, show_as, start_or_skip
from customs_leaderboard.organizing.announcements import read_announcements
from customs_leaderboard.store.audit_log import read_entries
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.codes import renew_code
from customs_leaderboard.teams.teams import add_team
from real_server import running


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    driver = start_or_skip()
    yield driver
    driver.quit()


@pytest.fixture
def database_url() -> None:
    """SQLite; the page is the same on both databases."""
    return


def test_an_organizer_announces_and_strikes_with_one_entry_of_the_token(browser, board, make_file):
    team, _ = add_team(board, "Busan")
    submit_file(board, team.number, make_file(1))
    token = renew_code(board, "organizer", "organizer token made")

    def see(text: str) -> None:
        def is_seen(_driver: webdriver.Chrome) -> bool:
            return text in browser.find_element(By.TAG_NAME, "main").text

        WebDriverWait(browser, 30, ignored_exceptions=[WebDriverException]).until(is_seen)

    def send(action: str) -> None:
        browser.find_element(By.CSS_SELECTOR, f"form[action='{action}'] [type=submit]").click()

    def write(field: str, text: str) -> None:
        browser.find_element(By.ID, field).send_keys(text)

    with running(board) as server:
        browser.get(f"{server.url}/admin")
        complaints_of(browser)
        write("token", token)
        send("/admin")
        see("Submissions by hour")
        for size, scheme in ((DESKTOP, "light"), (PHONE, "dark")):
            show_as(browser, size, scheme)
            assert browser.execute_script(FAULTS) == []
        show_as(browser, DESKTOP)
        write("announce-text", "Hello **teams**")
        send("/admin/announce")
        see("The announcement is published.")
        see("Submissions by hour")
        write("submission-number", "1")
        write("submission-reason", "a copy")
        browser.find_element(By.CSS_SELECTOR, "input[value=strike]").click()
        send("/admin/submission")
        see("The submission is struck.")
        see("Submissions by hour")
        assert browser.execute_script("return sessionStorage.length") == 0
        assert token not in browser.page_source
        assert complaints_of(browser) == []
        browser.refresh()  # nothing was kept, and nothing is done again
        see("The organizer's token")
    with board.database.reading() as session:
        assert [one.text for one in read_announcements(session)] == ["Hello **teams**"]
        actions = [entry.action for entry in read_entries(session)]
    assert actions.count("submission struck") == actions.count("announcement made") == 1
