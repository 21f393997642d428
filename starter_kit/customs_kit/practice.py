"""The edition that commands use when none is named."""

from __future__ import annotations

import shutil
from pathlib import Path

from platformdirs import user_cache_path

from customs_data.edition.generating import make_practice_edition
from customs_data.edition.loading import load_edition
from customs_data.errors import KitError


def practice_edition() -> Path:
    """Return the folder of the practice edition, making it in the user's cache at first use.

    Raises
    ------
    KitError
        If the cache cannot be written.
    """
    folder = user_cache_path("customs-kit") / "practice"
    try:
        load_edition(folder)
    except KitError:  # not there yet, or made by an older release, or damaged: make it anew
        shutil.rmtree(folder, ignore_errors=True)
        make_practice_edition(folder)
    return folder
