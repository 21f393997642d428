"""TOML files into frozen dataclasses: keys and types are checked against the annotations."""

from __future__ import annotations

import codecs
import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from customs_data.errors import KitError
from customs_data.files.recognition import known_format, likely_encoding

Kind = TypeVar("Kind")

_CURLY_QUOTES: Final = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"

#: Annotation -> types of a value that is taken, and what it is called.
_PLAIN: Final[dict[Any, tuple[tuple[type, ...], str]]] = {
    str: ((str,), "text in quotes"),
    Path: ((str, type(Path())), "a path in quotes"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    bool: ((bool,), "true or false"),
    date: ((date,), "a date"),
    datetime: ((datetime,), "a date and time"),
}


def read_toml(path: Path | Traversable) -> dict[str, Any]:
    """Read a TOML file in UTF-8; a byte order mark is skipped, and any line ends are read.

    Raises
    ------
    KitError
        If the file is missing, cannot be read or is not TOML.
    """
    try:
        content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except FileNotFoundError:
        raise KitError(f"No such file: {path}.") from None
    except IsADirectoryError:
        raise KitError(f"{path} is a folder. Name a TOML file in it.") from None
    except OSError as error:
        raise KitError(f"{path} cannot be read: {error.strerror}.") from None
    if (foreign := known_format(content)) is not None:
        raise KitError(f"{path} is {foreign[0]}. It should be TOML, in UTF-8.")
    try:
        text = content.decode("utf-8")
        return tomllib.loads(text.replace("\r\n", "\n").replace("\r", "\n"))
    except UnicodeDecodeError as error:
        encoding = likely_encoding(content, error.start)
        hint = f"It looks like {encoding}; save it as UTF-8" if encoding else "Save it as UTF-8"
        line = content.count(b"\n", 0, error.start) + 1
        raise KitError(f"{path} is not UTF-8 text in line {line}. {hint}.") from None
    except ValueError as error:
        raise KitError(f"{path} is not a TOML file: {error}.{_curly_hint(text)}") from None


def _curly_hint(text: str) -> str:
    """Return a hint if a line that is no comment has quotes as word processors write them."""
    for number, line in enumerate(text.splitlines(), 1):
        if any(mark in line.partition("#")[0] for mark in _CURLY_QUOTES):
            return f' Line {number} has curly quotes: write "straight" ones.'
    return ""


def from_table(kind: type[Kind], table: Mapping[str, Any], where: str) -> Kind:
    """Return a dataclass made from a table of TOML.

    Parameters
    ----------
    kind : type
        Dataclass whose fields are annotated with plain types, Path, Literal, ``X | None``, tuples
        (lists in TOML), dictionaries with text as keys, or other such dataclasses.
    table : mapping
        Keys and values.
    where : str
        File or table, with which messages begin.

    Raises
    ------
    KitError
        If a key is unknown or missing, or a value has the wrong type or is refused by the class.
    """
    try:
        _check_keys(kind, table)
        hints = get_type_hints(kind)
        return kind(**{key: _value(hints[key], value, key) for key, value in table.items()})
    except (KitError, ValueError) as error:
        raise KitError(f"{where}: {error}") from None


def check_types(settings: Any) -> None:
    """Check the values of a dataclass against its annotations.

    Raises
    ------
    KitError
        If one has the wrong type.
    """
    for name, hint in get_type_hints(type(settings)).items():
        _value(hint, getattr(settings, name), name)


def _check_keys(kind: Any, table: Any) -> None:
    if not isinstance(table, Mapping):
        raise KitError(f"expected a table with keys, not {table!r}.")
    accepted = {field.name: field for field in fields(kind) if field.init}
    for key in table:
        if key not in accepted:
            close = get_close_matches(key, accepted, n=1)
            names = f"is it {close[0]!r}?" if close else f"known keys: {', '.join(accepted)}."
            raise KitError(f"unknown key {key!r}; {names}")
    for name, field in accepted.items():
        if name not in table and field.default is field.default_factory is MISSING:
            raise KitError(f"the key {name!r} is missing.")


def _value(hint: Any, value: Any, key: str) -> Any:
    """Check a value against its annotation; lists become tuples, texts become paths."""
    kind, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return value if isinstance(value, hint) else from_table(hint, value, f"[{key}]")
    if kind in (Union, types.UnionType):  # X | None
        return None if value is None else _value(arguments[0], value, key)
    if kind is tuple and isinstance(value, list | tuple):
        any_length = arguments[1:] == (...,)
        if any_length and set(map(type, value)) == {arguments[0]}:  # fast for long lists
            return tuple(value)
        items = arguments[:1] * len(value) if any_length else arguments
        if len(items) == len(value):
            return tuple(_value(item, x, key) for item, x in zip(items, value, strict=True))
    if kind is dict and isinstance(value, Mapping):
        return {name: _value(arguments[1], x, f"{key}.{name}") for name, x in value.items()}
    if kind is Literal and value in arguments:
        return value
    if hint is date and isinstance(value, str):  # JSON has no dates
        return date.fromisoformat(value)
    if kind is None and type(value) in _PLAIN[hint][0]:
        return Path(value) if hint is Path else value
    raise KitError(f"{key} must be {_name(kind, arguments, hint)}, not {value!r}.")


def _name(kind: Any, arguments: tuple[Any, ...], hint: Any) -> str:
    if kind is tuple:
        return "a list" if arguments[1:] == (...,) else f"a list of {len(arguments)} values"
    if kind is dict:
        return "a table"
    return f"one of {', '.join(arguments)}" if kind is Literal else _PLAIN[hint][1]
