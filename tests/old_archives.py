"""Unpacking the archives of older versions, under every Python 3.11."""

from __future__ import annotations

import tarfile
from pathlib import Path


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive of this repository; nothing may leave the folder where Python checks it."""
    with tarfile.open(archive) as tar:
        # Python has filters since 3.11.4, and before 3.14 warns where none is named.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(folder)
