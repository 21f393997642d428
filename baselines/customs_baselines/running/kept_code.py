"""The code of a team's own model, kept beside its submission."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

from customs_baselines.running.own_model import own_parts
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically

#: Folder of the copies, in a run's folder and in the child's.
CODE: Final = "code"
# The kit's own packages; its version is in the record.
_KIT: Final = "customs_"


def save_imported_modules(root: Path, out: Path) -> None:
    """Copy the modules below `root` that this process has imported, and that `out` lacks.

    Installed packages are left out: their versions belong in the record.

    Parameters
    ----------
    root : path
        Folder of the model's file.
    out : path
        Folder for the copies, which have the same relative paths.
    """
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or not file.endswith(".py") or name.startswith(_KIT):
            continue
        path = Path(file).resolve()
        if not path.is_relative_to(root) or path.is_relative_to(sys.prefix):
            continue
        relative = path.relative_to(root)
        if "site-packages" in relative.parts or (out / relative).exists() or not path.is_file():
            continue
        (out / relative).parent.mkdir(parents=True, exist_ok=True)
        (out / relative).write_bytes(path.read_bytes())


def read_own_file(reference: str) -> dict[str, bytes]:
    """Return the file of ``FILE.py:NAME`` by its name; nothing for a baseline.

    Raises
    ------
    KitError
        If it cannot be read, because it has gone since the plan was made, for instance.
    """
    own = own_parts(reference)
    if own is None:
        return {}
    path = own[0]
    try:
        return {path.name: path.read_bytes()}
    except OSError as error:
        raise KitError(f"{path} cannot be read: {error.strerror}.") from None


def read_code(folder: Path) -> dict[str, bytes]:
    """Return the files in ``code/`` of a folder by their relative path."""
    root = folder / CODE
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def keep_code(folder: Path, code: dict[str, bytes]) -> dict[str, str]:
    """Write files into ``code/`` of a run's folder; return their SHA-256 (hexadecimal).

    Raises
    ------
    KitError
        If a file cannot be written.
    """
    for name, content in code.items():
        write_atomically(folder / CODE / name, content)
    return {name: sha256(content).hexdigest() for name, content in code.items()}
