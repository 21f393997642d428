"""The world as a whole: sizes, determinism, identifiers, ranges."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from customs_data.parallel import processes, threads
from customs_data.profile import load_profile
from customs_data.world.configuration import Configuration
from customs_data.world.schemes import SCHEMES
from customs_data.world.simulate import World, simulate
from customs_data.world.tables import DECLARATION_COLUMNS, ORACLE_COLUMNS
from inside_world import SECRET

GOLDEN = "7a7fb95fc97c6c24291eb4250df64b3a810d0881239980e8a11d661309a522dd"


def _digest(world: World) -> str:
    tables = (world.declarations, world.oracle, world.truth, world.networks)
    text = "".join(table.to_csv(index=False) for table in tables)
    return hashlib.sha256(text.encode()).hexdigest()


def test_default_size_has_the_release_s_periods(world: World) -> None:
    dates = world.declarations["Date"]
    assert world.period_rows == (37_385, 8_134, 8_481)
    assert (dates < "2021-01-01").sum() == 37_385
    assert ((dates >= "2021-01-01") & (dates < "2021-04-01")).sum() == 8_134
    assert (dates >= "2021-04-01").sum() == 8_481
    assert dates.max() <= pd.Timestamp("2021-06-30")


def test_unrecorded_columns_agree_with_the_oracle_and_stay_out_of_it(world: World) -> None:
    unrecorded, oracle = world.unrecorded, world.oracle
    assert not set(unrecorded.columns) & {*oracle.columns, *world.declarations.columns}
    in_ring = oracle["Ring"] != ""
    assert (unrecorded["Cluster"][in_ring] == oracle["Ring"][in_ring]).all()
    # The other declarations of a cluster are decoys'.
    cluster = unrecorded["Cluster"][~in_ring & (unrecorded["Cluster"] != "")]
    assert cluster.str.startswith("decoy-").all()
    assert unrecorded["Cluster"][in_ring].str.startswith("ring-").all()
    # A declaration looks like a scheme because of cheating or by habit, never both.
    assert ((oracle["Scheme"] == "") | (unrecorded["Look-alike"] == "")).all()
    assert set(unrecorded["Look-alike"]) == {*SCHEMES, ""}
    late = world.declarations["Date"][unrecorded["Late Cluster"]]
    assert late.min() >= pd.Timestamp("2020-01-01") + pd.Timedelta(days=380)


def test_other_sizes_keep_the_proportions(configuration: Configuration) -> None:
    # 1,000 * 37,385 / 54,000 = 692.3; * 8,134 = 150.6; * 8,481 = 157.1: the largest remainder
    # (.6) takes the one row left after rounding down to 692 + 150 + 157 = 999.
    assert simulate(configuration, SECRET, n_declarations=1_000).period_rows == (692, 151, 157)


def test_columns_types_and_order(world: World) -> None:
    frame = world.declarations
    assert tuple(frame.columns) == DECLARATION_COLUMNS
    assert tuple(world.oracle.columns) == ORACLE_COLUMNS
    assert frame["Date"].is_monotonic_increasing
    assert str(frame["Date"].dtype) == "datetime64[s]"
    for name in ("Tax Rate", "Net Mass", "Item Price"):
        assert frame[name].dtype == np.float64
    for name in ("Fraud", "Critical Fraud"):
        assert frame[name].dtype == np.int8
    assert (frame["Declaration ID"] == world.oracle["Declaration ID"]).all()
    assert frame.drop(columns=["Seller ID", "Courier ID"]).notna().all().all()


def test_same_bytes_for_any_number_of_threads_and_for_processes(
    configuration: Configuration,
) -> None:
    digests = set()
    for pool in (threads(1), threads(2), threads(7), processes(2)):
        with pool as executor:
            world = simulate(configuration, SECRET, n_declarations=9_001, executor=executor)
        digests.add(_digest(world))
    assert len(digests) == 1


def test_secret_and_configuration_decide_everything(configuration: Configuration) -> None:
    first = simulate(configuration, SECRET, n_declarations=2_000)
    again = simulate(configuration, SECRET, n_declarations=2_000)
    other = simulate(configuration, SECRET[::-1], n_declarations=2_000)
    assert _digest(first) == _digest(again)
    assert not set(first.declarations["Importer ID"]) & set(other.declarations["Importer ID"])


def test_identifiers(world: World) -> None:
    frame = world.declarations
    assert frame["Declaration ID"].is_unique
    assert frame["Declaration ID"].str.fullmatch(r"[1-9][0-9]{7}").all()
    for column, length in (("Importer ID", 7), ("Declarant ID", 7), ("Seller ID", 7)):
        assert frame[column].dropna().str.fullmatch(rf"[A-Z0-9]{{{length}}}").all()
    assert frame["Courier ID"].dropna().str.fullmatch(r"[A-Z0-9]{6}").all()
    assert frame["HS6 Code"].str.fullmatch(r"[0-9]{6}").all()


def test_identifier_and_order_tell_nothing(world: World) -> None:
    frame = world.declarations
    fraud = frame["Fraud"].to_numpy() == 1
    number = frame["Declaration ID"].astype(int).to_numpy()
    place = frame.groupby("Date").cumcount().to_numpy()
    for value in (number, place):
        rank = pd.Series(value).rank().to_numpy()
        n_fraud = fraud.sum()
        area = (rank[fraud].sum() - n_fraud * (n_fraud + 1) / 2) / n_fraud / (~fraud).sum()
        assert abs(area - 0.5) < 0.02
    assert abs(np.corrcoef(number, np.arange(len(number)))[0, 1]) < 0.02


def test_missing_cells_tell_no_more_than_chance(world: World) -> None:
    # Filing codes are risky or not by the world's draw, so a missing seller may lean with the
    # mode it depends on; within a mode it must not: five standard errors.
    frame = world.declarations
    for _, part in frame.groupby("Mode of Transport"):
        missing = part["Seller ID"].isna()
        if missing.sum() < 200:
            continue
        gap = part["Fraud"][missing].mean() - part["Fraud"][~missing].mean()
        assert abs(gap) < 5 * np.sqrt(0.25 / missing.sum())


def test_values_are_in_range(world: World) -> None:
    frame = world.declarations
    assert (frame["Net Mass"] > 0).all()
    assert (frame["Item Price"] > 0).all()
    assert frame["Tax Rate"].between(0, 900).all()
    # One decimal of a kilogram, two of a won.
    assert np.allclose(frame["Net Mass"] * 10, (frame["Net Mass"] * 10).round())
    assert (((frame["Item Price"] * 100) - (frame["Item Price"] * 100).round()).abs() < 1e-2).all()


def test_rates_and_labels(world: World) -> None:
    frame, oracle = world.declarations, world.oracle
    assert abs(frame["Fraud"].mean() - 0.2165) < 0.01
    assert abs((frame["Critical Fraud"] == 2).mean() - 0.010) < 0.003
    assert ((frame["Critical Fraud"] > 0) == (frame["Fraud"] == 1)).all()
    probability = oracle["Fraud Probability"]
    assert probability.between(0, 1).all()
    # Labels are drawn with this probability: standard error .0016 over 54,000 rows.
    assert abs(frame["Fraud"].mean() - probability.mean()) < 0.008
    for low in (0.0, 0.1, 0.3, 0.6, 0.8):
        part = probability.between(low, low + 0.1)
        spread = 5 * np.sqrt(0.25 / part.sum())
        assert abs(frame["Fraud"][part].mean() - probability[part].mean()) < spread


def test_most_cheats_have_a_scheme_and_honest_rows_none(world: World) -> None:
    scheme, fraud = world.oracle["Scheme"], world.declarations["Fraud"] == 1
    assert (scheme[~fraud] == "").mean() > 0.97  # 4 % of cheats are missed
    assert (scheme[fraud] != "").mean() > 0.93  # 1 % of honest rows are accused
    assert scheme.nunique() == 8  # seven schemes and none


def test_only_combinations_of_country_codes_that_exist(world: World) -> None:
    goods = load_profile().goods
    countries = set(goods.departure) | set(goods.origin)
    frame = world.declarations
    assert set(frame["Country of Departure"]) | set(frame["Country of Origin"]) <= countries
    assert set(frame["HS6 Code"]) <= set(goods.hs6)


def test_switches(configuration: Configuration) -> None:
    full = simulate(configuration, SECRET, n_declarations=9_000)
    bare = simulate(configuration, SECRET, n_declarations=9_000, with_links=False)
    rings = simulate(configuration, SECRET, n_declarations=9_000, with_decoys=False)

    # Ring rows come through the ring's few brokers, unless links are off.
    def top_share(world: World) -> float:
        frame = world.declarations[world.oracle["Ring"] != ""]
        groups = frame["Declarant ID"].groupby(world.oracle["Ring"])
        return float(groups.agg(lambda ids: ids.value_counts(normalize=True).iloc[0]).mean())

    assert top_share(full) > top_share(bare) + 0.1
    assert abs(rings.declarations["Fraud"].mean() - 0.2165) < 0.02


def test_too_few_declarations_are_refused(configuration: Configuration) -> None:
    with pytest.raises(ValueError, match="at least 100 declarations, not 5"):
        simulate(configuration, SECRET, n_declarations=5)


def test_short_secret_is_refused(configuration: Configuration) -> None:
    with pytest.raises(ValueError, match="at least 8 bytes"):
        simulate(configuration, b"short")


def test_golden_world(configuration: Configuration) -> None:
    # A changed digest means that published practice editions can no longer be made again: raise
    # the version in the configuration, and say so in the changelog.
    assert _digest(simulate(configuration, SECRET, n_declarations=2_000)) == GOLDEN


# numpy names instruction sets by level from 2.4 on and one by one before; it ignores what it does
# not know.
FAST_INSTRUCTIONS = "X86_V3 X86_V4 AVX512_ICL AVX512_SPR AVX512F AVX2 FMA3"


def test_same_bytes_without_fast_instructions() -> None:
    program = (
        "import hashlib, warnings; warnings.simplefilter('ignore')\n"
        "from customs_data.world.configuration import load_configuration\n"
        "from customs_data.world.simulate import simulate\n"
        "world = simulate(load_configuration('practice'), bytes(range(32)), n_declarations=2_000)\n"
        "tables = (world.declarations, world.oracle, world.truth, world.networks)\n"
        "text = ''.join(table.to_csv(index=False) for table in tables)\n"
        "print(hashlib.sha256(text.encode()).hexdigest())\n"
    )
    root = str(Path(simulate.__code__.co_filename).parents[2])
    environment = os.environ | {
        "NPY_DISABLE_CPU_FEATURES": FAST_INSTRUCTIONS,
        "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == GOLDEN
