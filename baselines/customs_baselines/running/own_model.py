"""A team's own model, given as `FILE.py:CLASS`."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from customs_data.errors import KitError


def split_reference(reference: str) -> tuple[Path, str] | None:
    """Return file and class of ``FILE.py:CLASS``, or None for the name of a baseline.

    Raises
    ------
    KitError
        If the reference is a file without a class, or the file does not exist.
    """
    file, colon, class_name = reference.rpartition(":")
    if not colon and reference.endswith(".py"):
        raise KitError(
            f"{reference} names no class. Give your own model as FILE.py:CLASS, such as "
            f"{reference}:MyModel."
        )
    if not colon or not file.endswith(".py"):
        return None
    path = Path(file).resolve()
    if not path.is_file():
        raise KitError(f"No such file: {file}.")
    if not class_name.isidentifier():
        raise KitError(f"{class_name!r} in {reference!r} is not the name of a Python class.")
    return path, class_name


def load_own_class(path: Path, class_name: str, source: bytes | None = None) -> type:
    """Run a team's file and return its class; the file can import modules beside it.

    `source` is run in place of the file's present content.

    Raises
    ------
    KitError
        If the file defines no such class.
    """
    sys.path.insert(0, str(path.parent))
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module  # some libraries pickle the class
    if source is None:
        spec.loader.exec_module(module)
    else:
        exec(compile(source, path, "exec"), vars(module))  # noqa: S102 - a model is a program
    own_class = getattr(module, class_name, None)
    if not isinstance(own_class, type):
        classes = [
            name
            for name, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module.__name__
        ]
        raise KitError(
            f"{path.name} does not define the class {class_name}. Its classes: "
            f"{', '.join(classes) or 'none'}."
        )
    return own_class
