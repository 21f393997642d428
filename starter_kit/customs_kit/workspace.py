"""A team's workspace: made by `customs-kit start`; commands run in it use its edition."""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from customs_data.edition.layout import Layout
from customs_data.edition.loading import load_edition
from customs_data.edition.manifest import PERIODS, Manifest
from customs_data.edition.practice import practice_edition
from customs_data.errors import KitError
from customs_data.files.atomic import copy_files, new_folder

#: Folder of the edition in a workspace, as in the template's pyproject.toml.
EDITION: Final = "edition"
#: Templates with facts to fill in; other files are copied unchanged.
_TEMPLATES: Final = ("README.md", "pyproject.toml")
_SETTINGS: Final = "pyproject.toml"
_TABLE: Final = "customs-kit"
_LABELS: Final = {
    "none": "Every training declaration has its labels.",
    "random": "The others were removed at random.",
    "importer": "All labels of some importers were removed.",
    "inspection": "Labels remain where a risk-based inspection would have looked. Labelled "
    "declarations are therefore more suspicious than the others.",
    "delay": "The newest labels are missing, because inspections take time.",
}


def make_workspace(out: Path, edition: Path | None = None) -> Manifest:
    """Make a team's workspace: a model, a notebook, the rules, and the edition's public files.

    Hidden labels are never copied, not even those of the practice edition: in a competition, too,
    teams wait for their scores.

    Parameters
    ----------
    out : path
        New or empty folder; filled completely or not at all.
    edition : path, optional
        The competition's edition; the practice edition by default.

    Returns
    -------
    Manifest
        Manifest of the edition.

    Raises
    ------
    KitError
        If the folder is not empty or cannot be written, or `edition` is not a valid
        edition.
    """
    layout = Layout.find(practice_edition() if edition is None else edition)
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
    rate = manifest.label_rate
    facts = {
        "name": manifest.name,
        "version": version("customs-kit"),
        "label_share": f"{rate:.0%}" if rate >= 0.01 else f"{rate:.2%}",
        "erasure": _LABELS[manifest.erasure],
        "practice": _practice_notes(manifest),
    }
    for period in PERIODS:
        first, last = manifest.dates[period]
        facts |= {
            f"{period}_rows": f"{manifest.rows[period]:,}",
            f"{period}_days": f"{first} to {last}",
        }
    contents = {}
    for source in files("customs_kit").joinpath("template").iterdir():
        if source.is_file() and not source.name.startswith("."):
            text = source.read_text(encoding="utf-8")
            if source.name in _TEMPLATES:
                text = Template(text).substitute(facts)
            contents[source.name] = text.encode()
    return dict(sorted(contents.items()))


def _practice_notes(manifest: Manifest) -> str:
    """Return how to see hidden scores of the practice edition; nothing for other editions."""
    seed = manifest.configuration.get("seed")
    if manifest.origin != "published-seed" or manifest.name != "practice":
        return ""
    return (
        "\n## Practice: look at the hidden score\n\n"
        "This edition's seed is published, so you can make its hidden labels yourself. In a "
        "competition you\nwait for the close. Look seldom: a model tuned on these labels is no "
        "better on the next edition.\n\n"
        "```bash\n"
        f"customs-kit data generate --seed {seed} --name practice --out ../practice-with-answers\n"
        "customs-kit score runs/practice/*/submission.csv --edition ../practice-with-answers\n"
        "```\n"
    )


def find_workspace_edition(start: Path | None = None) -> Path | None:
    """Return the edition of the workspace that contains a folder, or None outside any workspace.

    The nearest pyproject.toml with ``edition`` in its table ``[tool.customs-kit]`` names it.

    Parameters
    ----------
    start : path, optional
        The current folder by default.

    Raises
    ------
    KitError
        If a pyproject.toml cannot be read, or its ``edition`` is not a path.
    """
    start = Path.cwd() if start is None else start.resolve()
    for folder in (start, *start.parents):
        settings = folder / _SETTINGS
        if not settings.is_file():
            continue
        try:
            tools = tomllib.loads(settings.read_text(encoding="utf-8")).get("tool", {})
        except (OSError, ValueError) as error:
            raise KitError(
                f"{settings} is not a TOML file: {error}. Correct it, or give --edition."
            ) from None
        named = tools.get(_TABLE, {}).get("edition")
        if named is None:
            continue
        if not isinstance(named, str):
            raise KitError(f"{settings}: edition in [tool.{_TABLE}] is not the path of a folder.")
        return folder / named
    return None


def chosen_edition(named: Path | None) -> Path:
    """Return the edition for a command: the named one, else the workspace's, else practice.

    Raises
    ------
    KitError
        From `find_workspace_edition` and `customs_data.edition.practice.practice_edition`.
    """
    return named or find_workspace_edition() or practice_edition()
