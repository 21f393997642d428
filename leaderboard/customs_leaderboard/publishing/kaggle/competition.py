"""A competition hosted on Kaggle: the folder that is prepared, reviewed and then sent.

One file derived from hidden/ is sent: solution.csv (key, placeholders of the answer, label, Usage),
with the call that sets the solution. The guard checks everything else.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from customs_data.edition.hidden import load_solution
from customs_data.edition.layout import Layout
from customs_data.edition.loading import load_edition
from customs_data.edition.manifest import Manifest, read_manifest
from customs_data.errors import KitError
from customs_data.files.atomic import copy_files, new_folder
from customs_data.tasks import find_task
from customs_leaderboard.publishing.announcement import Announcement
from customs_leaderboard.publishing.guard import HiddenGuard
from customs_leaderboard.publishing.metric_files import standalone_metric, target_columns
from customs_leaderboard.publishing.pages import KAGGLE, make_pages
from customs_leaderboard.rules.edition_origin import check_origin

METADATA: Final = "competition-metadata.json"
SETTINGS: Final = "settings.json"
METRIC: Final = "metric.py"
SOLUTION: Final = "solution.csv"
DATA: Final = "data"
#: The only folder with data derived from hidden/.
SECRET_FOLDER: Final = "solution-only"  # noqa: S105 - a folder's name
#: Kaggle's names of our pages.
PAGE_NAMES: Final = {
    "overview": "description",
    "data": "data-description",
    "evaluation": "evaluation",
    "rules": "rules",
}
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{5,49}")


def prepare_competition(
    edition: Path,
    folder: Path,
    name: str,
    announcement: Announcement,
    *,
    public: bool = False,
    practice: bool = False,
) -> None:
    """Write everything to be sent into a folder, where the organizer can review and change it.

    Parameters
    ----------
    edition : path
        Organizer's copy (public/ and hidden/).
    folder : path
        New folder, closed to other users because it contains the solution.
    name : str
        Slug of the competition: 6 to 50 lower-case letters, digits and hyphens.
    announcement : Announcement
        Title, times, limits.
    public : bool
        Whether the competition is public.
    practice : bool
        Allow an edition of a published seed.

    Raises
    ------
    KitError
        If the edition is unusable, the name is no slug, or the folder cannot be written.
    """
    layout = Layout.find(edition)
    manifest = load_edition(edition).manifest
    check_origin(manifest, practice=practice)
    check_name(name)
    task = find_task(manifest.task)
    solution = solution_file(layout)
    metadata = competition_metadata(name, task.question, announcement, public=public)
    files = {
        METADATA: _json(metadata),
        SETTINGS: _json(competition_settings(manifest, announcement)),
        METRIC: standalone_metric(task),
        **{
            f"pages/{PAGE_NAMES[page.name]}.md": page.text
            for page in make_pages(layout, manifest, announcement, KAGGLE)
        },
    }
    with new_folder(folder, mode=0o700) as scratch:
        copy_files(layout.public, scratch / DATA)
        for place, text in files.items():
            (scratch / place).parent.mkdir(exist_ok=True)
            (scratch / place).write_text(text, encoding="utf-8")
        (scratch / SECRET_FOLDER).mkdir(mode=0o700)
        (scratch / SECRET_FOLDER / SOLUTION).write_bytes(solution)


def solution_file(layout: Layout) -> bytes:
    """Return Kaggle's solution file, the only file derived from hidden/ that is sent.

    Raises
    ------
    InvalidEditionError
        If the edition has no hidden labels.
    """
    task = find_task(read_manifest(layout.public).task)
    solution = load_solution(layout)
    keys = pa.array(solution[task.unit.key], pa.string())
    sample = {n: cells.to_pandas() for n, cells in task.answer.sample(keys).items()}
    # Kaggle wants the columns of a submission in the solution, too. Where one is itself a target,
    # it has the true answers.
    placeholders = {n: cells for n, cells in sample.items() if n not in target_columns(task)}
    columns = dict.fromkeys([*task.header, *target_columns(task), "Usage"])
    table = solution.assign(**placeholders)[[*columns]]
    return table.to_csv(index=False, lineterminator="\n").encode()


def competition_metadata(
    name: str, question: str, announcement: Announcement, *, public: bool
) -> dict[str, Any]:
    """Return the fields of competition-metadata.json that the client reads."""
    return {
        "title": announcement.title,
        "slug": name,
        "briefDescription": question,
        "privacy": "PUBLIC" if public else "PRIVATE",
        "disableKernels": False,
        "hackathon": False,
    }


def competition_settings(manifest: Manifest, announcement: Announcement) -> dict[str, Any]:
    """Return the settings that the API can change."""
    return {
        "deadline": without_zone(announcement.closes).isoformat(),
        "rulesRequired": True,
        "hasLeaderboard": True,
        "hasScripts": True,
        "onlyAllowKernelSubmissions": False,
        "publicLeaderboardDisclaimerMessage": (
            "Scored on the public period. Only the private period decides. There is no Ladder: "
            "whoever sends many files may climb by luck."
        ),
        "finalLeaderboardDisclaimerMessage": (
            f"Commitment to the hidden labels: {manifest.commitment}."
        ),
    }


def check_folder(layout: Layout, folder: Path) -> None:
    """Check that a prepared folder has the right solution, and nothing else of hidden/.

    Raises
    ------
    KitError
        If it does not.
    """
    if not (folder / METADATA).is_file():
        raise KitError(f"{folder} has no {METADATA}. Prepare the folder first.")
    guard = HiddenGuard(layout)
    for part in sorted(folder.iterdir()):
        if part.name == SECRET_FOLDER:
            continue
        if part.is_symlink():
            raise KitError(f"{part} is a link. Nothing was sent. Replace it by a copy.")
        if part.is_dir():
            guard.check(part)
        elif leaks := list(guard.traces(part.name, part.read_bytes())):
            raise KitError(
                f"{part} contains parts of hidden/: {', '.join(leaks)}. Nothing was sent."
            )
    secret = folder / SECRET_FOLDER
    names = sorted(path.name for path in secret.glob("*"))
    if names != [SOLUTION] or (secret / SOLUTION).is_symlink():
        raise KitError(
            f"{secret} has {', '.join(names) or 'no files'}, but needs the file {SOLUTION} alone. "
            "Nothing was sent. Prepare the folder again."
        )
    if (secret / SOLUTION).read_bytes() != solution_file(layout):
        raise KitError(
            f"{secret / SOLUTION} differs from the edition's solution file. Nothing was sent. "
            "Prepare the folder again."
        )


def check_name(name: str) -> None:
    """Check the name of a competition.

    Raises
    ------
    KitError
        If it is no slug.
    """
    if not _SLUG.fullmatch(name):
        raise KitError(
            f"Kaggle does not accept the competition name {name!r}: use 6 to 50 lower-case "
            "letters, digits and hyphens."
        )


def without_zone(moment: datetime) -> datetime:
    """Return a moment in UTC without its zone: the client appends a Z to every moment."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"
