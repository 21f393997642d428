"""An edition of generator version 1 is read, verified, scored and revealed as it was then."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from customs_data.edition.hidden import load_solution
from customs_data.edition.loading import load_edition
from customs_data.edition.reveal import blueprint_of, verify_reveal, write_reveal
from customs_data.edition.verification import verify_edition
from customs_data.errors import KitError
from customs_kit.commands.data.check import verify
from customs_scorer.ranking import score_files
from customs_scorer.yardsticks import make_reference
from old_archives import unpack

OLD = Path(__file__).parents[1] / "old_versions/0.1.0"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("old")
    unpack(OLD / "edition.tar.gz", folder)
    return folder


def test_it_is_whole_and_its_task_is_fraud(unpacked):
    failed = [check.name for check in verify_edition(unpacked / "edition") if not check.passed]
    # The archive does not keep that hidden/ is closed to others.
    assert set(failed) <= {"hidden/ is closed to others"}
    edition = load_edition(unpacked / "edition")
    assert edition.task.name == "fraud"
    written = (edition.layout.public / "edition.json").read_text(encoding="utf-8")
    assert edition.manifest.to_json() == written
    assert "task" not in json.loads(written)
    assert len(load_solution(edition.layout)) == len(edition.test)


def test_its_scorecard_is_the_same_byte_by_byte(unpacked):
    edition = load_edition(unpacked / "edition")
    (standing,) = score_files([OLD / "submission.csv"], edition)
    card = standing.as_dict() | {"file": "submission.csv"} | make_reference(edition).as_dict()
    assert card.pop("ties")  # new, as are the base rates and the prior
    assert card.pop("prior") is None  # what its oracle has counts as the ceiling
    for period in ("public", "private"):
        base_rate = card[period]["n_fraud"] / card[period]["n_declarations"]
        assert card[period].pop("chance_precision_at_5") == base_rate
        assert card[period].pop("chance_precision_at_10") == base_rate
    assert json.dumps([card], indent=2) + "\n" == (OLD / "scorecard.json").read_text()


def test_its_reveal_is_checked_and_written_again_the_same(unpacked):
    edition, revealed = unpacked / "edition", unpacked / "reveal.json.gz"
    labels, regeneration = verify_reveal(edition, revealed)
    assert (labels.name, labels.passed, labels.skipped) == ("revealed labels", True, False)
    assert (regeneration.name, regeneration.skipped) == ("regeneration", True)
    assert "generator version 1" in regeneration.explanation
    assert "git tag world-1" in regeneration.explanation
    write_reveal(edition, unpacked / "again.json")
    assert (unpacked / "again.json").read_bytes() == gzip.decompress(revealed.read_bytes())


def test_its_labels_are_compared_with_the_commitment(unpacked):
    content = json.loads(gzip.decompress((unpacked / "reveal.json.gz").read_bytes()))
    content["solution"] = content["solution"].replace(",0,0,Private", ",1,1,Private", 1)
    (unpacked / "false.json").write_text(json.dumps(content))
    labels, _ = verify_reveal(unpacked / "edition", unpacked / "false.json")
    assert not labels.passed


def test_the_command_says_what_it_skips(unpacked):
    arguments = [str(unpacked / name) for name in ("edition", "reveal.json.gz")]
    done = CliRunner().invoke(verify, [arguments[0], "--revealed", arguments[1]])
    assert "ok       revealed labels: The revealed labels are the ones committed to." in done.output
    assert "skipped  regeneration: The edition is of generator version 1" in done.output


def test_it_cannot_be_made_again(unpacked):
    manifest = load_edition(unpacked / "edition").manifest
    with pytest.raises(KitError, match="The git tag world-1 of customs-kit makes it again"):
        blueprint_of(manifest)
