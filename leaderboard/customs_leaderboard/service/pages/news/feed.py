"""News of a competition as an Atom feed (RFC 4287)."""

from __future__ import annotations

import uuid
from typing import Final
from xml.etree import ElementTree as ET

from sqlalchemy.orm import Session

from customs_leaderboard.contest import Contest
from customs_leaderboard.organizing.announcements import read_announcements
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.service.pages.markdown import first_line, short_markdown
from customs_leaderboard.store.actions import ANNOUNCED
from customs_leaderboard.store.audit_log import Entry, read_entries
from customs_leaderboard.store.schema import UtcTime

MEDIA_TYPE: Final = "application/atom+xml; charset=utf-8"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_BEGINNING: Final = "competition made"
#: Title of an entry by action; details of the entry fill the gaps.
_TITLES: Final = {
    ANNOUNCED: "Announcement",
    "deadline extended": "The deadline is now {new}",
    "competition closed": "The competition is closed",
    "labels revealed": "The labels are revealed",
    "team disabled": "Team {name} is disabled",
    "team enabled": "Team {name} takes part again",
    "submission struck": "Submission {submission} of {name} is struck",
    "submission restored": "Submission {submission} of {name} counts again",
    "solution replaced": "The solution was replaced",
}
_N_ENTRIES: Final = 50
ET.register_namespace("", _ATOM)


def make_feed(board: Contest, public_url: str | None) -> bytes:
    """Return the feed, newest entry first.

    Parameters
    ----------
    board : Contest
        The competition.
    public_url : str or None
        Address of the site; without it links are relative to the feed's own address.
    """
    with board.database.reading() as session:
        entries = _news(session)
        (made,) = read_entries(session, actions=(_BEGINNING,))[-1:]
    base = "" if public_url is None else public_url.rstrip("/")
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _add(feed, "id", _urn(made, made))
    _add(feed, "title", f"{board.competition.title}: news")
    _add(feed, "updated", show_time((entries or [made])[0].at))
    _add(_add(feed, "author"), "name", "The organizer")
    _add(feed, "link", rel="self", href=f"{base}/feed.xml", type="application/atom+xml")
    _add(feed, "link", rel="alternate", href=f"{base}/news", type="text/html")
    for entry in entries:
        _add_entry(feed, made, entry, base)
    content: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return content


def _news(session: Session) -> list[Entry]:
    """Return entries of the log that are news, without withdrawn announcements."""
    published = {announcement.number for announcement in read_announcements(session)}
    entries = read_entries(session, actions=tuple(_TITLES))
    news = [e for e in entries if e.action != ANNOUNCED or e.sequence in published]
    return news[:_N_ENTRIES]


def _add_entry(feed: ET.Element, made: Entry, entry: Entry, base: str) -> None:
    is_announcement = entry.action == ANNOUNCED
    page = f"/news#announcement-{entry.sequence}" if is_announcement else "/log"
    element = _add(feed, "entry")
    _add(element, "id", _urn(made, entry))
    title = _TITLES[entry.action].format_map(_Details(entry.details))
    _add(element, "title", first_line(entry.details["text"]) if is_announcement else title)
    _add(element, "updated", show_time(entry.at))
    _add(element, "link", rel="alternate", href=f"{base}{page}", type="text/html")
    if is_announcement:
        _add(element, "content", str(short_markdown(entry.details["text"])), type="html")
    else:
        _add(element, "content", entry.details.get("reason") or "See the log.", type="text")


class _Details(dict[str, object]):
    """Details of an entry; a missing one reads as a dash."""

    def __missing__(self, key: str) -> str:
        return "-"


def _urn(made: Entry, entry: Entry) -> str:
    """Return an address that names an entry of a competition for ever, wherever the site is."""
    name = made.details.get("edition", made.details["commitment"])  # a season has no edition
    competition = f"{name} {UtcTime.as_text(made.at)}"
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{competition} {entry.sequence}").urn


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    element.text = text
    return element
