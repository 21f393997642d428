"""Which editions may be competed on, by where their labels come from."""

from __future__ import annotations

from customs_data.edition.manifest import Manifest
from customs_data.errors import KitError


def check_origin(manifest: Manifest, *, practice: bool) -> None:
    """Refuse editions whose hidden labels anyone can make again.

    Raises
    ------
    KitError
        If the seed is published and `practice` is not said.
    """
    if manifest.origin == "published-seed" and not practice:
        raise KitError(
            f"A competition's edition must be made from a secret, however: {manifest.name} "
            "is of a published seed: anyone can make its labels again. Make one with `customs-kit "
            "data generate --secret-file`, or say --practice."
        )


def origin_warning(manifest: Manifest) -> str | None:
    """Return what an organizer should know of the edition's origin before publishing it."""
    if manifest.origin == "import":
        return "the edition was imported: whoever has its source knows the labels."
    return None
