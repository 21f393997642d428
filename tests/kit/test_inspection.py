"""`customs-kit inspection`: what is no sensible request is refused in one sentence."""

from __future__ import annotations

import pytest

from forked_command import kit_in_fork


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--explore-share", "nan"), "nan is not a finite number"),
        (("--week-timeout", "inf"), "not in the range"),
        (("--strategy-seed", "-1"), "not in the range"),
        (("--explore", "nope"), "'disagreement', 'diverse', 'gated', 'random'"),
        (("--edition", "practice-edition", "--worlds", "2"), "--worlds is for simulated worlds"),
    ],
)
def test_wrong_usage_is_named(tmp_path, options, message):
    (tmp_path / "practice-edition").mkdir()
    options = [str(tmp_path / it) if it == "practice-edition" else it for it in options]
    ran = kit_in_fork("inspection", "run", "random", *options, "--out", tmp_path / "out")
    assert ran.status == 2
    assert message in " ".join(ran.stderr.split())
    assert not (tmp_path / "out").exists()


def test_a_world_that_is_shorter_than_asked_is_told(tmp_path):
    ran = kit_in_fork(
        "inspection", "run", "random", "--rows", "1000", "--weeks", "60", "--rate", "0.2",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert ran.status == 0, ran.stderr
    assert "steady-0 has 52 weeks to play, not 60." in ran.stderr
