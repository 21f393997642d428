"""Download of the reveal and the evidence, once the organizer has published them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from customs_leaderboard.board import Board
from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.service.access import board_of
from customs_leaderboard.service.api import EVIDENCE, REVEAL

router = APIRouter()


@router.api_route(REVEAL, methods=["GET", "HEAD"])
def send_reveal(request: Request) -> Response:
    """Send secret, nonce and labels; 404 before the reveal."""
    board = board_of(request)
    _check_revealed(board)
    name = f"{board.manifest.name}-reveal.json.gz"
    return FileResponse(board.folder.reveal_file, media_type="application/gzip", filename=name)


@router.api_route(EVIDENCE, methods=["GET", "HEAD"])
def send_evidence(request: Request) -> Response:
    """Send what lets anyone verify the standings; 404 before the reveal."""
    board = board_of(request)
    _check_revealed(board)
    if not board.folder.evidence_file.is_file():  # revealed by an earlier release
        raise NotFoundError("The evidence is not published yet.")
    name = f"{board.manifest.name}-evidence.zip"
    return FileResponse(board.folder.evidence_file, media_type="application/zip", filename=name)


def _check_revealed(board: Board) -> None:
    with board.database.reading() as session:
        if board.state(session).revealed_at is None:
            raise NotFoundError("The labels are not revealed yet.")
