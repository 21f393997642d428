"""The page for users who outgrow their machine: two looks at an edition."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from command_line import BLOCK
from customs_data.edition.importing import import_edition

PAGE = Path(__file__).parents[2] / "docs/SCALE.md"


@pytest.mark.parametrize("library", ["duckdb", "polars"])
def test_two_lines_look_at_an_edition(library, sample, tmp_path, monkeypatch):
    import_edition(sample, tmp_path / "my-edition", label_rate=0.5, file_format="parts")
    monkeypatch.chdir(tmp_path / "my-edition/public")
    blocks = [code for _, code in BLOCK.findall(PAGE.read_text(encoding="utf-8"))]
    (code,) = (code for code in blocks if re.search(rf"^import {library}\b", code))
    assert len([line for line in code.splitlines() if line]) == 2
    names = {}
    exec(code, names)
    offices = names["offices"]
    train = pd.read_parquet("train")
    assert train["Fraud"].isna().any()
    by_office = train.groupby("Office ID")["Fraud"].agg(["size", "mean"])
    assert len(by_office) > 1
    expected = [(office, n, pytest.approx(rate)) for office, n, rate in by_office.itertuples()]
    shown = offices.fetchall() if library == "duckdb" else offices.collect().rows()
    assert sorted(shown) == expected
