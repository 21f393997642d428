"""Declarations, editions, simulated worlds and synthesizers: the ground floor of customs-kit.

============  =======================================================
Edition       Public data of an edition, as teams use it.
KitError      What a user can mend; every error of the kit is one.
hetero_data   Declarations as a torch-geometric graph.
load_edition  Load an edition by its folder, or the practice edition.
============  =======================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from customs_data.lazy_names import lazy_names

if TYPE_CHECKING:
    from customs_data.edition.by_name import load_edition
    from customs_data.edition.loading import Edition
    from customs_data.errors import KitError
    from customs_data.graph import hetero_data

__all__ = ["Edition", "KitError", "hetero_data", "load_edition"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Edition": "customs_data.edition.loading",
        "KitError": "customs_data.errors",
        "hetero_data": "customs_data.graph",
        "load_edition": "customs_data.edition.by_name",
    },
)
