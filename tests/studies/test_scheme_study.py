from __future__ import annotations

import json
from dataclasses import replace

import pytest

from customs_data.errors import KitError
from customs_data.tasks import scheme
from studies.tasks.scheme import measure_worlds


@pytest.fixture
def small(monkeypatch):
    """Worlds of the task may be tiny here."""
    monkeypatch.setattr(scheme, "TASK", replace(scheme.TASK, fewest_declarations=0))
    return {"n_worlds": 1, "seed": 1, "n_declarations": 3_000}


def test_what_is_measured_is_not_measured_again(small, tmp_path):
    path, steps = tmp_path / "scheme.json", []
    measure_worlds(**small, path=path, models=("random",), sizes={}, on_step=steps.append)
    settings = {"models": ("random", "prior"), "sizes": {1_000: 1}, "on_step": steps.append}
    measured = measure_worlds(**small, path=path, **settings)
    assert steps == ["world 1: random", "world 1: prior", "1,000 declarations: world 1"]
    assert json.loads(path.read_text()) == measured
    (world,) = measured["worlds"]
    assert set(world) == {"ceiling", "prior of the world", "chance", "random", "prior"}
    ranked = {name: values["mean_average_precision"] for name, values in world.items()}
    assert ranked["ceiling"] > ranked["prior of the world"] > ranked["chance"] > 0.01
    assert measure_worlds(**small, path=path, **settings) == measured
    assert len(steps) == 3
    with pytest.raises(KitError, match="another configuration"):
        measure_worlds(**(small | {"seed": 2}), path=path, **settings)
