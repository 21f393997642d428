"""A team's own model: `FILE.py:CLASS`."""

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
        If it looks like a file but has no class, or the file does not exist.
    """
    file, colon, class_name = reference.rpartition(":")
    if not colon and reference.endswith(".py"):
        raise KitError(
            f"A model of your own must be given as FILE.py:CLASS, however: {reference!r} names no "
            f"class. Try {reference}:MyModel."
        )
    if not colon or not file.endswith(".py"):
        return None
    path = Path(file).resolve()
    if not path.is_file():
        raise KitError(f"{file} does not exist. Check the path.")
    if not class_name.isidentifier():
        raise KitError(
            f"The class in {reference!r} must be a Python name, however: {class_name!r}."
        )
    return path, class_name


def load_own_class(path: Path, class_name: str) -> type:
    """Run a team's file and return its class; modules beside the file can be imported.

    Raises
    ------
    KitError
        If the file holds no such class.
    """
    sys.path.insert(0, str(path.parent))
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module  # so that the class can be pickled by libraries that need to
    spec.loader.exec_module(module)
    found = getattr(module, class_name, None)
    if not isinstance(found, type):
        classes = [
            name
            for name, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module.__name__
        ]
        raise KitError(
            f"{path.name} must define the class {class_name}, however: it defines "
            f"{', '.join(classes) or 'no class'}."
        )
    return found
