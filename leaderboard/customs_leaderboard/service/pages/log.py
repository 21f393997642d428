"""The public part of the audit log: one line for each action, newest first, details folded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from customs_leaderboard.contest import Contest
from customs_leaderboard.service.caching import cached_response
from customs_leaderboard.service.pages.rendering import HTML, render
from customs_leaderboard.service.text_formats import count, format_moment
from customs_leaderboard.store.actions import PUBLIC_ACTIONS
from customs_leaderboard.store.audit_log import Entry, head_hash, read_entries

#: Names of details that are not readable as they are in the log.
_NAMES: Final = {
    "max_upload_mib": "largest file (MiB)",
    "n_selections": "final selections",
}
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_MOST_LETTERS: Final = 160
#: What an action is about, from its details; others show their reason, text or name.
_ABOUT: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "competition made": lambda d: d.get("title", ""),
    "rules changed": lambda d: ", ".join(map(_words, d)),
    "deadline extended": lambda d: f"to {_plain(d.get('new'))}{_because(d)}",
    "final standings computed": lambda d: count(d["n_teams"], "team") if "n_teams" in d else "",
    "clock ran backwards": lambda d: f"it showed {_plain(d.get('clock'))}",
    "competition restored": lambda d: f"from the backup of {_plain(d.get('made_at'))}",
    "announcement withdrawn": lambda d: f"number {d.get('announcement')}",
    "team disabled": lambda d: f"{d.get('name')}{_because(d)}",
    "team enabled": lambda d: f"{d.get('name')}{_because(d)}",
    "submission struck": lambda d: f"{d.get('submission')} of {d.get('name')}{_because(d)}",
    "submission restored": lambda d: f"{d.get('submission')} of {d.get('name')}{_because(d)}",
    "solution replaced": lambda d: (
        f"{count(d.get('n_submissions', 0), 'submission')} judged again{_because(d)}"
    ),
}

router = APIRouter()


@dataclass(frozen=True)
class Line:
    """An entry with its line: what it is about, and its details by readable name."""

    entry: Entry
    about: str
    details: list[tuple[str, Any]]


@router.api_route("/log", methods=["GET", "HEAD"])
async def show_log(request: Request) -> Response:
    """Show the organizer's actions."""
    return await cached_response(request, "page log", make_log, HTML)


def make_log(board: Contest) -> bytes:
    """Return the page."""
    with board.database.reading() as session:
        entries = read_entries(session, actions=PUBLIC_ACTIONS)
        head = head_hash(session)
    return render(board, "log.html", lines=[_line(entry) for entry in entries], head=head)


def _line(entry: Entry) -> Line:
    about = _ABOUT.get(entry.action, _usual)(entry.details)
    if len(about) > _MOST_LETTERS:
        about = about[: _MOST_LETTERS - 1].rstrip() + "…"
    return Line(entry, about, [(_words(name), _value(x)) for name, x in entry.details.items()])


def _usual(details: dict[str, Any]) -> str:
    return next(
        (str(details[name]) for name in ("reason", "text", "name") if details.get(name)), ""
    )


def _because(details: dict[str, Any]) -> str:
    return f": {details['reason']}" if details.get("reason") else ""


def _words(name: str) -> str:
    return _NAMES.get(name, name.replace("_", " "))


def _plain(value: Any) -> str:
    value = _value(value)
    return format_moment(value) if isinstance(value, datetime) else str(value)


def _listed(entry: Any) -> str:
    """Return an entry of a list, such as a phase, in words: its name, then what is not empty."""
    if not isinstance(entry, dict):
        return _plain(entry)
    rest = [f"{_words(name)} {_plain(x)}" for name, x in entry.items() if x and name != "name"]
    return f"{entry.get('name', '')}: {', '.join(rest)}"


def _value(value: Any) -> Any:
    """Return a detail with its times as such."""
    if isinstance(value, dict):
        return {name: _value(x) for name, x in value.items()}
    if isinstance(value, list):
        return "; ".join(_listed(x) for x in value) or "none"
    if isinstance(value, str) and _TIME.fullmatch(value):
        return datetime.fromisoformat(value)
    return value
