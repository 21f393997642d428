"""`data generate` with workers and on a cluster: the same edition, and clear refusals."""

from __future__ import annotations

import json

import pytest

from command_line import kit
from customs_data.edition.manifest import read_manifest
from forked_command import kit_in_fork

SMALL = ("data", "generate", "--rows", "1500", "--format", "parts", "--name", "made", "--json")


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    out = tmp_path_factory.mktemp("alone") / "edition"
    ran = kit_in_fork(*SMALL, "--seed", "1", "--out", out)
    assert ran.status == 0, ran.stderr
    return read_manifest(out / "public")


@pytest.mark.parametrize("how", [("--workers", "2"), ("--cluster", "local:2")])
def test_workers_and_clusters_make_the_same_edition(alone, tmp_path, how):
    out = tmp_path / "new/folders/edition"
    ran = kit(*SMALL, "--seed", "1", "--out", out, *how)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["commitment"] == alone.commitment
    assert read_manifest(out / "public") == alone
    assert [path.name for path in out.parent.iterdir()] == ["edition"]


def test_either_workers_or_a_cluster(tmp_path):
    how = ("--workers", "2", "--cluster", "local:2")
    ran = kit_in_fork(*SMALL, "--seed", "1", "--out", tmp_path / "e", *how)
    assert ran.status == 2
    assert "Give either --workers or --cluster." in ran.stderr


def test_a_secret_does_not_travel_unencrypted_and_stays_unused(tmp_path):
    secret = tmp_path / "s.json"
    assert kit_in_fork("data", "secret", "--out", secret).status == 0
    secretly = (*SMALL, "--secret-file", secret, "--out", tmp_path / "e")
    ran = kit_in_fork(*secretly, "--cluster", "tcp://127.0.0.1:1")
    assert ran.status == 1
    assert "unencrypted" in ran.stderr
    assert not (tmp_path / "e").exists()
    ran = kit_in_fork(*secretly)
    assert ran.status == 0, ran.stderr
