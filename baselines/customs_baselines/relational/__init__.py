"""An edition in the form of RelBench: a database, a task on its entities, and batches of its graph.

===============  ==================================================================
relbench_task    The task of an edition, with its dataset.
column_types     How torch-frame should encode the columns of a database.
TemporalSampler  Samples of earlier neighbours for torch-geometric's NeighborLoader.
===============  ==================================================================

RelBench is an extra: ``pip install 'customs-kit[relbench]'``. It is imported at the first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customs_data.errors import KitError
from customs_data.lazy_names import lazy_names

if TYPE_CHECKING:
    from customs_baselines.relational.database import column_types
    from customs_baselines.relational.sampler import TemporalSampler
    from customs_baselines.relational.task import relbench_task

__all__ = ["TemporalSampler", "column_types", "relbench_task"]

_get, __dir__ = lazy_names(
    __name__,
    {
        "TemporalSampler": "customs_baselines.relational.sampler",
        "column_types": "customs_baselines.relational.database",
        "relbench_task": "customs_baselines.relational.task",
    },
)


def __getattr__(name: str) -> Any:
    """Import a name at its first use.

    Raises
    ------
    KitError
        If it needs RelBench, which is not installed.
    """
    try:
        return _get(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "relbench":
            raise
        raise KitError(
            "RelBench is not installed. It is an extra: pip install 'customs-kit[relbench]'"
        ) from None
