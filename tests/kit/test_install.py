"""starter_kit/install.py: which packages are installed, and what it says when it cannot."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

INSTALL = Path(__file__).parents[2] / "starter_kit" / "install.py"


@pytest.fixture
def script() -> SimpleNamespace:
    """Names of the script; its functions share the dictionary `names`."""
    names = runpy.run_path(str(INSTALL))
    return SimpleNamespace(**names, names=names["install"].__globals__)


class FakePip:
    """Record what pip would install; `installed` packages are there, `broken` steps fail."""

    def __init__(self, installed: tuple[str, ...] = (), broken: tuple[str, ...] = ()) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.installed, self.broken = installed, broken

    def has(self, package: str) -> bool:
        return package in self.installed

    def install(self, *arguments: str) -> str:
        self.calls.append(arguments)
        return "no network\n" if any(word in self.broken for word in arguments) else ""


def installed(
    script: Any, pip: FakePip, monkeypatch: pytest.MonkeyPatch, *, builds: str, gpu: bool = False
) -> list[tuple[str, ...]]:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setitem(script.names, "has_nvidia_gpu", lambda: gpu)
    monkeypatch.setitem(script.names, "make_environment", lambda folder: folder)
    monkeypatch.setitem(script.names, "Pip", lambda python: pip)
    script.install(Path("env"), [], builds)
    return pip.calls


def test_the_file_is_read_by_old_pythons() -> None:
    """An old Python must get as far as naming the versions it may be."""
    ast.parse(INSTALL.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_another_python_is_named(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(script.shutil, "which", lambda name: None)
    with pytest.raises(
        script.InstallError, match=r"needs Python 3.11 to 3.13, and this is 3.9.2.*PYTHON="
    ):
        script.supported_python()
    monkeypatch.setattr(script.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert script.supported_python() == "/usr/bin/python3.13"


def test_without_a_gpu_pytorch_is_the_cpu_build_and_nccl_stays_out(
    script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch, xgboost, others, own = installed(script, FakePip(), monkeypatch, builds="auto")
    assert torch == ("--no-deps", "--index-url", script.CPU_INDEX, "torch")
    assert xgboost[0] == "--no-deps"
    assert xgboost[1].startswith("xgboost>=")
    assert not any(script.is_xgboost(one) for one in others)
    assert any(one.startswith("torch>=") for one in others)  # what torch itself needs
    assert own[:2] == ("--no-deps", "--editable")


@pytest.mark.parametrize(("builds", "gpu"), [("auto", True), ("default", False)])
def test_with_a_gpu_pip_decides(
    script: Any, monkeypatch: pytest.MonkeyPatch, builds: str, gpu: bool
) -> None:
    others, _own = installed(script, FakePip(), monkeypatch, builds=builds, gpu=gpu)
    assert any(script.is_xgboost(one) for one in others)


def test_what_is_installed_stays(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = FakePip(installed=("torch", "xgboost"))
    others, _own = installed(script, pip, monkeypatch, builds="auto")
    assert script.CPU_INDEX not in others
    assert not any(script.is_xgboost(one) for one in others)  # pip would add its NCCL


def test_an_index_out_of_reach(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Detected: said, and pip's build is taken. Asked for: an error."""
    broken = (script.CPU_INDEX,)
    assert len(installed(script, FakePip(broken=broken), monkeypatch, builds="auto")) == 4
    assert "cannot be reached: pip installs its default build" in capsys.readouterr().out
    with pytest.raises(script.InstallError, match="TORCH=default"):
        installed(script, FakePip(broken=broken), monkeypatch, builds="cpu")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Collecting matplotlib>=3.9 (from customs-kit==0.1.0)", "collecting matplotlib"),
        (
            "  Downloading catboost-1.2.10-cp311-cp311-manylinux2014_x86_64.whl (97.2 MB)",
            "downloading catboost-1.2.10 (97.2 MB)",
        ),
        ("Installing collected packages: mpmath, xxhash, numpy", "installing 3 packages"),
    ],
)
def test_steps_of_pip_in_few_words(script: Any, line: str, words: str) -> None:
    step = script.names["_STEP"].match(line)
    assert script.names["_short"](*step.groups()) == words


def test_extras_are_resolved(script: Any) -> None:
    wanted = script.requirements(["dev"])
    assert any(one.startswith("fastapi") for one in wanted)  # dev contains leaderboard
    assert not any(one.startswith("customs-kit") for one in wanted)
    with pytest.raises(script.InstallError, match="Unknown extra devs: choose cluster, ctgan, dev"):
        script.requirements(["devs"])


def test_an_environment_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = subprocess.run(
        [sys.executable, str(INSTALL), str(tmp_path / "file" / "env")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: The environment")
    assert "Traceback" not in ended.stderr
