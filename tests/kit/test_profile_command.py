from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

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
