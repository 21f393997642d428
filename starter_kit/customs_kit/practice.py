"""The edition that commands use when none is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from customs_data.edition.importing import import_edition
from customs_data.edition.loading import load_edition
from customs_data.errors import KitError
from customs_data.sample import make_sample

_NAME: Final = "sample"


def practice_edition() -> Path:
    """Return the folder of the built-in sample, making it in the user's cache at first use.

    Raises
    ------
    KitError
        If the cache cannot be written.
    """
    folder = user_cache_path("customs-kit") / _NAME
    try:
        load_edition(folder)
    except KitError:  # not there yet, or made by an older release, or damaged: make it anew
        shutil.rmtree(folder, ignore_errors=True)
        import_edition(make_sample(), folder, name=_NAME)
    return folder
