"""Download of the reveal, once the organizer has published it."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.service.access import board_of

#: Path of the download.
PATH: Final = "/reveal.json.gz"

router = APIRouter()


@router.api_route(PATH, methods=["GET", "HEAD"])
def send_reveal(request: Request) -> Response:
    """Send secret, nonce and labels; 404 before the reveal."""
    board = board_of(request)
    with board.database.reading() as session:
        revealed = board.state(session).revealed_at is not None
    if not revealed:
        raise NotFoundError("The labels are not revealed yet.")
    name = f"{board.manifest.name}-reveal.json.gz"
    return FileResponse(board.folder.reveal_file, media_type="application/gzip", filename=name)
