"""What went wrong in a model: the line of the team's file, the error's first line, the way out."""

from __future__ import annotations

import re
import sys
import traceback
from difflib import get_close_matches
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Final

_MOST_CHARACTERS: Final = 400
# A library's own source line and time before its message: [12:00:00] /src/data.cc:507: ...
_ORIGIN: Final = re.compile(r"^(\[[\d:]+\] )?\S+\.(cc|cpp|cu|h|hpp|cuh):\d+:? ?")
_NOT_NUMBERS: Final = re.compile(r"to float|dtype|datetime64", re.IGNORECASE)
_RELATIVE: Final = re.compile(r"\s*from\s+\.+\s*(\w*)\s+import\s+(.+?)\s*(#.*)?$")


def describe_error(error: BaseException, file: Path | None) -> str:
    """Return one line: where in the team's files, the error, and a way out where one is known.

    Parameters
    ----------
    error : exception
        Raised by a model, with its traceback.
    file : path or None
        File of a team's own model.
    """
    text = f"{type(error).__name__}: {_first_line(error)}".removesuffix(": ")
    if file is None:
        return text
    place = _place(error, file.parent)
    hint = _hint(error, file, None if place is None else place[1])
    return "".join([f"{place[0]}: " if place else "", text, f". {hint}" if hint else ""])


def describe_place(error: BaseException, file: Path | None) -> str:
    """Return where in the team's files an error was raised, such as ``"my_model.py, line 3: "``."""
    place = None if file is None else _place(error, file.parent)
    return "" if place is None else f"{place[0]}: "


def _first_line(error: BaseException) -> str:
    """First line that says something; the others are frames of compiled code, or details."""
    try:
        lines = [line.strip() for line in str(error).splitlines()]
    except Exception:  # a class whose __str__ fails
        return ""
    if isinstance(error, SyntaxError):
        lines = [error.msg]
    line = next((_ORIGIN.sub("", line) for line in lines if line), "")
    return line if len(line) <= _MOST_CHARACTERS else f"{line[:_MOST_CHARACTERS]} ..."


def _place(error: BaseException, folder: Path) -> tuple[str, str] | None:
    """Return the innermost line of the team's files, in words and as source."""
    if isinstance(error, SyntaxError) and error.filename and _is_own(error.filename, folder):
        return f"{_short(error.filename, folder)}, line {error.lineno}", error.text or ""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if _is_own(frame.filename, folder):
            place = f"{_short(frame.filename, folder)}, line {frame.lineno}"
            inside = "" if frame.name.startswith("<") else f", in {frame.name}"
            return place + inside, frame.line or ""
    return None


def _is_own(name: str, folder: Path) -> bool:
    """Whether a source file is the team's: below its folder, and not in an environment there."""
    path = Path(name)
    installed = {"site-packages", "dist-packages"} & {*path.parts}
    kit = Path(__file__).parents[1]
    # The environment may be below the folder, and so may this code.
    parts_of_python = (Path(sys.base_prefix) / "lib", Path(sys.prefix) / "lib", kit)
    if installed or any(path.is_relative_to(part) for part in parts_of_python):
        return False
    return path.is_relative_to(folder)


def _short(name: str, folder: Path) -> str:
    return str(Path(name).relative_to(folder))


def _hint(error: BaseException, file: Path, line: str | None) -> str:
    if line is None and _NOT_NUMBERS.search(_first_line(error)):
        return (
            "X has columns of text and dates. In a Pipeline, put a step before it that makes "
            "numbers of them, such as make_features('kit') of customs_kit or a ColumnTransformer."
        )
    line = line or ""
    if isinstance(error, FileNotFoundError) and isinstance(error.filename, str | bytes | Path):
        return _missing_file(error.filename, file)
    if isinstance(error, ImportError) and "relative import" in str(error):
        return _relative_import(line, file.parent)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing_module(error.name, file)
    return _hidden_library(error, file.parent)


def _missing_file(name: str | bytes | Path, file: Path) -> str:
    path = Path(name.decode(errors="replace") if isinstance(name, bytes) else name)
    if path.is_absolute():
        return ""
    return (
        f"The model runs in the folder of {file.name} ({file.parent}), which has no such file. A "
        f"path that is right from anywhere: Path(__file__).parent / {path.name!r}"
    )


def _relative_import(line: str, folder: Path) -> str:
    match = _RELATIVE.match(line)
    if match is None:
        return "The file is no package: write the import without the dot."
    module, names = match.group(1), match.group(2)
    exists = [
        name
        for name in ([module] if module else re.findall(r"\w+", names))
        if (folder / f"{name}.py").is_file() or (folder / name).is_dir()
    ]
    if not exists:
        return "The file is no package: write the import without the dot."
    if module:
        return f"The file is no package: write `from {module} import {names}`."
    return f"The file is no package: write `import {', '.join(exists)}`."


def _missing_module(name: str, file: Path) -> str:
    siblings = [it.stem for it in file.parent.glob("*.py") if it != file]
    if near := get_close_matches(name, siblings, 1):
        return f"Did you mean {near[0]}, which is beside {file.name}?"
    return f"Neither beside {file.name} nor installed for {sys.executable}."


def _hidden_library(error: BaseException, folder: Path) -> str:
    """Find out whether a file of the team was imported in place of a library."""
    if not isinstance(error, ImportError | AttributeError):
        return ""
    if isinstance(error, ImportError):
        path = Path(error.path or "")
    else:
        path = Path(str(getattr(error.obj, "__file__", "")))
        if not isinstance(error.obj, ModuleType):
            return ""
    if path.parent != folder:
        return ""
    elsewhere = [place for place in sys.path if Path(place).resolve() != folder]
    is_library = path.stem in sys.stdlib_module_names or PathFinder.find_spec(path.stem, elsewhere)
    return f"Rename {path.name}: it hides the library of the same name." if is_library else ""
