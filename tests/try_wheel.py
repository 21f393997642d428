"""Install the built wheel into an environment without this repository and use it.

The environment imports the dependencies installed here, so that nothing is downloaded twice; the
kit itself comes from the wheel. Usage: python tests/try_wheel.py dist
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

PROBE = """
import importlib.util, pathlib, sys
import customs_kit, customs_data, customs_scorer, customs_baselines, customs_leaderboard
from customs_baselines.catalogue import list_baselines
from customs_data.tasks import find_task
from customs_leaderboard.publishing.metric_files import standalone_program
for package in (customs_kit, customs_data, customs_scorer, customs_baselines, customs_leaderboard):
    assert pathlib.Path(package.__file__).is_relative_to(sys.prefix), package.__file__
assert len(list_baselines()) > 10
assert "def score(" in standalone_program(find_task())
assert callable(customs_kit.load_edition)
assert importlib.util.find_spec("studies") is None
"""
#: Folders of the wheel; studies stay in the repository.
IN_WHEEL = {
    "customs_baselines",
    "customs_data",
    "customs_kit",
    "customs_leaderboard",
    "customs_scorer",
}
#: Files that others need to test and change the kit.
IN_SOURCE = (
    "README.md",
    "LICENSE",
    "CITATION.cff",
    "Makefile",
    "constraints.txt",
    "tests/conftest.py",
    "docs/course/workshop.py",
)
COURSE = Path(__file__).parents[1] / "docs/course"
#: Notebooks of the course's first day, which need nothing but the wheel and the course's pages.
FIRST_DAY = ("1_declarations", "2_risk_profiles", "3_trees")


def main(dist: Path) -> None:
    """Try every archive of a folder."""
    (wheel,) = dist.glob("*.whl")
    (source,) = dist.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert set(IN_SOURCE) <= names, set(IN_SOURCE) - names
    with zipfile.ZipFile(wheel) as archive:
        folders = {name.split("/", 1)[0] for name in archive.namelist()}
    folders = {folder for folder in folders if not folder.endswith(".dist-info")}
    assert folders == IN_WHEEL, folders ^ IN_WHEEL
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        venv.create(root / "env", with_pip=True)
        python = root / "env/bin/python"
        run(root, python, "-m", "pip", "install", "--quiet", "--no-deps", wheel.resolve())
        installed = subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        # Folders in a .pth file come after the wheel's own, and their .pth files are not read:
        # the editable installation of this repository stays invisible.
        paths = Path(installed.stdout.strip()) / "dependencies.pth"
        paths.write_text("\n".join(dependency_folders()) + "\n", encoding="utf-8")
        run(root, python, "-c", PROBE)
        kit = root / "env/bin/customs-kit"
        run(root, kit, "--version")
        run(root, kit, "data", "generate", "--seed", "1", "--rows", "3000", "--out", "edition")
        run(root, kit, "start", "team", "--edition", "edition")
        run(root / "team", kit, "baseline", "run", "my_model.py:MyModel")
        out = ("--out", "bundle.zip", "--closes", "2035-01-01", "--practice")
        run(root, kit, "publish", "codabench", "edition", *out)
        run_first_day(root / "course", python)
    print(f"{wheel.name} works where it is installed alone.")  # noqa: T201


def run_first_day(folder: Path, python: Path) -> None:
    """Run the cells of the first day's notebooks, in a folder that has only the course's files."""
    folder.mkdir()
    shutil.copyfile(COURSE / "workshop.py", folder / "workshop.py")
    for name in FIRST_DAY:
        notebook = json.loads((COURSE / f"{name}.ipynb").read_text(encoding="utf-8"))
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        code = "\n".join("".join(cell["source"]) for cell in cells)
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
        subprocess.run(
            [str(python), f"{name}.py"],
            cwd=folder,
            env={**os.environ, "MPLBACKEND": "agg"},
            check=True,
        )


def dependency_folders() -> list[str]:
    """Folders of the packages installed here."""
    return [path for path in sys.path if path.endswith("site-packages")] or [
        sysconfig.get_path("purelib")
    ]


def run(folder: Path, *command: object) -> None:
    subprocess.run([str(word) for word in command], cwd=folder, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
