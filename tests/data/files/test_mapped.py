"""Objects in a mapped file: the same content, read-only, and private."""

from __future__ import annotations

import pickle
import stat
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from customs_data.files.mapped import read_mapped, write_mapped
from customs_data.parallel import map_in_order, processes


@dataclass(frozen=True)
class Agents:
    weight: np.ndarray
    name: pa.StringArray
    secret: bytes


AGENTS = Agents(np.linspace(0, 1, 10_007), pa.array(["a", None, "ccc"] * 1_000), b"secret")


@pytest.fixture
def path(tmp_path):
    write_mapped(AGENTS, tmp_path / "agents")
    return tmp_path / "agents"


def test_an_object_is_the_same_after_reading(path):
    again = read_mapped(path)
    assert again.secret == AGENTS.secret
    assert np.array_equal(again.weight, AGENTS.weight)
    assert again.name.equals(AGENTS.name)
    path.unlink()
    assert again.weight.sum() == AGENTS.weight.sum()


def test_arrays_are_views_of_the_file_and_cannot_be_changed(path):
    again = read_mapped(path)
    assert not again.weight.flags.owndata
    assert again.weight.ctypes.data % 64 == 0
    with pytest.raises(ValueError, match="read-only"):
        again.weight[0] = 1.0
    assert len(pickle.dumps(again, protocol=5, buffer_callback=lambda buffer: None)) < 2_000


def test_only_this_user_may_read_the_file_and_it_must_be_new(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_mapped(AGENTS, path)


def test_an_object_without_arrays(tmp_path):
    write_mapped({"no": "arrays", "empty": np.zeros(0)}, tmp_path / "small")
    again = read_mapped(tmp_path / "small")
    assert again["no"] == "arrays"
    assert again["empty"].shape == (0,)


def sum_of(path):
    return float(read_mapped(path).weight.sum())


def test_other_processes_read_it(path):
    with processes(2) as executor:
        assert list(map_in_order(sum_of, [path] * 3, executor)) == [AGENTS.weight.sum()] * 3
