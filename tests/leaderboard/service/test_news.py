"""News on the pages, in the feed and in the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from customs_leaderboard.organizing.announcements import announce, withdraw
from customs_leaderboard.service import answers
from customs_leaderboard.service.pages.markdown import short_markdown
from customs_leaderboard.standings.close import close_competition, extend_deadline

ATOM = "{http://www.w3.org/2005/Atom}"


def entries_of(client):
    """Return the feed's entries, after a check of what RFC 4287 asks of every feed."""
    response = client.get("/feed.xml")
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(response.content)
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    for element in (feed, *entries):
        assert element.findtext(f"{ATOM}id").startswith("urn:uuid:")
        assert element.findtext(f"{ATOM}title")
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated")).utcoffset() is not None
        assert element.find(f"{ATOM}link[@rel='alternate']") is not None
    ids = [element.findtext(f"{ATOM}id") for element in (feed, *entries)]
    assert len(set(ids)) == len(ids)
    updated = [entry.findtext(f"{ATOM}updated") for entry in entries]
    assert updated == sorted(updated, reverse=True)
    return entries


def titles_of(client):
    return [entry.findtext(f"{ATOM}title") for entry in entries_of(client)]


def test_the_newest_announcement_is_on_top_of_the_page_and_all_are_on_news(client, board):
    assert "no announcement yet" in client.get("/news").text
    announce(board, "First <b>news</b>.")
    newest = announce(board, "Second **news**.")
    client.app.state.answers.expire()
    home, news = client.get("/").text, client.get("/news").text
    assert "Second <strong>news</strong>." in home
    assert "First" not in home
    assert news.index("Second") < news.index("First &lt;b&gt;news&lt;/b&gt;.")
    answer = answers.AnnouncementsAnswer(**client.get("/api/v1/announcements").json())
    assert [one.text for one in answer.announcements] == ["Second **news**.", "First <b>news</b>."]
    withdraw(board, newest.number)
    client.app.state.answers.expire()
    assert "Second" not in client.get("/").text + client.get("/news").text
    assert "Second" in client.get("/log").text


def test_the_feed_has_announcements_deadline_and_close(client, board, clock):
    assert entries_of(client) == []
    announcement = announce(board, "The *data* is out & complete.")
    extend_deadline(board, board.competition.closes + timedelta(days=1), "a holiday")
    client.app.state.answers.expire()
    extension, news = entries_of(client)
    assert news.findtext(f"{ATOM}title") == "The data is out & complete."
    assert news.findtext(f"{ATOM}content") == "<p>The <em>data</em> is out &amp; complete.</p>\n"
    assert news.find(f"{ATOM}link").get("href") == f"/news#announcement-{announcement.number}"
    assert extension.findtext(f"{ATOM}title") == "The deadline is now 2026-04-01T00:00:00Z"
    assert extension.findtext(f"{ATOM}content") == "a holiday"
    withdraw(board, announcement.number)
    close_competition(board, early=True, n_replicates=10)
    client.app.state.answers.expire()
    assert titles_of(client) == ["The competition is closed", extension.findtext(f"{ATOM}title")]


def test_the_feed_names_no_host_that_a_client_sent(client, board):
    announce(board, "News.")
    content = client.get("/feed.xml", headers={"Host": "evil.example"}).text
    assert "evil.example" not in content
    assert 'href="/feed.xml"' in content


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo\n\nthree", "<p>one\ntwo</p>\n<p>three</p>"),
        ("* a\n* `b`", "<ul>\n<li>a</li>\n<li><code>b</code></li>\n</ul>"),
        ("[x](https://a.b)", '<p><a href="https://a.b">x</a></p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](JavaScript&colon;alert(1))", "<p>[x](JavaScript:alert(1))</p>"),
        ("[x](data:text/html,1)", "<p>[x](data:text/html,1)</p>"),
        ('[x](https://a.b "t" onclick=1)', "<p>[x](https://a.b &quot;t&quot; onclick=1)</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("# no heading", "<p># no heading</p>"),
        ("![x](https://a.b/c.png)", '<p>!<a href="https://a.b/c.png">x</a></p>'),
    ],
)
def test_markdown_is_safe(text, html):
    assert short_markdown(text).strip() == html
