"""A team's own model, given as `FILE.py:NAME`: the reference, read without running the file."""

from __future__ import annotations

import ast
from difflib import get_close_matches
from pathlib import Path

from customs_data.errors import KitError

#: Functions and endings of classes whose result is a model, in the source of a file.
_MAKERS = ("make_pipeline", "Pipeline")
_ENDINGS = ("Classifier", "Pipeline", "Regression", "SearchCV", "NB", "SVC")


def split_reference(reference: str) -> tuple[Path, str] | None:
    """Return file and name of ``FILE.py:NAME``, or None for the name of a baseline.

    ``FILE.py`` alone is enough for a file with one model.

    Raises
    ------
    KitError
        If the file does not exist, is no Python file, or has no model or several and none is named.
    """
    if reference.endswith((".py", ".py:")):
        path = _existing(reference.removesuffix(":"))
        return path, _only_model(path, reference.removesuffix(":"))
    file, colon, name = reference.rpartition(":")
    if ".ipynb" in (Path(reference).suffix, Path(file).suffix):
        raise KitError(
            f"{reference}: a notebook cannot be run. Put the model into a .py file and give "
            "FILE.py:NAME."
        )
    if not colon:
        return None
    if not file.endswith(".py"):
        as_path = f"{file.replace('.', '/')}.py"
        near = next((it for it in (f"{file}.py", as_path) if Path(it).is_file()), None)
        raise KitError(
            f"{file!r} in {reference!r} is not a .py file. "
            + (f"Did you mean {near}:{name}?" if near else "Give your own model as FILE.py:NAME.")
        )
    path = _existing(file)
    if not name.isidentifier():
        raise KitError(
            f"{name!r} in {reference!r} is not a name in Python. Name a class, an estimator or a "
            "function of the file."
        )
    return path, name


def own_parts(reference: str) -> tuple[Path, str] | None:
    """Return file and name of a whole ``FILE.py:NAME`` as `Run.model` has it, or None.

    Unlike `split_reference` it does not look at the disk: the file may have gone since.
    """
    file, colon, name = reference.rpartition(":")
    return (Path(file), name) if colon else None


def _existing(file: str) -> Path:
    path = Path(file).resolve()
    if path.is_file():
        return path
    if path.parent.is_dir():
        near = get_close_matches(path.stem, [it.stem for it in path.parent.glob("*.py")], 1)
        if near:
            name = Path(file).with_name(f"{near[0]}.py")
            raise KitError(f"No such file: {file}. Did you mean {name}?")
    raise KitError(f"No such file: {file}.")


def _only_model(path: Path, reference: str) -> str:
    """Return the name of the only model of a file."""
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"{path.name}, line {line}" if line else path.name
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise KitError(f"{where}: {reason}.") from None
    names = models_in(tree)
    if len(names) == 1:
        return names[0]
    if not names:
        raise KitError(
            f"{reference} names no model, and none was recognized in the file. Give the name of a "
            f"class, an estimator or a function: {reference}:NAME."
        )
    raise KitError(
        f"{reference} contains several models: {', '.join(names)}. Name one, such as "
        f"{reference}:{names[0]}."
    )


def models_in(tree: ast.Module) -> list[str]:
    """Return the names in a file that look like models, or like strategies with ``select``.

    Examples
    --------
    >>> models_in(ast.parse('''
    ... class Base: ...
    ... class MyModel(Base):
    ...     def fit(self, X, y): ...
    ...     def predict_proba(self, X): ...
    ... pipe = make_pipeline(StandardScaler(), LogisticRegression())
    ... def rows(X): return len(X)
    ... '''))
    ['MyModel', 'pipe']
    """
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    # A class that another one derives from is a part of it.
    bases = {getattr(base, "id", "") for node in classes.values() for base in node.bases}
    names = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            methods = _methods(node.name, classes)
            is_whole = {"fit", "predict_proba"} <= methods or "select" in methods
            if (is_whole or any(map(_names_model, node.bases))) and node.name not in bases:
                names.append(node.name)
        elif isinstance(node, ast.Assign) and _is_model(node.value):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.FunctionDef) and _returns_model(node):
            names.append(node.name)
    return list(dict.fromkeys(names))


def _methods(name: str, classes: dict[str, ast.ClassDef], depth: int = 20) -> set[str]:
    """Names of the methods of a class and its bases in the same file."""
    if name not in classes or depth == 0:
        return set()
    bases = [base.id for base in classes[name].bases if isinstance(base, ast.Name)]
    own = {node.name for node in classes[name].body if isinstance(node, ast.FunctionDef)}
    return own.union(*(_methods(base, classes, depth - 1) for base in bases))


def _returns_model(function: ast.FunctionDef) -> bool:
    models = {
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and _is_model(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return any(
        _is_model(node.value) or (isinstance(node.value, ast.Name) and node.value.id in models)
        for node in ast.walk(function)
        if isinstance(node, ast.Return)
    )


def _is_model(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and _names_model(value.func)


def _names_model(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in _MAKERS or name.endswith(_ENDINGS)
