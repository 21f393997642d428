"""The calibration profile: counts that can be checked by hand, and a lossless file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from customs_data.calibration.counting import make_profile
from customs_data.errors import KitError
from customs_data.profile import load_profile
from customs_data.world.configuration import load_configuration
from customs_data.world.simulate import simulate


def _declarations() -> pd.DataFrame:
    rows = [
        {
            "Declaration ID": str(10_000_000 + i),
            "Date": pd.Timestamp("2020-01-01") + pd.Timedelta(days=i % 3),
            "Office ID": "20" if i < 20 else "40",
            "Process Type": "B",
            "Import Type": "11",
            "Import Use": "21",
            "Payment Type": "11",
            "Mode of Transport": "10",
            "Declarant ID": f"D{i % 2}",
            "Importer ID": f"I{i % 10}",
            "Seller ID": None if i < 15 else "S1",
            "Courier ID": "C1" if i < 6 else None,
            "HS6 Code": "010121" if i < 18 else "950300",
            "Country of Departure": "CN",
            "Country of Origin": "CN",
            "Tax Rate": 8.0,
            "Tax Type": "A",
            "Country of Origin Indicator": "Y",
            "Net Mass": 10.0 if i % 2 else 2.5,
            "Item Price": 1000.0,
            "Fraud": 0,
            "Critical Fraud": 0,
        }
        for i in range(30)
    ]
    return pd.DataFrame(rows)


def test_counts() -> None:
    profile = make_profile(_declarations(), min_count=1, source={"name": "test"})
    assert profile.n_declarations == 30
    assert dict(zip(profile.goods.hs6, profile.goods.count, strict=True)) == {
        "010121": 18,
        "950300": 12,
    }
    assert profile.filing["Office ID"][""] == {"20": 20, "40": 10}
    assert profile.filing["Seller Given"]["10|Y"] == {"0": 15, "1": 15}
    assert profile.day_counts == (10, 10, 10)
    assert profile.courier_counts == (6,)
    assert profile.degrees["Importer ID"] == ((3, 10),)  # ten importers, three rows each
    assert profile.whole_share["mass"]["0"] == 0.0  # 2.5 kg
    assert profile.whole_share["mass"]["1"] == 1.0  # 10 kg


def test_rare_cells_are_left_out() -> None:
    profile = make_profile(_declarations(), min_count=15)
    assert profile.goods.hs6 == ("010121",)
    assert profile.filing["Office ID"][""] == {"20": 20}
    assert profile.courier_counts == ()
    with pytest.raises(KitError, match=r"occurs 19 times\. Lower min_count"):
        make_profile(_declarations(), min_count=19)


def test_what_no_profile_can_do_without_is_named() -> None:
    with pytest.raises(KitError, match="The source lacks Net Mass or Item Price"):
        make_profile(_declarations().drop(columns=["Net Mass", "Item Price"]))


def test_round_trip(tmp_path: Path) -> None:
    profile = load_profile()
    profile.save(tmp_path / "a.json.gz")
    again = load_profile(tmp_path / "a.json.gz")
    assert again == profile
    again.save(tmp_path / "b.json.gz")
    assert (tmp_path / "a.json.gz").read_bytes() == (tmp_path / "b.json.gz").read_bytes()


def test_shipped_profile_tells_where_it_comes_from() -> None:
    profile = load_profile()
    assert profile.source["licence"] == "MIT"
    assert "2208.02484" in profile.source["reference"]
    assert profile.n_declarations == 54_000
    assert profile.min_count == 1


def test_a_world_can_be_made_from_a_profile_of_a_world() -> None:
    configuration = load_configuration("practice")
    source = simulate(configuration, b"a secret of the test", n_declarations=3_000).declarations
    for min_count in (1, 10):
        profile = make_profile(source, min_count=min_count)
        made = simulate(
            configuration, b"another of the test", n_declarations=1_000, profile=profile
        )
        assert len(made.declarations) == 1_000
        assert set(made.declarations["HS6 Code"]) <= set(source["HS6 Code"])
