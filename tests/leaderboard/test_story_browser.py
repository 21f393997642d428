"""A whole competition in a real Chromium: the organizer's page, and a team of two."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlretrieve

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from chromium import DESKTOP, FAULTS, PHONE, complaints_of, show_as, start_or_skip
from customs_leaderboard.organizing.announcements import read_announcements
from customs_leaderboard.standings.close import close_competition, reveal_labels
from customs_leaderboard.standings.final import final_standings
from customs_leaderboard.standings.public import team_history
from customs_leaderboard.store.audit_log import read_entries
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.codes import renew_code
from customs_leaderboard.teams.joining import invite
from customs_leaderboard.teams.roster import import_teams
from customs_leaderboard.verification.published import verify_evidence
from real_server import running

NAME = "김앤장 데이터 탐험대"


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    driver = start_or_skip()
    yield driver
    driver.quit()


@pytest.fixture
def database_url() -> None:
    """SQLite; the pages are the same on both databases."""
    return


class Reader:
    """Somebody in front of a browser."""

    def __init__(self, browser: webdriver.Chrome, url: str) -> None:
        self._browser = browser
        self._url = url

    def go(self, path: str) -> None:
        """Open a page."""
        self._browser.get(self._url + path)

    def find(self, selector: str) -> WebElement:
        """Return an element."""
        return self._browser.find_element(By.CSS_SELECTOR, selector)

    def wait(self, condition: Callable[[], object]) -> None:
        """Wait until a condition is true; elements may be missing while a page loads."""
        waiting = WebDriverWait(self._browser, 30, 0.05, ignored_exceptions=[WebDriverException])
        waiting.until(lambda _: condition())

    def see(self, text: str) -> None:
        """Wait until the page contains a text."""
        self.wait(lambda: text in self.find("main").text)

    def open_until(self, path: str, text: str) -> None:
        """Open a page until it contains a text; a page may come from a cache for seconds."""

        def opens() -> bool:
            self.go(path)
            return text in self.find("main").text

        self.wait(opens)

    def write(self, **fields: str) -> None:
        """Write into fields by their ID."""
        for name, text in fields.items():
            field = self.find(f"#{name.replace('_', '-')}")
            if field.get_attribute("type") != "file":
                field.clear()
            field.send_keys(text)

    def send(self, action: str) -> None:
        """Send a form."""
        self.find(f"form[action='{action}'] [type=submit]:not([tabindex])").click()

    def check_looks(self) -> None:
        """Check that the page fits a desk and a dark phone, and that its texts can be read."""
        for size, scheme in ((PHONE, "dark"), (DESKTOP, "light")):
            show_as(self._browser, size, scheme)
            assert self._browser.execute_script(FAULTS) == []

    def begin(self, path: str, token: str) -> None:
        """Type a token, to be kept in the tab."""
        self.go(path)
        self.write(token=token)
        self.find(".keeping input").click()
        self.send(path)


def actions_of(board) -> list[str]:
    with board.database.reading() as session:
        return [entry.action for entry in read_entries(session)]


def test_a_competition_from_the_import_of_200_teams_to_its_evidence(
    browser, board, clock, make_file, make_winner, edition_path, tmp_path
):
    table = tmp_path / "teams.csv"
    names = [*(f"Student {i}" for i in range(1, 200)), "فريق الجمارك السعودية في ميناء جدة"]
    table.write_text("\n".join(["team", *names]))
    organizer = renew_code(board, "organizer", "organizer token made")
    with running(board) as server:
        tokens = import_teams(board, table, tmp_path / "tokens.csv", public_url=server.url)
        assert len(tokens) == 200
        for number in range(197, 201):
            submit_file(board, number, make_file(number, 0.4))
        reader = Reader(browser, server.url)
        complaints_of(browser)

        team_takes_part(reader, browser, board, make_winner)
        organizer_acts(reader, browser, board, organizer)

        clock.forward(days=40)
        close_competition(board, n_replicates=20)
        reader.open_until("/", "Final standings")
        finals = final_standings(board)
        assert reader.find(".winner").text == finals.rows[0].team == NAME
        assert {row.team for row in finals.rows} == {NAME, names[-1], names[-2]}
        reader.check_looks()
        reveal_labels(board)
        reader.open_until("/", "Download the reveal")
        for kind in ("reveal.json.gz", "evidence.zip"):  # as a stranger
            link = reader.find(f"a[href$='/{kind}']").get_attribute("href")
            urlretrieve(link, tmp_path / kind)
        assert complaints_of(browser) == []
    shutil.copytree(edition_path / "public", tmp_path / "public")
    report = verify_evidence(
        tmp_path / "evidence.zip", tmp_path / "public", tmp_path / "reveal.json.gz"
    )
    assert report.findings == []


def team_takes_part(reader: Reader, browser, board, make_winner: Callable[..., Path]) -> None:
    """Register, invite a second member, who sends two files with notes and selects one."""
    _, code = invite(board)
    reader.go(f"/register#{code}")
    reader.wait(lambda: reader.find("#code").get_attribute("value") == code)
    reader.write(team=NAME, member="지민")
    reader.send("/register")
    reader.see("Welcome, 지민")
    reader.check_looks()
    first = reader.find("pre[data-copy]").text
    reader.begin("/team", first)
    reader.see("Nothing sent yet.")
    reader.send("/team/members")
    reader.see("Send this link to one person")
    link = reader.find("#members pre[data-copy]").text
    reader.find("#members .keeping button").click()  # the next one has another computer

    reader.go(link[link.index("/join") :])
    reader.wait(lambda: reader.find("#code").get_attribute("value"))
    reader.write(member="Zoë")
    reader.send("/join")
    reader.see("Welcome, Zoë")
    reader.begin("/team", reader.find("pre[data-copy]").text)
    reader.see("Nothing sent yet.")
    for seed, note in ((11, "first forest"), (12, "second forest")):
        reader.go("/submit")
        reader.write(note=note, file=str(make_winner(seed)))
        reader.send("/submit")
        reader.see("is in")
    reader.go("/team")
    reader.see("second forest")
    number = team_history(board, 201)[0].number
    reader.find(f'input[value="{number}"]').send_keys(Keys.SPACE)
    reader.send("/team/select")
    reader.see(f"Saved. Your final selection: {number}.")
    assert reader.find(".history").text.count("Zoë") == 2  # each row names its sender once
    reader.check_looks()
    reader.open_until("/", NAME)
    assert reader.find("#board tr[data-team] .name").text == NAME
    reader.check_looks()
    reader.find("nav a[href='/team']").click()
    reader.see("Zoë")
    reader.find("#members .keeping button").click()


def organizer_acts(reader: Reader, browser, board, token: str) -> None:
    """Announce, extend, disable and enable, strike, with one entry of the token."""

    def done(text: str) -> None:
        reader.see(text)
        reader.see("Submissions by hour")  # loaded with the token that the page knows

    reader.go("/admin")
    reader.write(token=token)
    reader.send("/admin")
    reader.see("Submissions by hour")
    reader.check_looks()
    reader.write(announce_text="Hello **teams**")
    reader.send("/admin/announce")
    done("The announcement is published.")
    reader.write(extend_closes="+1d", extend_reason="the server was down")
    reader.send("/admin/extend")
    done("The deadline is extended.")
    for radio, shown, answer in (
        ("disable", "Student 199", "The team is disabled."),
        ("enable", "Student 199 (disabled)", "The team takes part again."),
        ("disable", "Student 198", "The team is disabled."),
    ):
        Select(reader.find("#team-number")).select_by_visible_text(shown)
        reader.find(f"input[value={radio}]").click()
        reader.write(team_reason="two accounts")
        reader.send("/admin/team")
        done(answer)
    reader.write(submission_number="1", submission_reason="a copy")
    reader.find("input[value=strike]").click()
    reader.send("/admin/submission")
    done("The submission is struck.")
    assert browser.execute_script("return sessionStorage.length") == 0
    assert token not in browser.page_source
    browser.refresh()  # nothing was kept, and nothing is done again
    reader.see("The organizer's token")
    with board.database.reading() as session:
        assert [one.text for one in read_announcements(session)] == ["Hello **teams**"]
    actions = actions_of(board)
    for action in ("submission struck", "announcement made", "deadline extended", "team enabled"):
        assert actions.count(action) == 1
    assert actions.count("team disabled") == 2
    reader.open_until("/news", "Hello teams")
