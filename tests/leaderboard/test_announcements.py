"""Announcements: what may be written, and that the log keeps everything."""

import pytest

from customs_data.errors import KitError
from customs_leaderboard.organizing.announcements import (
    announce,
    check_text,
    read_announcements,
    withdraw,
)
from customs_leaderboard.store.actions import PUBLIC_ACTIONS
from customs_leaderboard.store.audit_log import read_entries, verify_chain


def test_announcements_are_newest_first_until_they_are_withdrawn(board):
    first = announce(board, "The data is out.")
    second = announce(board, "마감이 이틀 연장됩니다.\r\n\r\n* 새 마감: *목요일*")
    assert second.text == "마감이 이틀 연장됩니다.\n\n* 새 마감: *목요일*"
    with board.database.reading() as session:
        assert read_announcements(session) == [second, first]
    assert withdraw(board, second.number) == second
    with board.database.reading() as session:
        assert read_announcements(session) == [first]
        log = read_entries(session, actions=PUBLIC_ACTIONS)
        verify_chain(session)
    assert [entry.action for entry in log[:2]] == ["announcement withdrawn", "announcement made"]
    assert log[0].details["announcement"] == log[1].sequence == second.number
    assert log[1].details["text"] == second.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_an_announcement_on_the_page_can_be_withdrawn(board):
    kept, gone = announce(board, "One."), announce(board, "Two.")
    withdraw(board, gone.number)
    for number in (gone.number, 1, 99):  # withdrawn, another entry of the log, none
        message = f"no announcement {number} to withdraw; on the page: {kept.number}"
        with pytest.raises(KitError, match=message):
            withdraw(board, number)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "has 0 characters"),
        (" \n\t ", "has 0 characters"),
        ("x" * 1001, "has 1,001 characters: write 1 to 1,000"),
        ("a\x00b", r"U\+0000"),
        ("a\u202eb", r"U\+202E"),
        ("a\x1b[31m", r"U\+001B"),
        ("a\ud800", r"U\+D800"),
        ("a\uffff", r"U\+FFFF"),
    ],
)
def test_a_text_that_nobody_could_read_is_refused(text, complaint):
    with pytest.raises(KitError, match=complaint):
        check_text(text)


@pytest.mark.parametrize(
    "text",
    ["x" * 1000, "שלום \u200eCSV\u200e", "می\u200cخواهم", "👩\u200d💻", "通知"],  # noqa: RUF001
)
def test_any_script_is_taken(text):
    assert check_text(f"  {text}\n") == text
