"""Editions in parts, and editions made by several processes: the same bytes, the same rows."""

from __future__ import annotations

import os
import signal
from functools import partial
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from customs_data.cluster import cluster_executor, open_cluster
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.manifest import Manifest, read_manifest
from customs_data.edition.verification import verify_edition
from customs_data.edition.writing import source
from customs_data.errors import KitError
from customs_data.files.table_parts import joint_sha256, table_parts
from customs_data.files.writing import csv_chunks
from customs_data.keyed_random import secret_of_seed
from customs_data.parallel import processes, threads

N_ROWS = 2_400


def make(out: Path, file_format: str, executor=None, task: str = "fraud") -> Manifest:
    blueprint = read_blueprint(n_declarations=N_ROWS, label_rate=0.2, erasure="importer", task=task)
    return generate_edition(
        blueprint,
        secret_of_seed(4),
        out,
        origin="published-seed",
        seed=4,
        name="made",
        file_format=file_format,
        executor=executor,
    )


def content(edition: Path) -> dict[str, str]:
    """Return the SHA-256 of all files, of Parquet that of the rows."""
    digests = {}
    for path in sorted(edition.rglob("*")):
        if path.suffix == ".parquet":
            rows = b"".join(csv_chunks(pq.read_table(path)))
            digests[str(path.relative_to(edition))] = sha256(rows).hexdigest()
        elif path.is_file() and path.name != "croissant.json":
            digests[str(path.relative_to(edition))] = sha256(path.read_bytes()).hexdigest()
    return digests


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> dict[str, Path]:
    """Editions made without an executor, by format."""
    folder = tmp_path_factory.mktemp("alone")
    for file_format in ("csv", "parquet", "parts"):
        make(folder / file_format, file_format)
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def parts(alone) -> Path:
    return alone["parts"]


@pytest.mark.parametrize("pool", [processes(2), threads(7)])
def test_workers_change_no_byte(alone, tmp_path, pool):
    with pool as executor:
        for file_format, path in alone.items():
            made = make(tmp_path / file_format, file_format, executor)
            assert made == read_manifest(path / "public")
            assert content(tmp_path / file_format) == content(path)


def test_the_manifest_names_the_parts(parts):
    manifest = read_manifest(parts / "public")
    assert manifest.format_version == 3
    record = manifest.files["train"]
    assert len(record.parts) == 12  # a month each
    assert record.rows == manifest.rows["train"] == sum(part.rows for part in record.parts)
    digests = []
    for path, part in zip(table_parts(parts / "public/train"), record.parts, strict=True):
        table = pq.read_table(path)
        digests.append(sha256(b"".join(csv_chunks(table))).hexdigest())
        assert (table.num_rows, digests[-1]) == (part.rows, part.sha256)
    joint = sha256(b"".join(bytes.fromhex(digest) for digest in digests)).hexdigest()
    assert record.sha256 == joint == joint_sha256(digests)
    assert manifest.files["sample_submission"].parts == ()


def test_long_months_have_several_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "PART_ROWS", 50)
    made = make(tmp_path / "e", "parts")
    for table, n_months in (("train", 12), ("test", 6)):
        rows = [part.rows for part in made.files[table].parts]
        assert max(rows) == 50
        assert len(rows) > 2 * n_months
    n_parts = len(made.files["train"].parts) + len(made.files["test"].parts)
    assert len(table_parts(tmp_path / "e/hidden/truth")) == n_parts
    assert all(check.passed for check in verify_edition(tmp_path / "e"))


@pytest.mark.parametrize("task", ["scheme", "networks", "hs6"])
def test_other_tasks_in_parts(tmp_path, task, monkeypatch):
    rows = {"scheme": 20_000, "networks": 8_000, "hs6": 4_000}
    monkeypatch.setitem(globals(), "N_ROWS", rows[task])
    make(tmp_path / "e", "parts", task=task)
    assert all(check.passed for check in verify_edition(tmp_path / "e"))


class Killing(source.SimulatedSource):
    """A source whose months of training end their process while they are written, at first."""

    marker: Path

    def batches(self, period):
        batches = super().batches(period)
        if period != "train":
            return batches
        return [
            source.Batch(it.period, it.n_rows, partial(end_process_once, self.marker, it.make))
            for it in batches
        ]


def end_process_once(marker, make):
    parts = list(make())
    yield parts[0]
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    yield from parts[1:]


@pytest.fixture
def killing(tmp_path_factory, monkeypatch):
    monkeypatch.setattr("customs_data.edition.generating.SimulatedSource", Killing)
    marker = tmp_path_factory.mktemp("killing") / "marker"
    monkeypatch.setattr(Killing, "marker", marker, raising=False)
    return marker


def test_a_worker_killed_midway_on_a_cluster_changes_no_byte(alone, tmp_path, killing):
    with open_cluster("local:2", shared=tmp_path) as client:
        made = make(tmp_path / "e", "parts", cluster_executor(client))
    assert killing.exists()
    assert made == read_manifest(alone["parts"] / "public")
    assert content(tmp_path / "e") == content(alone["parts"])


@pytest.mark.usefixtures("killing")
def test_a_killed_worker_ends_with_a_sentence_and_leaves_nothing(tmp_path):
    with pytest.raises(KitError, match="A worker process was ended"), processes(2) as executor:
        make(tmp_path / "e", "parts", executor)
    assert list(tmp_path.iterdir()) == []
