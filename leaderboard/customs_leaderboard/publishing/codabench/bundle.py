"""Codabench's competition bundle: one zip archive with the whole competition.

The format is version 2 of the platform's 'YAML structure' page. In practice the platform needs more
than the required fields: image, terms and pages must exist and be non-empty, timestamps must be
quoted (a YAML date loses its time of day), and `precision` is 2 decimals by default.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from customs_data.edition.hidden import load_solution
from customs_data.edition.layout import USAGES, Layout
from customs_data.edition.loading import load_edition
from customs_data.edition.manifest import Manifest
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically
from customs_data.files.table_parts import files_and_parts
from customs_data.tasks import find_task
from customs_leaderboard.publishing.announcement import PRIVATE_PHASE, Announcement
from customs_leaderboard.publishing.guard import HiddenGuard
from customs_leaderboard.publishing.metric_files import (
    published_metrics,
    standalone_program,
    target_columns,
)
from customs_leaderboard.publishing.pages import CODABENCH, make_pages
from customs_leaderboard.rules.edition_origin import check_origin
from customs_leaderboard.store.folder import check_new

#: Image with Python, NumPy and pandas, which is all the scoring program needs.
DOCKER_IMAGE: Final = "codalab/codalab-legacy:py39"
COMMAND: Final = "python3 /app/program/scoring.py /app/input /app/output"
PRECISION: Final = 4
LOGO: Final = "logo.png"
_TIMESTAMP: Final = "%Y-%m-%d %H:%M:%S"
# Fixed, so that the same edition and announcement give the same bytes.
_STAMP: Final = (1980, 1, 1, 0, 0, 0)


def make_bundle(
    edition: Path,
    out: Path,
    announcement: Announcement,
    *,
    starting_kit: Mapping[str, bytes],
    practice: bool = False,
) -> list[str]:
    """Write the bundle of an edition.

    Parameters
    ----------
    edition : path
        Organizer's copy (public/ and hidden/).
    out : path
        Zip archive to write; readable by you alone, because it contains the hidden labels.
    announcement : Announcement
        Title, times, limits.
    starting_kit : mapping of str to bytes
        Further files that participants may download: name and content.
    practice : bool
        Allow an edition of a published seed.

    Returns
    -------
    list of str
        Names of the files in the bundle.

    Raises
    ------
    KitError
        If the edition is unusable, or the file cannot be written.
    """
    layout = Layout.find(edition)
    loaded = load_edition(edition)
    manifest, task = loaded.manifest, loaded.task
    check_origin(manifest, practice=practice)
    check_new(out)
    ids = loaded.sample_submission[[task.unit.key]]
    solution = load_solution(layout, ids[task.unit.key])
    public = {
        path.relative_to(layout.public).as_posix(): path.read_bytes()
        for path in files_and_parts(layout.public)
    }
    members = {
        LOGO: files("customs_leaderboard.publishing").joinpath(LOGO).read_bytes(),
        "public_data.zip": _zip(public),
        "starting_kit.zip": _zip(starting_kit),
        "sample_solution.zip": _zip({"submission.csv": public["sample_submission.csv"]}),
        "scoring_program.zip": _zip(
            {
                "metadata.yaml": f"command: {COMMAND}\n".encode(),
                "scoring.py": standalone_program(task).encode(),
            }
        ),
    }
    _guard(layout, members)  # before reference data, the only place for labels
    for period, usage in USAGES.items():
        labels = solution.loc[solution["Usage"] == usage, [task.unit.key, *target_columns(task)]]
        tables = {"labels.csv": labels, "test_ids.csv": ids}
        members[_reference(period)] = _zip(
            {
                name: table.to_csv(index=False, lineterminator="\n").encode()
                for name, table in tables.items()
            }
        )
    pages = make_pages(layout, manifest, announcement, CODABENCH)
    members |= {f"{page.name}.md": page.text.encode() for page in pages}
    titles = [(page.title, f"{page.name}.md") for page in pages]
    members = {
        "competition.yaml": _to_yaml(competition_settings(manifest, announcement, titles)),
        **members,
    }
    write_atomically(out, _zip(members), mode=0o600, must_be_new=True)
    return list(members)


def competition_settings(
    manifest: Manifest, announcement: Announcement, pages: list[tuple[str, str]]
) -> dict[str, Any]:
    """Return the content of competition.yaml as plain data.

    Parameters
    ----------
    manifest : Manifest
        Manifest of the edition.
    announcement : Announcement
        Title, times, limits.
    pages : list of (str, str)
        Title and file of each page.
    """
    task = find_task(manifest.task)
    closes = announcement.closes.strftime(_TIMESTAMP)
    shared = {
        "accepts_only_result_submissions": True,
        "execution_time_limit": 600,
        "starting_kit": "starting_kit.zip",
        "public_data": "public_data.zip",
    }
    phases = [
        {
            "index": 0,
            "name": "Public",
            "description": "Every file is scored on the public period at once.",
            "start": announcement.opens.strftime(_TIMESTAMP),
            "end": closes,
            "max_submissions_per_day": announcement.daily_limit,
            "tasks": [0],
            **shared,
        },
        {
            "index": 1,
            "name": "Private",
            "description": "Files of the public phase are scored on the private period.",
            "start": closes,
            "end": (announcement.closes + PRIVATE_PHASE).strftime(_TIMESTAMP),
            "auto_migrate_to_this_phase": True,
            "max_submissions_per_day": 1,
            "hide_output": True,
            "hide_score_output": True,
            "tasks": [1],
            **shared,
        },
    ]
    tasks = [
        {
            "index": index,
            "name": f"{manifest.name}: {usage}",
            "description": f"Answers for the {period} period.",
            "scoring_program": "scoring_program.zip",
            "reference_data": _reference(period),
        }
        for index, (period, usage) in enumerate(USAGES.items())
    ]
    columns = [
        {
            "index": index,
            "title": metric.title,
            "key": metric.name,
            "sorting": "desc" if metric.higher_is_better else "asc",
            "precision": PRECISION,
        }
        for index, metric in enumerate(published_metrics(task))
    ]
    return {
        "version": 2,
        "title": announcement.title,
        "description": task.question,
        "image": LOGO,
        "terms": "rules.md",
        "docker_image": DOCKER_IMAGE,
        "registration_auto_approve": False,
        "make_programs_available": False,
        "make_input_data_available": False,
        "enable_detailed_results": False,
        **({"contact_email": announcement.contact} if "@" in announcement.contact else {}),
        "pages": [{"title": title, "file": file} for title, file in pages],
        "phases": phases,
        "tasks": tasks,
        "solutions": [{"index": 0, "path": "sample_solution.zip", "tasks": [0, 1]}],
        "leaderboards": [
            {
                "title": "Standings",
                "key": "main",
                "submission_rule": "Force_Last",
                "columns": columns,
            }
        ],
    }


def _reference(period: str) -> str:
    return f"reference_{period}.zip"


def _guard(layout: Layout, members: Mapping[str, bytes]) -> None:
    """Refuse a bundle whose downloads contain anything hidden."""
    guard = HiddenGuard(layout)
    leaks = [
        f"{name}: {what}" for name, data in members.items() for what in guard.traces(name, data)
    ]
    if leaks:
        raise KitError(
            f"Participants' downloads contain parts of hidden/: {'; '.join(leaks)}. Remove them "
            "from the starting kit."
        )


def _to_yaml(settings: dict[str, Any]) -> bytes:
    import yaml

    text: str = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=100)
    return text.encode()


def _zip(members: Mapping[str, bytes]) -> bytes:
    """Return a zip archive of files at its root."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return stream.getvalue()
