"""The largest and smallest values of the schema in files, pages, fidelity and synthesis.

That every model takes them is in tests/baselines/test_models.py.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from customs_data.describing.page import exploration_page
from customs_data.describing.summary import summarize_edition
from customs_data.edition.importing import import_edition
from customs_data.edition.loading import load_edition
from customs_data.edition.verification import verify_edition
from customs_data.fidelity.measure import measure_fidelity
from customs_data.fidelity.sides import Side
from customs_data.files.declarations import read_declarations
from customs_data.files.writing import write_table
from customs_data.schema import COLUMN, FIRST_DAY, LAST_DAY, NUMBER_COLUMNS
from customs_data.synthesis.pipeline import synthesize
from customs_data.synthesis.settings import Settings
from made_up import make_sample


@pytest.fixture(scope="module")
def periods():
    frames = make_sample(900, seed=4)
    for frame in frames.values():
        for place, name in enumerate(NUMBER_COLUMNS):
            column = COLUMN[name]
            values = (0.0, column.maximum, column.smallest_positive, column.maximum)
            frame.loc[3 : 3 + 11, name] = np.roll(np.repeat(values, 3), place)
    frames["train"].loc[0, "Date"] = pd.Timestamp(FIRST_DAY)
    frames["private"].loc[0, "Date"] = pd.Timestamp(LAST_DAY)
    return frames


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_extremes_are_written_and_read_unchanged(periods, file_format, tmp_path):
    write_table(periods["train"], tmp_path / "table", file_format)
    frame = read_declarations(tmp_path / f"table.{file_format}")
    pd.testing.assert_frame_equal(frame, periods["train"], check_exact=True)


def test_an_edition_of_extremes_is_described_on_a_page(periods, tmp_path):
    import_edition(periods, tmp_path / "edition", label_rate=0.5)
    assert all(check.passed for check in verify_edition(tmp_path / "edition"))
    edition = load_edition(tmp_path / "edition")
    summary = summarize_edition(edition)
    for name in NUMBER_COLUMNS:
        quantiles = list(summary["numbers"][name].values())
        assert (quantiles[0], quantiles[-1]) == (0.0, COLUMN[name].maximum)
        assert np.isfinite(quantiles).all()
    assert set(summary["declarations_by_month"]) >= {"1900-01", "2100-12"}
    page = exploration_page(edition, summary)
    assert ">nan<" not in page
    assert ">inf<" not in page


def test_extremes_are_compared_and_synthesized(periods):
    source = periods["train"]
    drawn = synthesize(source, Settings(model="bootstrap", rows=200, seed=1))
    for name in NUMBER_COLUMNS:
        assert drawn[name].between(0.0, COLUMN[name].maximum).all()
    report = measure_fidelity(Side("source", source), Side("drawn", drawn), rows=200)
    json.dumps(report.as_dict(), allow_nan=False)
