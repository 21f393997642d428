"""Saying how a header differs from the columns that a file needs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from customs_data.files.problems import Problem

_LONGEST_NAME: Final = 40
_MOST_NAMES: Final = 25
_CLOSE: Final = 0.75
# More missing columns than this, next to unknown ones, are listed side by side.
_FEW: Final = 3
_INDEX: Final = "index=False"
_LOOKS_LIKE_DATA: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9.]+")
_FEWEST_DATA: Final = 0.3


def header_problems(header: Sequence[str], wanted: Sequence[str]) -> list[Problem]:
    """Return the problems of a header: missing, unknown and repeated columns.

    Parameters
    ----------
    header : sequence of str
        Column names of the file.
    wanted : sequence of str
        Column names that it needs, in any order.

    Examples
    --------
    >>> for problem in header_problems(["Date", "hs6_code", ""], ["Date", "HS6 Code"]):
    ...     print(problem)
    Missing columns: HS6 Code.
    Unknown columns: 'hs6_code' (rename it to HS6 Code), '' (an index? pandas: index=False).
    """
    missing = [name for name in wanted if name not in header]
    extra = [name for name in dict.fromkeys(header) if name not in wanted]
    repeated = [name for name in wanted if header.count(name) > 1]
    close = close_names(extra, missing)
    problems = []
    if len(missing) == len(wanted) and _is_row(header):
        return [Problem(f"Line 1 looks like a row. Put a header before it: {','.join(wanted)}")]
    if len(header) == 1 and len(wanted) > 1 and missing:
        message = f"The header is one cell, {quoted(header[0])}, instead of: {','.join(wanted)}"
        return [Problem(message)]
    if len(missing) > _FEW and extra:
        foreign = [*close.values(), *(name for name in extra if name not in close.values())]
        message = f"Missing columns: {len(missing)}, unknown columns: {len(extra)}"
        ordered = [*close, *(name for name in missing if name not in close)]
        problems.append(Problem(message, details=_side_by_side(ordered, foreign, len(close))))
    else:
        new_names = {old: new for new, old in close.items()}
        if missing:
            problems.append(Problem(f"Missing columns: {_listed(missing)}"))
        if extra:
            texts = [_with_advice(name, new_names) for name in extra]
            problems.append(Problem(f"Unknown columns: {_listed(texts)}"))
    if repeated:
        problems.append(Problem(f"Repeated columns: {_listed(repeated)}"))
    return problems


def close_names(unknown: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    """Return the unknown name that is most like each wanted one; names without any are left out.

    Examples
    --------
    >>> close_names(["ITEM_PRICE", "weight"], ["Item Price", "Net Mass"])
    {'Item Price': 'ITEM_PRICE'}
    """
    plain = {_plain(name): name for name in unknown if _plain(name)}
    result = {}
    for name in wanted:
        nearest = get_close_matches(_plain(name), plain, n=1, cutoff=_CLOSE)
        if nearest:
            result[name] = plain.pop(nearest[0])
    return result


def quoted(name: str) -> str:
    """Return a column name of a file in quotes, without control characters, shortened."""
    return repr(name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…")


def _plain(name: str) -> str:
    """Return a name in small letters without marks between its words."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    return re.sub(r"[\W_]+", "", words).casefold()


def _with_advice(name: str, new_names: dict[str, str]) -> str:
    if name == "" or re.fullmatch(r"Unnamed: \d+|__index_level_\d+__", name):
        return f"{quoted(name)} (an index? pandas: {_INDEX})"
    advice = f" (rename it to {new_names[name]})" if name in new_names else ""
    return quoted(name) + advice


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _is_row(header: Sequence[str]) -> bool:
    """Return whether cells of a header are dates or numbers, as in a row."""
    n_data = sum(_LOOKS_LIKE_DATA.fullmatch(name) is not None for name in header)
    return n_data >= max(2, _FEWEST_DATA * len(header))


def _side_by_side(missing: Sequence[str], unknown: Sequence[str], n_alike: int) -> tuple[str, ...]:
    """Return lines with a missing name and one of the file; the first `n_alike` pairs are alike."""
    n_lines = min(max(len(missing), len(unknown)), _MOST_NAMES)
    width = max(map(len, (*missing, "missing")))
    left = [*missing, *[""] * n_lines][:n_lines]
    right = [*map(quoted, unknown), *[""] * n_lines][:n_lines]
    lines = [f"{'missing':{width}}   in the file{' (~ alike)' if n_alike else ''}"]
    for place, (name, other) in enumerate(zip(left, right, strict=True)):
        lines.append(f"{name:{width}} {'~' if place < n_alike else ' '} {other}".rstrip())
    rest = len(unknown) - n_lines
    return (*lines, f"{'':{width}}   and {rest} more") if rest > 0 else tuple(lines)
