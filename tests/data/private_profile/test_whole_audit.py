"""Audit of whole profiles: hundreds of them, with and without one importer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customs_data.private_profile.auditing import bound_epsilon_below
from customs_data.private_profile.contributions import bound, read_contributions
from customs_data.private_profile.measuring import measure
from customs_data.private_profile.noise import UNIT, SecureNoise
from customs_data.private_profile.plan import Plan
from recorded_sums import sums_of
from seeded_noise import SeededNoise

PLAN = Plan(3.0)
N_RUNS = 250


@pytest.fixture(scope="module")
def inputs(traders):
    """Declarations of 5,000 importers, and of one more with twenty of its own kind."""
    copies = [
        traders.assign(**{"Importer ID": traders["Importer ID"] + f"-{i}"}) for i in range(10)
    ]
    others = pd.concat(copies, ignore_index=True)
    one = traders.iloc[[0] * 20].assign(**{"Importer ID": "NEW", "HS6 Code": "999999"})
    return others, one


def run_audit(inputs, make_noise):
    """Return the lower bound on epsilon from the likelihood ratio of all tables.

    The attacker knows all declarations, but not whether the one importer was counted.
    """
    others, one = inputs
    given = measure(*_rows([others]), PLAN, SeededNoise(7))
    before, after = (sums_of(frames, PLAN, given) for frames in ([others], [others, one]))
    # Days and products depend on earlier tables; their cells are compared where they are the same.
    change = {
        name: {
            place: np.subtract(total, before[name].get(place, 0)) / UNIT
            for place, total in table.items()
            if np.any(np.subtract(total, before[name].get(place, 0)))
        }
        for name, table in after.items()
        if name != "couriers"
    }
    scores = np.zeros((2, N_RUNS))
    for is_in, frames in enumerate(([others], [others, one])):
        rows = _rows(frames)
        for run in range(N_RUNS):
            tables = measure(*rows, PLAN, make_noise(2 * run + is_in))
            for name, cells in change.items():
                table = tables[name]
                if table.record.known_cells and len(table.cells) != len(given[name].cells):
                    continue
                shown = (
                    dict(enumerate(table.weight)) if table.record.known_cells else table.as_dict()
                )
                for place, moved in cells.items():
                    if place in shown:
                        without = np.asarray(before[name].get(place, 0)) / UNIT
                        ratio = moved * (shown[place] - without - moved / 2)
                        scores[is_in, run] += float(np.sum(ratio)) / table.record.scale**2
    return bound_epsilon_below(scores[0], scores[1], PLAN.delta)


def _rows(frames):
    return (bound(read_contributions(frames), PLAN.most_declarations),)


@pytest.mark.slow
def test_whole_profiles_keep_the_stated_epsilon(inputs):
    assert run_audit(inputs, lambda run: SecureNoise()) < PLAN.epsilon


@pytest.mark.slow
def test_the_audit_notices_that_there_is_hardly_any_noise(inputs):
    assert run_audit(inputs, lambda run: SeededNoise(run, share=0.03)) > PLAN.epsilon
