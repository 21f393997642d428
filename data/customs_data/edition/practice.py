"""The practice edition, which commands use by default."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path

from customs_data.edition.generating import PRACTICE_SEED, make_practice_edition
from customs_data.edition.layout import Layout
from customs_data.edition.loading import load_edition, load_solution
from customs_data.errors import KitError


def practice_edition() -> Path:
    """Return the folder of the practice edition in the user's cache; make it at first use.

    Raises
    ------
    KitError
        If the cache cannot be written.
    """
    folder = user_cache_path("customs-kit") / "practice"
    if not _is_current(folder):
        shutil.rmtree(folder, ignore_errors=True)
        make_practice_edition(folder)
    return folder


def _is_current(folder: Path) -> bool:
    """Whether the cached edition is complete and made by this release."""
    try:
        manifest = load_edition(folder).manifest
        load_solution(Layout.find(folder))
    except KitError:
        return False
    made_by = manifest.generator_version, manifest.configuration.get("seed")
    return made_by == (version("customs-kit"), PRACTICE_SEED)
