"""A team's workspace: made by `customs-kit start`; commands run in it use its edition."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Final

from customs_data.edition.layout import Layout
from customs_data.edition.loading import load_edition
from customs_data.edition.manifest import PERIODS, Manifest, read_manifest
from customs_data.edition.practice import practice_edition, practice_task
from customs_data.errors import KitError
from customs_data.files.atomic import copy_files, new_folder
from customs_data.tasks import DEFAULT, find_task
from customs_data.toml import read_toml

#: Folder of the edition in a workspace, as in the template's pyproject.toml.
EDITION: Final = "edition"
#: Templates with facts to fill in; other files are copied unchanged.
_TEMPLATES: Final = ("README.md", "pyproject.toml")
_SETTINGS: Final = "pyproject.toml"
_TABLE: Final = "customs-kit"
_ALL_LABELS: Final = "Every training declaration has its labels."
_ERASED: Final = {
    "random": "The others were removed at random.",
    "importer": "All labels of some importers were removed.",
    "inspection": "Labels remain where a risk-based inspection would have looked. Labelled "
    "declarations are therefore more suspicious than the others.",
    "delay": "The newest labels are missing, because inspections take time.",
}


def make_workspace(out: Path, edition: Path | None = None, task: str | None = None) -> Manifest:
    """Make a team's workspace: a model, a notebook, the rules, and the edition's public files.

    Hidden labels are never copied, not even those of the practice edition: in a competition, too,
    teams wait for their scores.

    Parameters
    ----------
    out : path
        New or empty folder; filled completely or not at all.
    edition : path, optional
        The competition's edition; the practice edition by default.
    task : str, optional
        Task of the edition.

    Returns
    -------
    Manifest
        Manifest of the edition.

    Raises
    ------
    KitError
        If the folder is not empty or cannot be written, or `edition` is not a valid
        edition, or has another task.
    """
    layout = Layout.find(edition_of_task(edition, task))
    manifest = load_edition(layout.public).manifest
    with new_folder(out) as folder:
        for name, content in template_files(manifest).items():
            (folder / name).write_bytes(content)
        (folder / EDITION).mkdir()
        copy_files(layout.public, folder / EDITION / "public")
    return manifest


def template_files(manifest: Manifest) -> dict[str, bytes]:
    """Return names and contents of a workspace's files, without the edition.

    Parameters
    ----------
    manifest : Manifest
        Manifest of the edition; the documents quote its dates and sizes.
    """
    facts = {
        "name": manifest.name,
        "version": version("customs-kit"),
        "labels": _labels(manifest),
        "practice": _practice_notes(manifest),
    }
    for period in PERIODS:
        first, last = manifest.dates[period]
        facts |= {
            f"{period}_rows": f"{manifest.rows[period]:,}",
            f"{period}_days": f"{first} to {last}",
        }
    contents = {}
    for source in _sources(manifest.task):
        text = source.read_text(encoding="utf-8")
        if source.name in _TEMPLATES:
            text = Template(text).substitute(facts)
        contents[source.name] = text.encode()
    return dict(sorted(contents.items()))


def _sources(task: str) -> list[Traversable]:
    """Return the files of a task's workspace: its folder's and the settings, else the default's."""
    template = files("customs_kit").joinpath("template")
    own = template.joinpath(task)
    folders = [own] if own.is_dir() else [template]
    sources = [it for folder in folders for it in folder.iterdir() if it.is_file()]
    if own.is_dir():
        sources.append(template.joinpath(_SETTINGS))
    return [source for source in sources if not source.name.startswith(".")]


def _labels(manifest: Manifest) -> str:
    """Return how many training declarations have labels, and why the others have none."""
    rate = manifest.label_rate
    if rate == 1:
        return _ALL_LABELS
    share = f"{rate:.0%}" if 0.01 <= rate < 0.995 else f"{rate:.2%}"
    why = _ERASED.get(manifest.erasure, "The others are unknown.")
    return f"{share} of the training declarations have labels. {why}"


def _practice_notes(manifest: Manifest) -> str:
    """Return how to see hidden scores of the practice edition; nothing for other editions."""
    seed = manifest.configuration.get("seed")
    if manifest.origin != "published-seed" or practice_task(manifest.name) != manifest.task:
        return ""
    name, task = manifest.name, find_task(manifest.task)
    options = "" if task.name == DEFAULT else f"--task {task.name} "
    options += "" if task.practice_rows is None else f"--rows {task.practice_rows} "
    return (
        "\n## Practice: look at the hidden score\n\n"
        "This edition's seed is published, so you can make its hidden labels yourself. In a "
        "competition you\nwait for the close. Look seldom: a model tuned on these labels is no "
        "better on the next edition.\n\n"
        "```bash\n"
        f"customs-kit data generate {options}--seed {seed} --name {name} "
        f"--out ../{name}-with-answers\n"
        f"customs-kit score runs/{name}/*/submission.csv --edition ../{name}-with-answers\n"
        "```\n"
    )


@dataclass(frozen=True)
class Workspace:
    """A team's folder, as its pyproject.toml describes it in the table ``[tool.customs-kit]``.

    Attributes
    ----------
    folder : path
        The folder.
    edition : path or None
        Edition that commands work on.
    to : str or None
        Where `submission` commands send to and ask: kaggle, or a leaderboard's address.
    competition : str or None
        Name of the competition on Kaggle.
    """

    folder: Path
    edition: Path | None
    to: str | None
    competition: str | None


def find_workspace(start: Path | None = None) -> Workspace | None:
    """Return the workspace that contains a folder, or None outside any workspace.

    It is the nearest folder whose pyproject.toml has the table ``[tool.customs-kit]``.

    Parameters
    ----------
    start : path, optional
        The current folder by default.

    Raises
    ------
    KitError
        If a pyproject.toml cannot be read, or a value in the table is not text.
    """
    start = Path.cwd() if start is None else start.resolve()
    for folder in (start, *start.parents):
        settings = folder / _SETTINGS
        if not settings.is_file():
            continue
        tools = read_toml(settings).get("tool")
        table = tools.get(_TABLE) if isinstance(tools, dict) else None
        if table is None:
            continue
        edition, to, competition = (
            _text(settings, table, *key)
            for key in (
                ("edition", "the path of a folder"),
                ("to", "kaggle or the address of a leaderboard"),
                ("competition", "the name of a competition on Kaggle"),
            )
        )
        return Workspace(folder, None if edition is None else folder / edition, to, competition)
    return None


def _text(settings: Path, table: object, key: str, meaning: str) -> str | None:
    value = table.get(key) if isinstance(table, dict) else table
    if value is not None and (not isinstance(value, str) or not value):
        raise KitError(f"{settings}: {key} in [tool.{_TABLE}] is not {meaning}. Correct it.")
    return value


def find_workspace_edition(start: Path | None = None) -> Path | None:
    """Return the edition of the workspace that contains a folder, or None (`find_workspace`)."""
    workspace = find_workspace(start)
    return None if workspace is None else workspace.edition


def chosen_edition(named: Path | None, task: str | None = None) -> Path:
    """Return the edition for a command: the named one, else the workspace's, else practice.

    Parameters
    ----------
    named : path or None
    task : str, optional
        Task that the edition must have. The practice edition is that of the task.

    Raises
    ------
    KitError
        If the edition has another task, and from `find_workspace_edition` and
        `customs_data.edition.practice.practice_edition`.
    """
    return edition_of_task(named or find_workspace_edition(), task)


def edition_of_task(folder: Path | None, task: str | None) -> Path:
    """Return an edition, else the practice edition of a task; errors as of `chosen_edition`."""
    if folder is None:
        return practice_edition() if task is None else practice_edition(task)
    if task is not None and (other := read_manifest(Layout.find(folder).public).task) != task:
        raise KitError(
            f"The edition {folder} has the task {other}, not {task}. Leave --task out: an edition "
            "knows its task."
        )
    return folder
