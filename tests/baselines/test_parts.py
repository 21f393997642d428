"""Models on an edition in parts do what they do on the same edition in files."""

from __future__ import annotations

import pytest
from pandas.testing import assert_frame_equal

from customs_baselines.relational import relbench_task
from customs_baselines.running.plan import Plan
from customs_baselines.running.runner import run_baselines
from customs_data.edition.loading import load_edition


def test_a_baseline_writes_the_same_submission(twins, tmp_path):
    written = []
    for path in twins:
        out = tmp_path / path.parent.name
        (record,), _ = run_baselines(Plan(("risk_profile",)), load_edition(path), out, n_jobs=1)
        written.append((record.submission.read_bytes(), record.scores))
    assert written[0] == written[1]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
def test_relbench_gets_the_same_tables(twins):
    one, parts = (relbench_task(load_edition(path), with_answers=True) for path in twins)
    for name, table in one.get_db().table_dict.items():
        assert_frame_equal(parts.get_db().table_dict[name].df, table.df)
    for split in ("train", "val"):
        assert_frame_equal(parts.get_table(split).df, one.get_table(split).df)
