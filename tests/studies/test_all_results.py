from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from customs_baselines.experiments.results_file import FORMAT
from customs_data.errors import KitError
from studies.all_results import STEPS, Step, make_all

ROOT = Path(__file__).parents[2]
#: `one` finishes; `two` stops until there is a file `mended`, and goes on with what it has.
MAKEFILE = """
one:
\techo one >> log
\techo 1 > one.txt
two:
\techo two >> log
\tcat half.txt >> log || echo 22 > half.txt
\ttest -f mended
"""
TWO_STEPS = (Step("one", ("one.txt",)), Step("two", ("half.txt",)))


@pytest.fixture
def root(tmp_path):
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "one.txt").write_text("of an earlier world")
    (tmp_path / "half.txt").write_text("of an earlier world")
    return tmp_path


def test_after_a_stop_the_finished_step_is_not_repeated_and_the_other_goes_on(root):
    record = root / "record.json"
    with pytest.raises(KitError, match="`make two` failed"):
        make_all(root, record, steps=TWO_STEPS)
    done = {name: entry["done"] for name, entry in json.loads(record.read_text())["steps"].items()}
    assert done == {"one": True, "two": False}
    (root / "mended").touch()
    make_all(root, record, steps=TWO_STEPS)
    # The earlier results of `two` were discarded once; the second time it found its own.
    assert (root / "log").read_text().split() == ["one", "two", "two", "22"]
    assert all(entry["done"] for entry in json.loads(record.read_text())["steps"].values())
    make_all(root, record, steps=TWO_STEPS)
    assert len((root / "log").read_text().split()) == 4


def test_fresh_begins_every_step_again_and_another_world_asks_for_it(root):
    (root / "mended").touch()
    record = root / "record.json"
    make_all(root, record, steps=TWO_STEPS)
    make_all(root, record, steps=TWO_STEPS, fresh=True)
    assert (root / "log").read_text().split() == ["one", "two"] * 2
    record.write_text(json.dumps(json.loads(record.read_text()) | {"sha256": "another"}))
    with pytest.raises(KitError, match="another configuration"):
        make_all(root, record, steps=TWO_STEPS)


def test_a_step_whose_runs_failed_is_not_finished(root):
    (root / "Makefile").write_text("one:\n\tcp grid one.txt\n")
    grid = {"format": FORMAT, "runs": {"a": {}, "b": {"error": "no memory"}}}
    (root / "grid").write_text(json.dumps(grid))
    with pytest.raises(KitError, match=r"1 runs of .* failed, such as b"):
        make_all(root, root / "record.json", steps=TWO_STEPS[:1])
    assert json.loads((root / "record.json").read_text())["steps"]["one"]["done"] is False


def test_every_step_is_a_target_and_writes_the_files_it_names():
    makefile = (ROOT / "Makefile").read_text().replace("$(RESULTS)", "baselines/results")
    for step in STEPS:
        target = re.search(rf"^{step.target}: .*\n(\t.*\n)+", makefile, re.MULTILINE)
        for file in step.files:
            grid = file.replace(".json", ".toml")
            assert file in target[0] or grid in target[0], (step.target, file)


def test_the_record_has_every_step():
    """A step that was added later is not finished because its target was run by hand."""
    steps = json.loads((ROOT / "baselines/results/all_results.json").read_text())["steps"]
    missing = [step.target for step in STEPS if not steps.get(step.target, {}).get("done")]
    assert not missing, f"`make all-results` goes on with {', '.join(missing)}"
