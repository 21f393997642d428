"""Sums of a private profile's tables before noise."""

from __future__ import annotations

import numpy as np

from customs_data.private_profile.contributions import bound, read_contributions
from customs_data.private_profile.measuring import _Measurer
from customs_data.private_profile.noise import UNIT


class _Recorder(_Measurer):
    """Sums before noise, given what the tables before them released."""

    def __init__(self, contributions, plan, given):
        super().__init__(contributions, plan, None, lambda name: None)
        self.tables = given
        self.sums = {}

    def _release_known(self, name, cells, sums, norm):
        self.sums[name] = dict(enumerate(sums.tolist()))

    def _release_above(self, name, columns, keys, sums, norm):
        texts = keys.texts(np.arange(len(keys.numbers)))
        # Couriers have no texts; their numbers are those of the first part in both inputs.
        cells = keys.numbers.tolist() if columns == ("Courier ID",) else texts
        self.sums[name] = dict(zip(cells, sums.tolist(), strict=True))


def sums_of(frames, plan, given):
    """Return the sums of all tables by cell, in units of a declaration."""
    rows = bound(read_contributions(frames, plan.absent, plan.extra), plan.most_declarations)
    recorder = _Recorder(rows, plan, given)
    recorder.measure_all()
    return recorder.sums


def changes_of(name, before, after, record):
    """Return the changes of a table's cells, which are no larger than its record states."""
    changes = [
        np.subtract(after.get(cell, 0), before.get(cell, 0))
        for cell in after.keys() | before.keys()
    ]
    changes = [change for change in changes if np.any(change)]
    length = np.sqrt(sum(np.sum(np.square(change)) for change in changes)) / UNIT
    assert length <= record.norm, (name, length, record.norm)
    if not record.known_cells:
        assert len(changes) <= record.most_cells, name
    return changes
