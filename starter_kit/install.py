"""Install customs-kit from this checkout into a virtual environment; `make run` calls it.

    python3 starter_kit/install.py .venv
    python3 starter_kit/install.py .venv --extras leaderboard --builds default

On Linux, plain pip fetches gigabytes that only NVIDIA GPUs use. Without such a GPU, this installs

* the CPU build of PyTorch, from PyTorch's own index;
* XGBoost without NCCL (0.5 GB), which several GPUs need to work together. pip cannot leave out a
  dependency, so XGBoost and customs-kit are installed with --no-deps, and everything else that
  they need by name. `pip check` then says that nvidia-nccl-cu12 is missing.

XGBoost's own CPU build (`xgboost-cpu`) is smaller still, but it rounds differently: the same seed
gives other trees.

What the environment contains already stays. The file uses no syntax newer than Python 3.8, so that
an older Python than the kit's can say which one is needed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SUPPORTED = ((3, 11), (3, 12), (3, 13))
# Measured with the versions of constraints.txt (docs/VERSIONS.md has the table).
CPU_SIZE = "about 0.8 GB to download and 2 GB on disk"
CUDA_SIZE = "several GB, mostly CUDA"
NOT_INSTALLED = "pip could not install the packages; its last lines are above."
# pip's lines that say what it does: the verb, and a short object.
_STEP = re.compile(
    r"\s*(Collecting|Downloading|Using cached|Installing collected packages|Building)\b:?\s*(.*)"
)


class InstallError(Exception):
    """A sentence for the user."""


def supported_python() -> str:
    """Return this Python's path, or that of a supported one on PATH."""
    if sys.version_info[:2] in SUPPORTED:
        return sys.executable
    for major, minor in reversed(SUPPORTED):
        other = shutil.which(f"python{major}.{minor}")
        if other:
            print(f"Python {_version()}: customs-kit needs 3.11 to 3.13, using {other}.")
            return other
    raise InstallError(
        f"customs-kit needs Python 3.11 to 3.13, and this is {_version()}. Install one of them, "
        "then: make run PYTHON=python3.13"
    )


def _version() -> str:
    return ".".join(str(part) for part in sys.version_info[:3])


def has_nvidia_gpu() -> bool:
    """Whether the driver of an NVIDIA GPU is loaded (in WSL, a GPU is /dev/dxg)."""
    return any(Path(path).exists() for path in ("/proc/driver/nvidia/version", "/dev/dxg"))


def make_environment(folder: Path) -> Path:
    """Create the virtual environment, unless it exists, and return its Python."""
    python = folder / "bin" / "python"
    if not python.exists():
        is_new = not folder.exists()
        made = subprocess.run(
            [sys.executable, "-m", "venv", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if made.returncode:
            if is_new:
                shutil.rmtree(folder, ignore_errors=True)
            no_pip = "ensurepip" in made.stdout
            hint = " On Debian and Ubuntu: apt install python3-venv" if no_pip else ""
            problem = made.stdout.strip().splitlines()[-1].rstrip(".")
            raise InstallError(f"The environment {folder} cannot be made: {problem}.{hint}")
    return python


def requirements(extras: list[str]) -> list[str]:
    """Return the dependencies of customs-kit, with those of its extras."""
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    wanted = list(project["dependencies"])
    optional = project["optional-dependencies"]
    unknown = [extra for extra in extras if extra not in optional]
    if unknown:
        raise InstallError(f"Unknown extra {unknown[0]}: choose {', '.join(sorted(optional))}.")
    for extra in extras:
        for dependency in optional[extra]:
            own = re.match(r"customs-kit\[(.+)\]$", dependency)
            wanted += optional[own.group(1)] if own else [dependency]
    return wanted


def is_xgboost(dependency: str) -> bool:
    """Whether a dependency is XGBoost; what it needs itself, the kit needs as well."""
    return re.match(r"xgboost\b", dependency) is not None


class Pip:
    """Calls of pip in an environment, with one line of progress.

    Parameters
    ----------
    python : path
        Python of the environment.
    """

    def __init__(self, python: Path) -> None:
        self.python = str(python)
        self._terminal = sys.stderr.isatty()

    def has(self, package: str) -> bool:
        """Whether a package is installed."""
        show = [self.python, "-m", "pip", "show", "--quiet", package]
        return subprocess.run(show, stderr=subprocess.DEVNULL).returncode == 0

    def install(self, *arguments: str) -> str:
        """Install packages in the tested versions; return pip's output if it failed."""
        command = [self.python, "-m", "pip", "install", "--disable-pip-version-check"]
        # Modules are compiled when they are first imported: most never are, and all of them take
        # 0.3 GB.
        command += ["--no-compile", "--progress-bar", "off"]
        command += ["--constraint", str(ROOT / "constraints.txt")]
        pip = subprocess.Popen(
            [*command, *arguments],
            cwd=str(ROOT),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        output = []
        status = _Status(self._terminal)
        for line in pip.stdout:
            output.append(line)
            step = _STEP.match(line)
            if step:
                status.show(_short(*step.groups()))
        pip.wait()
        status.end()
        return "".join(output[-20:]) if pip.returncode else ""

    def compile_modules(self) -> None:
        """Compile all installed modules; those that are broken on purpose stay as they are."""
        command = "import compileall, sysconfig as s; "
        command += "compileall.compile_dir(s.get_path('purelib'), quiet=2, workers=0)"
        subprocess.run([self.python, "-c", command], check=False)


def _short(verb: str, what: str) -> str:
    """Return a step of pip in few words."""
    if verb.startswith("Installing"):
        return f"installing {what.count(',') + 1} packages"
    name = re.split(r"[<>=!~ (\[;]", what, maxsplit=1)[0]
    if name.endswith(".whl"):
        name = "-".join(name.split("-")[:2])
    size = re.search(r"\(([^()]+B)\)$", what)
    return f"{verb.lower()} {name}" + (f" ({size.group(1)})" if size else "")


class _Status:
    """A line that is written again every second, with the time since the start."""

    def __init__(self, terminal: bool) -> None:
        self._text = "asking for versions"
        self._start = time.time()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)
        if terminal:
            self._thread.start()

    def show(self, text: str) -> None:
        """Change the text."""
        self._text = text

    def end(self) -> None:
        """Clear the line."""
        if self._thread.is_alive():
            self._ended.set()
            self._thread.join()
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def _tick(self) -> None:
        width = shutil.get_terminal_size().columns - 1
        while not self._ended.wait(1):
            seconds = int(time.time() - self._start)
            line = f"  {seconds // 60}:{seconds % 60:02} {self._text}"
            sys.stderr.write("\r\033[K" + line[:width])
            sys.stderr.flush()


def install(folder: Path, extras: list[str], builds: str) -> None:
    """Install customs-kit with its dependencies."""
    linux = sys.platform == "linux"
    cpu = linux and (builds == "cpu" or (builds == "auto" and not has_nvidia_gpu()))
    pip = Pip(make_environment(folder))
    wanted = requirements(extras)
    if extras:
        print(f"Adding to {folder}: {', '.join(extras)}.")
    elif cpu:
        why = "TORCH=cpu" if builds == "cpu" else "no NVIDIA GPU; TORCH=default installs others"
        print(f"Installing into {folder}: CPU builds ({why}), {CPU_SIZE}.")
    else:
        print(f"Installing into {folder}: {CUDA_SIZE if linux else CPU_SIZE}.")
    if cpu:
        if not pip.has("torch"):
            print("  PyTorch, CPU build ...")
            problem = pip.install("--no-deps", "--index-url", CPU_INDEX, "torch")
            if problem and builds == "cpu":
                raise InstallError(
                    f"{problem}{CPU_INDEX} has no PyTorch for this machine, or cannot be reached. "
                    "Try again, or take pip's default build: make run TORCH=default"
                )
            if problem:
                print(
                    f"  {CPU_INDEX} cannot be reached: pip installs its default build of PyTorch "
                    f"({CUDA_SIZE})."
                )
        if not pip.has("xgboost"):
            print("  XGBoost, without NCCL ...")
            problem = pip.install("--no-deps", *(one for one in wanted if is_xgboost(one)))
            if problem:
                raise InstallError(problem + NOT_INSTALLED)
        wanted = [one for one in wanted if not is_xgboost(one)]
    print(f"  {len(wanted)} packages and what they need ...")
    problem = pip.install(*wanted) or pip.install("--no-deps", "--editable", str(ROOT))
    if problem:
        raise InstallError(problem + NOT_INSTALLED)
    if "dev" in extras and os.environ.get("PYTHONDONTWRITEBYTECODE"):
        # Tests start hundreds of processes, and Python may not keep what each of them compiles.
        print("  Compiling modules ...")
        pip.compile_modules()


def main() -> None:
    """Read the arguments, find a Python that the kit supports, and install."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="virtual environment, made if it is missing")
    parser.add_argument("--extras", default="", help="such as leaderboard or dev,ctgan")
    parser.add_argument(
        "--builds",
        choices=("auto", "cpu", "default"),
        default="auto",
        help="auto: CPU builds where there is no NVIDIA GPU",
    )
    arguments = parser.parse_args()
    try:
        python = supported_python()
        if python != sys.executable:
            os.execv(python, [python, *sys.argv])
        extras = [extra for extra in arguments.extras.split(",") if extra]
        install(arguments.folder, extras, arguments.builds)
    except InstallError as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit("Aborted. The same command resumes.")


if __name__ == "__main__":
    main()
