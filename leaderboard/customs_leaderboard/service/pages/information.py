"""The organizer's pages in Markdown: overview, rules, data and contact."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from string import Template
from typing import Final

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.errors import NotFoundError, UnavailableError
from customs_leaderboard.publishing.board_pages import PAGES, read_page
from customs_leaderboard.rules.explanations import explain_quotas
from customs_leaderboard.service.access import board_of
from customs_leaderboard.service.edition_files import EditionArchive, EditionFiles
from customs_leaderboard.service.pages.markdown import long_markdown
from customs_leaderboard.service.pages.rendering import page
from customs_leaderboard.service.text_formats import format_moment

_LOGGER: Final = logging.getLogger("customs_leaderboard.service")
# Other texts are shown as they are.
_LINK: Final = re.compile(r"https?://[^\s<>]+|[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+")

router = APIRouter()


@router.api_route("/overview", methods=["GET", "HEAD"])
def show_overview(request: Request) -> Response:
    """Show what the competition is about."""
    return _page(request, "overview")


@router.api_route("/rules", methods=["GET", "HEAD"])
def show_rules(request: Request) -> Response:
    """Show the organizer's rules."""
    return _page(request, "rules")


@router.api_route("/data", methods=["GET", "HEAD"])
def show_data(request: Request) -> Response:
    """Show the description of the data, and the files."""
    return _page(request, "data")


@router.api_route("/contact", methods=["GET", "HEAD"])
def show_contact(request: Request) -> Response:
    """Show where questions go."""
    return _page(request, "contact")


def _page(request: Request, name: str) -> Response:
    board = board_of(request)
    try:
        text = read_page(board, name)
    except KitError as error:
        _LOGGER.warning("page unreadable", extra={"fields": {"reason": str(error)}})
        raise UnavailableError(
            f"The file pages/{name}.md cannot be read. Tell the organizer."
        ) from error
    if text is None or (name == "contact" and not board.competition.contact):
        raise NotFoundError("The organizer has not written this page.")
    files: EditionFiles = request.app.state.edition_files
    archive: EditionArchive = request.app.state.edition_archive
    return page(
        request,
        "information.html",
        name=name,
        title=PAGES[name],
        text=_as_html(Template(text).safe_substitute(_facts(board))),
        files=files.tables if name == "data" else {},
        archive=archive.get_or_none() if name == "data" else None,
    )


def _facts(board: Board) -> dict[str, str]:
    """Return the facts that may change."""
    with board.database.reading() as session:
        closes = board.state(session).closes
    rules = board.competition
    contact = f"<{rules.contact}>" if _LINK.fullmatch(rules.contact) else rules.contact
    return {
        "title": rules.title,
        "opens": format_moment(rules.opens),
        "closes": format_moment(closes),
        "quota": explain_quotas(rules),
        "contact": contact,
    }


@lru_cache(maxsize=16)
def _as_html(text: str) -> Markup:
    return long_markdown(text)
