"""A team's workspace: what `customs-kit start` makes, and how commands find its edition."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from customs_data.edition.layout import Layout
from customs_data.edition.loading import load_edition
from customs_data.edition.manifest import PERIODS, Manifest
from customs_data.errors import KitError
from customs_kit.practice import practice_edition

#: Folder of the edition in a workspace, as the template's pyproject.toml names it.
EDITION: Final = "edition"
#: Files that name the edition, its periods or this release; the others are copied as they are.
_FILLED: Final = ("README.md", "pyproject.toml")
_SETTINGS: Final = "pyproject.toml"
_TABLE: Final = "customs-kit"
_LABELS: Final = {
    "none": "Every training declaration has its labels.",
    "random": "The others were erased at random.",
    "importer": "Labels were erased importer by importer.",
    "inspection": "Labels are left where a risk-based inspection would have looked, so labelled "
    "declarations are not like the others.",
    "delay": "The newest labels are missing: inspections take time.",
}


def make_workspace(out: Path, edition: Path | None = None) -> Manifest:
    """Make a team's workspace: a model, a notebook, the rules, and the edition beside them.

    Only ``public/`` of the edition is copied. Of the practice edition, too: so that scores on
    hidden labels are what they are in a competition, something to wait for.

    Parameters
    ----------
    out : path
        New or empty folder; it appears whole or not at all.
    edition : path, optional
        The competition's edition; the practice edition by default.

    Returns
    -------
    Manifest
        Of the edition.

    Raises
    ------
    KitError
        If the folder is not empty or cannot be written, or `edition` is no sound edition.
    """
    layout = Layout.find(practice_edition() if edition is None else edition)
    manifest = load_edition(layout.public).manifest
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise KitError(f"{out} must be a new or empty folder, however: it is not. Use another.")
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
            made = Path(scratch) / "made"
            made.mkdir()
            for name, content in template_files(manifest).items():
                (made / name).write_bytes(content)
            shutil.copytree(layout.public, made / EDITION / "public")
            out.mkdir(exist_ok=True)
            for part in made.iterdir():
                shutil.move(part, out / part.name)
    except OSError as error:
        raise KitError(f"{out} cannot be written: {error.strerror or error}.") from None
    return manifest


def template_files(manifest: Manifest) -> dict[str, bytes]:
    """Return what a workspace holds beside its edition: file name and content.

    Parameters
    ----------
    manifest : Manifest
        Of the edition; its facts stand in the documents.
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
    made = {}
    for source in files("customs_kit").joinpath("template").iterdir():
        if source.is_file() and not source.name.startswith("."):
            text = source.read_text(encoding="utf-8")
            if source.name in _FILLED:
                text = Template(text).substitute(facts)
            made[source.name] = text.encode()
    return dict(sorted(made.items()))


def _practice_notes(manifest: Manifest) -> str:
    """How to see hidden scores of an edition whose seed is published; nothing for the others."""
    seed = manifest.configuration.get("seed")
    if manifest.origin != "published-seed" or manifest.name != "practice":
        return ""
    return (
        "\n## Practice: look at the hidden score\n\n"
        "This edition's seed is published, so its hidden labels can be made again. In a "
        "competition you\nwait for the close instead. Do not look often: whoever tunes on the "
        "answer learns nothing about\nthe next edition.\n\n"
        "```bash\n"
        f"customs-kit data generate --seed {seed} --name practice --out ../practice-with-answers\n"
        "customs-kit score runs/practice/*/submission.csv --edition ../practice-with-answers\n"
        "```\n"
    )


def find_workspace_edition(start: Path | None = None) -> Path | None:
    """Return the edition of the workspace that a folder lies in, or None outside of any.

    The nearest pyproject.toml with ``edition`` in its table ``[tool.customs-kit]`` counts.

    Parameters
    ----------
    start : path, optional
        The current folder by default.

    Raises
    ------
    KitError
        If a pyproject.toml on the way cannot be read, or what it names is no path.
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
                f"{settings} must be a TOML file, however: {error}. Mend it, or name the edition "
                "with --edition."
            ) from None
        named = tools.get(_TABLE, {}).get("edition")
        if named is None:
            continue
        if not isinstance(named, str):
            raise KitError(f"{settings}: edition in [tool.{_TABLE}] must be the path of a folder.")
        return folder / named
    return None


def chosen_edition(named: Path | None) -> Path:
    """Return the edition a command works on: the named one, the workspace's, or practice.

    Raises
    ------
    KitError
        As `find_workspace_edition` and `customs_kit.practice.practice_edition`.
    """
    return named or find_workspace_edition() or practice_edition()
