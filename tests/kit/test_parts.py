"""Commands on an edition in parts: made, checked, given to a team, and imported."""

from __future__ import annotations

import gzip
import json

from click.testing import CliRunner
from pandas.testing import assert_frame_equal

from customs_data.edition.loading import load_edition
from customs_data.files.writing import write_table
from customs_kit.cli import customs_kit
from customs_kit.sklearn import fetch_customs
from customs_kit.workspace import make_workspace


def run(*arguments):
    answer = CliRunner().invoke(customs_kit, [*map(str, arguments)], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_reports_are_those_of_the_edition_in_files(twins):
    for command in ("verify", "describe", "release-report"):
        one, parts = (json.loads(run("data", command, path, "--json")) for path in twins)
        assert one == parts, command


def test_a_profile_of_a_folder_of_parts_is_that_of_its_file(twins, tmp_path):
    one, parts = twins.one / "public/train.parquet", twins.parts / "public/train"
    written = []
    for place in (one, parts):
        out = tmp_path / f"{place.name}.json.gz"
        run("data", "profile", place, "--out", out, "--min-count", "3")
        written.append(gzip.decompress(out.read_bytes()))
    assert written[0] == written[1]


def test_a_workspace_has_the_parts(twins, tmp_path):
    make_workspace(tmp_path / "team", twins.parts)
    public = tmp_path / "team/edition/public"
    names = {path.relative_to(public) for path in public.rglob("*")}
    source = twins.parts / "public"
    assert names == {path.relative_to(source) for path in source.rglob("*")}
    assert not (tmp_path / "team/edition/hidden").exists()
    assert_frame_equal(fetch_customs(public.parent).data, load_edition(twins.one).train)


def test_declarations_are_imported_into_parts(sample, tmp_path):
    for name, frame in sample.items():
        write_table(frame, tmp_path / f"{name}.csv")
    files = [tmp_path / f"{name}.csv" for name in sample]
    run("data", "import", *files, "--format", "parts", "--out", tmp_path / "edition")
    assert (tmp_path / "edition/public/train/part-00001.parquet").is_file()
    run("data", "verify", tmp_path / "edition")
    assert len(load_edition(tmp_path / "edition").train) == len(sample["train"])
