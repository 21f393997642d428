"""The organizer's pages in Markdown."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from customs_data.errors import KitError
from customs_leaderboard.publishing.board_pages import page_names, read_folder, write_pages
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.pages.markdown import long_markdown
from customs_leaderboard.standings.close import extend_deadline
from customs_leaderboard.store.backup import write_backup
from customs_leaderboard.store.restore import restore_backup

NAMES = ["overview", "rules", "data", "contact"]


@pytest.fixture
def board(board_of):
    board = board_of(contact="board@example.org")
    write_pages(board)
    return board


def test_the_templates_are_filled_in(client, board):
    texts = {name: client.get(f"/{name}").text for name in NAMES}
    assert board.competition.title in texts["overview"]
    assert board.manifest.commitment in texts["overview"]
    assert "Limits of this platform" not in texts["overview"]
    assert "5 per team and day (UTC)" in texts["rules"]
    assert "precision@5" in texts["rules"]
    assert '<a href="/edition/train.csv">' in texts["data"]
    assert "style=" not in texts["data"]
    assert '<a href="mailto:board@example.org">' in texts["contact"]
    for text in texts.values():
        assert '<a href="/contact"' in text
        assert "$" not in text
    assert (board.folder.pages / "rules.md").stat().st_mode & 0o777 == 0o600


def test_a_new_deadline_shows_at_once(client, board):
    old = client.get("/rules").text
    extend_deadline(board, board.competition.closes.replace(day=31, hour=12), "more time")
    assert "31 Mar 2026, 12:00 UTC" not in old
    assert "31 Mar 2026, 12:00 UTC" in client.get("/rules").text


def test_a_changed_file_shows_at_once(client, board):
    path = board.folder.pages / "rules.md"
    path.write_text(
        "# Prizes\n\n$100 for the **best** <script>alert(1)</script>, $unknown, $closes"
    )
    text = client.get("/rules").text
    assert "<h1>Prizes</h1>" in text
    assert "$100 for the <strong>best</strong> &lt;script&gt;" in text
    assert "$unknown, 31 Mar 2026" in text
    path.unlink()
    assert client.get("/rules").status_code == 404
    assert page_names(board) == ["overview", "data", "contact"]
    assert write_pages(board) == ["rules"]
    assert write_pages(board) == []


@pytest.mark.parametrize("damage", ["encoding", "size", "folder", "link"])
def test_a_file_that_cannot_be_read_is_named(client, board, damage):
    path = board.folder.pages / "rules.md"
    path.unlink()
    if damage == "encoding":
        path.write_bytes(b"\xff\xfe")
    elif damage == "size":
        path.write_text("x" * (1 << 19))
    elif damage == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")
    answer = client.get("/rules")
    assert answer.status_code == 503
    assert "pages/rules.md cannot be read" in answer.text
    assert str(board.folder.root) not in answer.text
    with pytest.raises(KitError, match=r"rules\.md"):
        write_pages(board)
    assert client.get("/overview").status_code == 200


@pytest.mark.parametrize(
    "text",
    ["[x](javascript:alert(1))", "[x](data:text/html,x)", "[x](file:///etc/passwd)", "<b>x</b>",
     "![x](https://example.org/x.png)", "<javascript:alert(1)>", "[x](vbscript:x)"],
)  # fmt: skip
def test_only_safe_html_comes_out(text):
    html = long_markdown(text)
    assert "<b>" not in html
    assert "<img" not in html
    assert "href" not in html or "example.org" in html


def test_boards_without_pages_are_as_they_were(board_of):
    client = TestClient(make_app(board_of()))
    assert client.get("/rules").status_code == 404
    assert '<a href="/about"' in client.get("/").text
    assert "Scoring and dates" not in client.get("/about").text


def test_without_a_contact_there_is_no_such_page(board_of):
    board = board_of()
    assert sorted(write_pages(board)) == sorted(NAMES)
    assert page_names(board) == NAMES[:-1]


def test_own_texts_are_copied(board_of, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    with pytest.raises(KitError, match="has no pages"):
        read_folder(own)
    (own / "rules.md").write_text("# Ours\n")
    board = board_of()
    write_pages(board, read_folder(own))
    assert (board.folder.pages / "rules.md").read_text() == "# Ours\n"
    assert (board.folder.pages / "data.md").exists()
    (own / "prizes.md").write_text("x")
    with pytest.raises(KitError, match=r"has prizes\.md"):
        read_folder(own)


def test_a_backup_has_the_pages(board, tmp_path):
    (board.folder.pages / "rules.md").write_text("# Ours\n")
    write_backup(board, tmp_path / "backup.tar")
    restored = restore_backup(tmp_path / "backup.tar", tmp_path / "restored", clock=board.now)
    restored.close_connections()
    assert (restored.folder.pages / "rules.md").read_text() == "# Ours\n"


def test_the_navigation_marks_the_page(client):
    for name in NAMES:
        text = client.get(f"/{name}").text
        assert '<li><a href="/overview" aria-current="page">About</a></li>' in text
        assert text.count(f'<a href="/{name}" aria-current="page">') == 1 + (name == "overview")
    assert 'aria-current="page">About' in client.get("/about").text
    assert 'aria-current="page">About' not in client.get("/").text
