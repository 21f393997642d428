"""The benchmark of engines: all of them make the same columns, and a difference is reported."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from customs_baselines.features.kit import KitFeatures
from customs_baselines.features.row_blocks import read_all
from customs_data.edition.importing import import_edition
from customs_data.schema import KEY

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def benchmark():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        yield import_module("engines")


@pytest.fixture(scope="module")
def engines(benchmark):
    return import_module("feature_engines")


@pytest.fixture(scope="module")
def source(sample, tmp_path_factory):
    """Training declarations in Parquet; some labels, sellers and couriers are empty."""
    folder = tmp_path_factory.mktemp("engines") / "edition"
    import_edition(sample, folder, label_rate=0.5, file_format="parquet")
    return folder / "public/train.parquet"


@pytest.fixture(scope="module")
def outs(engines, source):
    starts = engines.stretches_of(source)
    assert len(starts) == engines.N_CELLS - 1
    outs = {name: source.parent / f"{name}.parquet" for name in engines.ENGINES}
    for name, out in outs.items():
        engines.ENGINES[name](source, out, starts)
    return outs


def test_all_engines_make_the_same_columns(benchmark, engines, outs):
    assert len(engines.COUNTS) + len(engines.PROFILES) == 42
    for out in outs.values():
        assert benchmark.largest_difference(outs["kit"], out) <= benchmark.TOLERANCE


def test_parts_make_the_same_bits_as_the_whole(outs, engines, source, monkeypatch):
    monkeypatch.setattr(engines, "ROWS_AT_A_TIME", 400)
    out = source.parent / "merged.parquet"
    engines.with_kit_in_parts(source, out, engines.stretches_of(source))
    pd.testing.assert_frame_equal(
        pd.read_parquet(outs["kit"]), pd.read_parquet(out), check_exact=True
    )


def test_the_columns_are_those_of_the_recipe(engines, outs, source, monkeypatch):
    monkeypatch.setattr("customs_baselines.features.kit.N_CELLS", engines.N_CELLS)
    table = import_module("pyarrow.parquet").read_table(source)
    y = table["Fraud"].fill_null(-1).to_numpy().astype(np.int8)
    X = pd.read_parquet(source).drop(columns=["Fraud", "Critical Fraud"])
    kit = KitFeatures()
    features = pd.DataFrame(read_all(kit.fit_rows(X, y)), columns=kit.feature_names())
    made = pd.read_parquet(outs["kit"])
    assert made[KEY].tolist() == X[KEY].tolist()
    made[engines.COUNTS] = np.log1p(made[engines.COUNTS])
    expected = features[[*engines.COUNTS, *engines.PROFILES]]
    pd.testing.assert_frame_equal(made.drop(columns=KEY), expected, check_exact=True)


@pytest.mark.parametrize("change", [("count of Importer ID", 1), ("risk of Seller ID", 1e-6)])
def test_a_difference_is_reported(benchmark, outs, tmp_path, change):
    name, added = change
    made = pd.read_parquet(outs["kit"])
    made.loc[3, name] += added
    made.to_parquet(tmp_path / "other.parquet", index=False)
    with pytest.raises(SystemExit, match="differ"):
        benchmark.largest_difference(outs["kit"], tmp_path / "other.parquet")
