"""The public part of the audit log."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from customs_leaderboard.board import Board
from customs_leaderboard.service.caching import cached_response
from customs_leaderboard.service.pages.rendering import HTML, render
from customs_leaderboard.store.audit_log import PUBLIC_ACTIONS, Entry, head_hash, read_entries

#: Names of details that are not readable as they are in the log.
_NAMES: Final = {
    "max_upload_mib": "largest file (MiB)",
    "n_selections": "final selections",
}

router = APIRouter()


@router.api_route("/log", methods=["GET", "HEAD"])
async def show_log(request: Request) -> Response:
    """Show the organizer's actions."""
    return await cached_response(request, "page log", make_log, HTML)


def make_log(board: Board) -> bytes:
    """Return the page."""
    with board.database.reading() as session:
        entries = read_entries(session, actions=PUBLIC_ACTIONS)
        head = head_hash(session)
    return render(board, "log.html", entries=[(e, _details(e)) for e in entries], head=head)


def _details(entry: Entry) -> list[tuple[str, Any]]:
    return [(_NAMES.get(name, name.replace("_", " ")), x) for name, x in entry.details.items()]
