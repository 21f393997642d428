"""Texts of a competition on its own leaderboard: files in Markdown that the organizer edits.

They are in the competition's folder, in pages/. Facts that may change, such as the deadline, are
``$closes`` in the text and filled in whenever the page is shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically
from customs_data.temporary import reason_of
from customs_leaderboard.board import Board
from customs_leaderboard.publishing.announcement import Announcement
from customs_leaderboard.publishing.pages import Platform, make_pages, read_template
from customs_scorer.formats import FORMATS_IN_WORDS

#: Short names of the pages, in reading order, with their titles.
PAGES: Final = {"overview": "Overview", "rules": "Rules", "data": "Data", "contact": "Contact"}
_LATER: Final = ("title", "opens", "closes", "quota")
_MAX_BYTES: Final = 1 << 18


def write_pages(board: Board, own: dict[str, str] | None = None) -> list[str]:
    """Write the pages that are missing; never change one that exists.

    Parameters
    ----------
    board : Board
        The competition.
    own : dict of str to str, optional
        Texts of the organizer by short name, from `read_folder`, instead of the kit's.

    Returns
    -------
    list of str
        Short names of the pages that were written.

    Raises
    ------
    KitError
        If a page cannot be written, or one that exists cannot be read.
    """
    texts = {**_default_texts(board), **(own or {})}
    missing = [name for name in texts if read_page(board, name) is None]
    if missing:
        board.folder.pages.mkdir(mode=0o700, exist_ok=True)
    for name in missing:
        write_atomically(_path(board, name), texts[name], mode=0o600, must_be_new=True)
    return missing


def read_folder(folder: Path) -> dict[str, str]:
    """Return the organizer's own texts by short name.

    Raises
    ------
    KitError
        If the folder has none, or a Markdown file that is no page, or one cannot be read.
    """
    names = sorted(path.stem for path in folder.glob("*.md"))
    listed = ", ".join(f"{name}.md" for name in PAGES)
    if unknown := [name for name in names if name not in PAGES]:
        raise KitError(f"{folder} has {unknown[0]}.md, but the pages are {listed}. Rename it.")
    if not names:
        raise KitError(f"{folder} has no pages. It may have {listed}.")
    return {name: _read(folder / f"{name}.md") for name in names}


def page_names(board: Board) -> list[str]:
    """Return the short names of the pages that exist, in reading order."""
    names = [name for name in PAGES if _path(board, name).is_file()]
    if not board.competition.contact and "contact" in names:
        names.remove("contact")
    return names


def read_page(board: Board, name: str) -> str | None:
    """Return the text of a page by its short name; None if there is none.

    Raises
    ------
    KitError
        If the file cannot be read, is too large, or not UTF-8.
    """
    path = _path(board, name)
    return _read(path) if path.exists() or path.is_symlink() else None


def _path(board: Board, name: str) -> Path:
    return board.folder.pages / f"{name}.md"


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise KitError(f"{path} is larger than {_MAX_BYTES >> 10} KiB. Shorten it.")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise KitError(f"{path} is not UTF-8 text. Save it as UTF-8.") from None
    except OSError as error:
        raise KitError(f"{path} cannot be read: {reason_of(error)}.") from None


def _default_texts(board: Board) -> dict[str, str]:
    rules = board.competition
    platform = Platform(
        name="this leaderboard",
        n_ranked=None,
        final=f"Your team selects up to {rules.n_selections} files. They are scored on Private "
        "after the close; the better one counts. Without a choice, those with the best exact "
        "public score are taken.",
        file=FORMATS_IN_WORDS,
        lacks=(),
        later=_LATER,
    )
    announcement = Announcement(rules.title, rules.opens, rules.closes, rules.daily_limit)
    pages = make_pages(board.layout, board.manifest, announcement, platform)
    texts = {page.name: page.text for page in pages if page.name in PAGES}
    return texts | {"contact": read_template("contact")}
