"""An edition as a Kaggle dataset: its public files, with metadata."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any, Final

from customs_data.columns.column_set import ColumnSet
from customs_data.edition.layout import Layout
from customs_data.edition.loading import load_edition
from customs_data.edition.metadata.columns import public_columns
from customs_data.errors import KitError
from customs_data.files.atomic import new_folder
from customs_data.files.table_parts import files_and_parts, table_of
from customs_data.tasks import Task, find_task
from customs_leaderboard.publishing.guard import HiddenGuard
from customs_leaderboard.publishing.kaggle.client import KaggleService
from customs_leaderboard.publishing.pages import describe_edition
from customs_leaderboard.rules.edition_origin import check_origin
from customs_leaderboard.rules.explanations import explain_answer

METADATA: Final = "dataset-metadata.json"
#: As Kaggle spells CC BY 4.0.
LICENCE: Final = "CC-BY-4.0"
_SLUG: Final = re.compile(r"([a-zA-Z0-9-]{1,60})/([a-zA-Z0-9-]{6,50})")
_KEYWORDS: Final = ("tabular", "classification", "government")
_TYPES: Final = {"number": "number", "time": "date", "label": "number"}
_DESCRIPTIONS: Final = {
    "train": "Training declarations; an empty label was erased.",
    "test": "Test declarations: two periods, without labels.",
    "sample_submission": "A valid submission.",
    "edition": "Manifest: rows, dates, checksums, the commitment to the hidden labels.",
    "DATASHEET": "Description of the edition and its columns.",
    "croissant": "The same for programs that read MLCommons Croissant.",
}


def prepare_dataset(
    edition: Path,
    folder: Path,
    reference: str,
    *,
    title: str | None = None,
    subtitle: str | None = None,
    licence: str | None = None,
    practice: bool = False,
) -> None:
    """Write the public files and their metadata into a folder.

    Parameters
    ----------
    edition : path
        An edition; hidden/ is not read.
    folder : path
        New folder.
    reference : str
        ``OWNER/NAME`` on Kaggle; the name has 6 to 50 letters, digits and hyphens.
    title, subtitle : str, optional
        6 to 50 and 20 to 80 characters; derived from the edition by default.
    licence : str, optional
        Kaggle's name of the licence; CC-BY-4.0 by default, required for imported declarations.
    practice : bool
        Allow an edition of a published seed.

    Raises
    ------
    KitError
        If the edition is unusable, or a text is too short or too long for Kaggle.
    """
    layout = Layout.find(edition)
    manifest = load_edition(edition).manifest
    check_origin(manifest, practice=practice)
    if licence is None and manifest.origin == "import":
        raise KitError(
            "Imported declarations need a licence. Give --licence with Kaggle's name of it "
            "(CC0-1.0, CC-BY-4.0, other, ...)."
        )
    check_reference(reference)
    files = files_and_parts(layout.public)
    task = find_task(manifest.task)
    metadata = {
        "id": reference,
        "title": _sized(title or f"Customs declarations: {manifest.name}"[:50], 6, 50, "title"),
        "subtitle": _sized(subtitle or task.question, 20, 80, "subtitle"),
        "description": describe_edition(layout, manifest),
        "licenses": [{"name": licence or LICENCE}],
        "keywords": list(_KEYWORDS),
        "resources": [
            _resource(path, path.relative_to(layout.public).as_posix(), task, manifest.column_set)
            for path in files
        ],
    }
    with new_folder(folder) as scratch:
        for path in files:
            place = scratch / path.relative_to(layout.public)
            place.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, place)
        (scratch / METADATA).write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")


def upload_dataset(
    service: KaggleService,
    folder: Path,
    guard: HiddenGuard | None,
    *,
    public: bool = False,
    version_notes: str | None = None,
) -> str:
    """Create the dataset, or with `version_notes` a new version of it; return its URL.

    Parameters
    ----------
    service : KaggleService
        Connection to Kaggle.
    folder : path
        Folder of `prepare_dataset`; its owner may have changed it.
    guard : HiddenGuard or None
        Check of the folder; None if there is no hidden/ that could leak.
    public : bool
        Whether a new dataset is public.
    version_notes : str, optional
        Changes of a new version.

    Raises
    ------
    KitError
        If the folder contains anything hidden, or Kaggle refuses.
    """
    if guard is not None:
        guard.check(folder)
    # The client would leave out folders, those of tables in parts; Kaggle unpacks the archives.
    how = {"quiet": True, "dir_mode": "zip"}
    if version_notes is None:
        answer = service.call(
            "creating the dataset", "dataset_create_new", str(folder), public=public, **how
        )
    else:
        answer = service.call(
            "adding a version", "dataset_create_version", str(folder), version_notes, **how
        )
    if answer.error or str(answer.status).lower() == "error":
        raise KitError(f"Kaggle refused the dataset: {answer.error or answer.status}")
    return str(answer.url)


def check_reference(reference: str) -> None:
    """Check the name of a dataset.

    Raises
    ------
    KitError
        If it is not ``OWNER/NAME``.
    """
    if not _SLUG.fullmatch(reference):
        raise KitError(
            f"Kaggle does not accept the dataset name {reference!r}: write OWNER/NAME, where NAME "
            "has 6 to 50 letters, digits and hyphens."
        )


def _sized(text: str, fewest: int, most: int, what: str) -> str:
    if not fewest <= len(text) <= most:
        raise KitError(
            f"The {what} has {len(text)} characters: Kaggle accepts {fewest} to {most}. Give "
            f"--{what}."
        )
    return text


def _resource(path: Path, place: str, task: Task, edition: ColumnSet) -> dict[str, Any]:
    """Return a file's metadata, its place in the folder, and the description of its columns."""
    table = table_of(path)
    resource: dict[str, Any] = {"path": place, "description": _DESCRIPTIONS.get(table, "")}
    columns = public_columns(task, edition, explain_answer(task)).get(table)
    if columns:
        fields = [
            {
                "name": column.name,
                "description": column.explanation,
                "type": _TYPES.get(column.role, "string"),
            }
            for column in columns
        ]
        resource["schema"] = {"fields": fields}
    return resource
