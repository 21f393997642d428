from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from customs_baselines.experiments.grid import EditionSource, Grid, read_grid
from customs_baselines.experiments.run_grid import run_grid
from customs_data.parallel import threads
from studies.graphfc_variants import graphfc_variants as variants

GRID = Path(variants.__file__).with_suffix(".toml")
SMALL = {"n_masks": 3, "n_networks": 1}


@pytest.mark.training
@pytest.mark.parametrize("name", ["GatedMean", "GraphSAGE", "GraphTransformer", "DualTask"])
def test_variants_score(name, small_edition):
    train, y, test = small_edition.train, small_edition.y, small_edition.test
    keywords = {"y_critical": small_edition.y_critical} if name == "DualTask" else {}
    model = getattr(variants, name)(**SMALL).fit(train, y, **keywords)
    scores = model.predict_proba(test)[:, 1]
    assert np.isfinite(scores).all()
    assert len(np.unique(scores)) > len(scores) // 2


@pytest.mark.training
def test_the_second_task_reads_critical_labels(small_edition):
    train, y, critical = small_edition.train, small_edition.y, small_edition.y_critical
    scores = [
        variants.DualTask(**SMALL).fit(train, y, y_critical=labels).predict_proba(train)[:, 1]
        for labels in (critical, np.minimum(critical, 1))
    ]
    assert not np.allclose(*scores)


@pytest.mark.training
@pytest.mark.parametrize("name", ["Contrastive", "Neighbourhood"])
@pytest.mark.parametrize("every", [1, 8])
def test_pretraining_learns_without_labels(name, every, sample_edition):
    kept = np.arange(len(sample_edition.y)) % every == 0
    y = np.where(kept, sample_edition.y, -1).astype(np.int8)
    model = getattr(variants, name)(**SMALL).fit(sample_edition.train, y)
    losses = np.array(model.networks_.losses_[0])
    assert losses[-20:].mean() < 0.9 * losses[:5].mean()
    assert np.isfinite(model.predict_proba(sample_edition.test)).all()


@pytest.mark.slow
def test_the_study_runs(tmp_path):
    """One variant beside graphfc, on a small world of the study's first seed."""
    grid = read_grid(GRID)
    models = tuple(model for model in grid.blocks[0].models if "/" not in model or "SAGE" in model)
    small = Grid(
        (EditionSource(seeds=grid.sources[0].seeds[:1], rows=1500),),
        (replace(grid.blocks[0], models=models, label_rates=(1.0,)),),
    )
    with threads(1) as executor:
        results = run_grid(small, tmp_path / "results.json", executor=executor)
    assert [run.get("error") for run in results.runs.values()] == [None, None]
    names = [run["baseline"] for run in results.runs.values()]
    assert names == ["graphfc", "graphfc_variants.py:GraphSAGE"]
