"""An edition made by version 0.1.0 is read, verified, scored and revealed as that version did."""

from __future__ import annotations

import gzip
import json
import tarfile
from pathlib import Path

import pytest

from customs_data.edition.loading import load_edition, load_solution
from customs_data.edition.reveal import verify_reveal, write_reveal
from customs_data.edition.verification import verify_edition
from customs_scorer.ranking import score_files
from customs_scorer.yardsticks import make_reference

OLD = Path(__file__).parents[1] / "old_versions/0.1.0"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(OLD / "edition.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_it_is_whole_and_its_task_is_fraud(unpacked):
    failed = [check.name for check in verify_edition(unpacked / "edition") if not check.passed]
    # The archive does not keep that hidden/ is closed to others.
    assert set(failed) <= {"hidden/ is closed to others"}
    edition = load_edition(unpacked / "edition")
    assert edition.task.name == "fraud"
    assert len(load_solution(edition.layout)) == len(edition.test)


def test_its_scorecard_is_the_same_byte_by_byte(unpacked):
    edition = load_edition(unpacked / "edition")
    (standing,) = score_files([OLD / "submission.csv"], edition)
    card = standing.as_dict() | {"file": "submission.csv"} | make_reference(edition).as_dict()
    assert card.pop("ties")  # new, as are the base rates
    for period in ("public", "private"):
        base_rate = card[period]["n_fraud"] / card[period]["n_declarations"]
        assert card[period].pop("chance_precision_at_5") == base_rate
        assert card[period].pop("chance_precision_at_10") == base_rate
    assert json.dumps([card], indent=2) + "\n" == (OLD / "scorecard.json").read_text()


def test_its_reveal_is_checked_and_written_again_the_same(unpacked):
    edition, revealed = unpacked / "edition", unpacked / "reveal.json.gz"
    checks = verify_reveal(edition, revealed)
    assert [check.name for check in checks] == ["revealed labels", "regeneration"]
    assert all(check.passed for check in checks)
    write_reveal(edition, unpacked / "again.json")
    assert (unpacked / "again.json").read_bytes() == gzip.decompress(revealed.read_bytes())
