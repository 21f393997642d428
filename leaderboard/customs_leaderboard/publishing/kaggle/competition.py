"""An edition as a competition hosted on Kaggle: the folder that is prepared, read and then sent.

Of hidden/ one derived file leaves: solution.csv (Declaration ID, Fraud Score placeholder, Fraud,
Usage), to the solution call only. Everything else goes past the guard first.
"""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from customs_data.edition.layout import Layout
from customs_data.edition.loading import load_edition, load_solution
from customs_data.edition.manifest import Manifest
from customs_data.errors import KitError
from customs_data.schema import KEY
from customs_leaderboard.publishing.announcement import Announcement
from customs_leaderboard.publishing.guard import HiddenGuard
from customs_leaderboard.publishing.join_modules import standalone_metric
from customs_leaderboard.publishing.pages import KAGGLE, make_pages
from customs_leaderboard.rules.edition_origin import check_origin

METADATA: Final = "competition-metadata.json"
SETTINGS: Final = "settings.json"
METRIC: Final = "metric.py"
SOLUTION: Final = "solution.csv"
DATA: Final = "data"
#: The only folder with anything derived from hidden/.
SECRET_FOLDER: Final = "solution-only"  # noqa: S105 - a folder's name
#: Our pages, by the names that Kaggle gives its own.
PAGE_NAMES: Final = {
    "overview": "description",
    "data": "data-description",
    "evaluation": "evaluation",
    "rules": "rules",
}
_PLACEHOLDER: Final = 0.5
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{5,49}")
_BRIEF: Final = "Which import declarations should a customs office open?"


def prepare_competition(
    edition: Path,
    folder: Path,
    name: str,
    told: Announcement,
    *,
    public: bool = False,
    practice: bool = False,
) -> None:
    """Lay out everything that is sent, for an organizer to read and change before it is.

    Parameters
    ----------
    edition : path
        Organizer's copy (public/ and hidden/).
    folder : path
        New folder, closed to other users: it holds the solution.
    name : str
        Slug of the competition: 6 to 50 lower-case letters, digits and hyphens.
    told : Announcement
        Title, times, limits.
    public : bool
        Whether everybody may find the competition.
    practice : bool
        Allow an edition of a published seed.

    Raises
    ------
    KitError
        If the edition is not fit, the name no slug, or the folder cannot be written.
    """
    layout = Layout.find(edition)
    manifest = load_edition(edition).manifest
    check_origin(manifest, practice=practice)
    check_name(name)
    solution = solution_file(layout)
    files = {
        METADATA: _json(competition_metadata(name, told, public=public)),
        SETTINGS: _json(competition_settings(manifest, told)),
        METRIC: standalone_metric(),
        **{
            f"pages/{PAGE_NAMES[page.name]}.md": page.text
            for page in make_pages(layout, manifest, told, KAGGLE)
        },
    }
    try:
        folder.mkdir(parents=True)
        folder.chmod(0o700)
        shutil.copytree(layout.public, folder / DATA)
        for place, text in files.items():
            (folder / place).parent.mkdir(exist_ok=True)
            (folder / place).write_text(text, encoding="utf-8")
        (folder / SECRET_FOLDER).mkdir(mode=0o700)
        (folder / SECRET_FOLDER / SOLUTION).write_bytes(solution)
    except OSError as error:
        raise KitError(f"{folder} cannot be written: {error.strerror or error}.") from None


def solution_file(layout: Layout) -> bytes:
    """Return Kaggle's solution file: the one thing derived from hidden/ that leaves.

    Raises
    ------
    InvalidEditionError
        If the hidden labels are not at hand.
    """
    solution = load_solution(layout)
    columns = solution[[KEY, "Fraud", "Usage"]].copy()
    columns.insert(1, "Fraud Score", _PLACEHOLDER)
    return columns.to_csv(index=False, lineterminator="\n").encode()


def competition_metadata(name: str, told: Announcement, *, public: bool) -> dict[str, Any]:
    """Return the fields of competition-metadata.json that the client reads."""
    return {
        "title": told.title,
        "slug": name,
        "briefDescription": _BRIEF,
        "privacy": "PUBLIC" if public else "PRIVATE",
        "disableKernels": False,
        "hackathon": False,
    }


def competition_settings(manifest: Manifest, told: Announcement) -> dict[str, Any]:
    """Return the settings that the API can change."""
    return {
        "deadline": without_zone(told.closes).isoformat(),
        "rulesRequired": True,
        "hasLeaderboard": True,
        "hasScripts": True,
        "onlyAllowKernelSubmissions": False,
        "publicLeaderboardDisclaimerMessage": (
            "Scored on the public period. Only the private period decides, and there is no Ladder: "
            "a climb by many files may be luck."
        ),
        "finalLeaderboardDisclaimerMessage": (
            f"Hidden labels are committed to: {manifest.commitment}."
        ),
    }


def check_folder(layout: Layout, folder: Path) -> None:
    """Hold a prepared folder against hidden/: the solution in its place, and nothing elsewhere.

    Raises
    ------
    KitError
        If it is otherwise.
    """
    if not (folder / METADATA).is_file():
        raise KitError(f"{folder} must hold {METADATA}, however: it does not. Prepare it first.")
    guard = HiddenGuard(layout)
    for part in sorted(folder.iterdir()):
        if part.name == SECRET_FOLDER:
            continue
        if part.is_symlink():
            raise KitError(f"{part} must not be a link. Nothing was sent.")
        if part.is_dir():
            guard.check(part)
        elif found := list(guard.traces(part.name, part.read_bytes())):
            raise KitError(
                f"{part} must hold nothing of hidden/, however: {', '.join(found)}. Nothing was "
                "sent."
            )
    held = sorted((folder / SECRET_FOLDER).glob("*"))
    if [path.name for path in held] != [SOLUTION] or held[0].is_symlink():
        raise KitError(
            f"{folder / SECRET_FOLDER} must hold {SOLUTION} alone, however: it holds "
            f"{', '.join(path.name for path in held) or 'nothing'}. Nothing was sent."
        )
    if held[0].read_bytes() != solution_file(layout):
        raise KitError(
            f"{held[0]} must be the edition's solution file, however: it differs. Prepare the "
            "folder again. Nothing was sent."
        )


def check_name(name: str) -> None:
    """Hold a competition's name against what Kaggle takes.

    Raises
    ------
    KitError
        If it is no slug.
    """
    if not _SLUG.fullmatch(name):
        raise KitError(
            "A competition must be named with 6 to 50 lower-case letters, digits and hyphens, "
            f"however: {name!r}."
        )


def without_zone(moment: datetime) -> datetime:
    """Return a moment in UTC without its zone: the client appends a Z to whatever it is given."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"
