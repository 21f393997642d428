"""Which editions may have a competition, depending on where their labels come from."""

from __future__ import annotations

from customs_data.edition.manifest import Manifest
from customs_data.errors import KitError


def check_origin(manifest: Manifest, *, practice: bool) -> None:
    """Refuse editions whose hidden labels anyone can regenerate.

    Raises
    ------
    KitError
        If the seed is published and `practice` is False.
    """
    if manifest.origin == "published-seed" and not practice:
        raise KitError(
            f"{manifest.name} has a published seed: anyone can regenerate its labels. Make an "
            "edition with `customs-kit data generate --secret-file`, or add --practice."
        )


def origin_warning(manifest: Manifest) -> str | None:
    """Return what an organizer should know about the edition's origin before publishing it."""
    if manifest.origin == "import":
        return "the edition was imported: whoever has its source knows the labels."
    return None
