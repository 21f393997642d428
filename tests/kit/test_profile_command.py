from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from absent_columns import LEAST, make_lacking
from customs_data.edition.manifest import read_manifest
from customs_data.errors import KitError
from customs_data.files.writing import write_table
from customs_data.private_profile import noise
from customs_data.profile import load_profile
from customs_kit.cli import customs_kit
from customs_kit.commands.data.profile import profile


@pytest.fixture(scope="module")
def declarations(traders, tmp_path_factory):
    path = tmp_path_factory.mktemp("profile") / "declarations.csv"
    write_table(traders, path)
    return path


def kit(*arguments):
    return CliRunner().invoke(customs_kit, list(map(str, arguments)))


def test_a_private_profile_says_what_it_guarantees(declarations, tmp_path):
    out = tmp_path / "private.json.gz"
    ran = kit("data", "profile", declarations, "--epsilon", 50, "--out", out, "--json")
    privacy = json.loads(ran.stdout)["privacy"]
    assert privacy["noise"] == "secure"
    assert privacy["epsilon"] <= 50
    assert load_profile(out).privacy.epsilon == privacy["epsilon"]
    ran = kit("data", "release-report", out, "--json")
    assert json.loads(ran.stdout)["epsilon_recomputed"] == pytest.approx(privacy["epsilon"])


def test_without_epsilon_it_says_that_it_guarantees_nothing(declarations, tmp_path):
    ran = kit("data", "profile", declarations, "--out", tmp_path / "c", "--min-count", 2)
    assert "This is no guarantee of privacy" in ran.stdout


@pytest.mark.parametrize("options", [["--min-count", 2], ["--epsilon", 90]])
def test_what_a_source_lacks_is_said_wherever_its_profile_goes(tmp_path, options):
    absent = [name for name in LEAST["Importer ID", "Item Price"] if name != "Country of Origin"]
    make_lacking(tmp_path / "edition", absent, n=4000)
    out, world = tmp_path / "profile", tmp_path / "world"
    sentence = "Absent from the source, and in a world as in the public release: Office ID, "
    ran = kit("data", "profile", tmp_path / "edition", "--out", out, *options)
    assert ran.exit_code == 0, ran.output
    assert sentence in ran.stdout
    assert "Extra columns, which a world does not have: Gross Mass, Channel." in ran.stdout
    profiled = load_profile(out)
    assert [*profiled.absent] == absent
    assert {*profiled.extra} == {"Gross Mass", "Channel"}
    ran = kit("data", "generate", "--seed", 1, "--rows", 300, "--profile", out, "--out", world)
    assert sentence in ran.stdout
    assert read_manifest(world / "public").configuration["filled"] == absent
    assert sentence in (world / "public" / "DATASHEET.md").read_text()
    assert kit("data", "verify", world, "--profile", out).exit_code == 0
    ran = kit("data", "release-report", out, "--source", tmp_path / "edition", "--json")
    facts = json.loads(ran.stdout)
    assert sentence in facts["facts"]["absent columns"]
    assert "Gross Mass" in facts["facts"]["extra columns"]


def test_without_importers_only_a_profile_without_a_guarantee_is_made(tmp_path):
    make_lacking(tmp_path / "edition", ["Importer ID"])
    profiled = "data", "profile", tmp_path / "edition", "--out", tmp_path / "profile"
    ran = kit(*profiled, "--epsilon", 1)
    assert isinstance(ran.exception, KitError)
    assert "A private profile protects importers" in str(ran.exception)
    assert not (tmp_path / "profile").exists()
    assert kit(*profiled, "--min-count", 2).exit_code == 0
    ran = kit("data", "release-report", tmp_path / "profile", "--source", tmp_path / "edition")
    assert "The attack was not rehearsed: the source lacks Importer ID." in ran.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--delta", "1e-9"], "--delta is for private profiles"),
        (["--most-declarations", "5"], "--most-declarations is for private profiles"),
        (["--epsilon", "1", "--min-count", "3"], "--min-count is for profiles without"),
        (["--epsilon", "0"], "0"),
        (["--epsilon", "nan"], "not a finite number"),
        (["--epsilon", "1", "--unit", "declarant"], "importer"),
    ],
)
def test_options_that_do_not_fit_are_wrong_usage(declarations, tmp_path, options, message):
    ran = kit("data", "profile", declarations, "--out", tmp_path / "x", *options)
    assert ran.exit_code == 2
    assert message in ran.output


def test_a_missing_library_is_one_sentence_with_the_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)
    noise._opendp.cache_clear()
    with pytest.raises(KitError, match=r"pip install 'customs-kit\[privacy\]'"):
        noise.SecureNoise()
    noise._opendp.cache_clear()


def test_no_option_sets_a_seed_or_weakens_the_noise():
    names = {option for parameter in profile.params for option in parameter.opts}
    assert names == {
        "source", "--out", "--epsilon", "--delta", "--unit", "--most-declarations", "--min-count",
        "--note", "--json",
    }  # fmt: skip
