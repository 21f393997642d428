"""Writing a draft of a column map as TOML, with a comment on every guess."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from customs_data.column_maps.column_map import FileLayout
from customs_data.columns.column_set import suitable_name
from customs_data.errors import printable
from customs_data.schema import KEY


class Guess(NamedTuple):
    """A column of the file that may have a meaning.

    Attributes
    ----------
    meaning : str
        Column of the kit.
    source : str
        Column of the file.
    confidence : float
        From 0 to 1.
    reason : str
    """

    meaning: str
    source: str
    confidence: float
    reason: str


@dataclass
class Draft:
    """What `data import --suggest` understood; fields as in `ColumnMap`.

    Attributes
    ----------
    source : str
        The file.
    n_rows : int
        Rows that were looked at.
    wanted : list of str
        Columns of the edition.
    layout : FileLayout
        Encoding and delimiter.
    guesses : dict of str to Guess
    optional : list of str
        Columns that may be absent.
    """

    source: str
    n_rows: int
    wanted: list[str]
    layout: FileLayout
    guesses: dict[str, Guess]
    optional: list[str] = field(default_factory=list)
    date_format: str = ""
    date_why: str = ""
    hs_digits: int = 0
    countries: str = ""
    decimal: str = "."
    thousands: str = ""
    missing: list[str] = field(default_factory=list)
    is_spreadsheet: bool = False
    digits: dict[str, int] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    items: tuple[str, str] | None = None
    items_why: str = ""
    currency: str = ""
    currencies: list[str] = field(default_factory=list)
    unknown: list[tuple[str, str, str]] = field(default_factory=list)


def write_draft(draft: Draft) -> str:
    """Return a draft as TOML.

    Examples
    --------
    >>> guess = Guess("Date", "Fecha", 0.95, "a Spanish name")
    >>> draft = Draft("export.csv", 10, ["Date"], FileLayout(), {"Date": guess})
    >>> print(write_draft(draft).partition("[columns]")[2].strip())
    "Date" = "Fecha"  # 0.95: a Spanish name
    """
    parts = (_head, _settings, _layout, _columns, _absent, _details, _unknown)
    return "\n".join(line for part in parts for line in part(draft)) + "\n"


def _text(value: str) -> str:
    """Return a TOML string."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    return "# " + " ".join(printable(text).split())


def _head(draft: Draft) -> Iterator[str]:
    yield _comment(f"Column map for {draft.source}, drafted from {draft.n_rows:,} rows.")
    yield "# Each guess has its confidence (0 to 1) and the reason. Check them all, then:"
    name = printable(draft.source)
    yield f"#   customs-kit data import {name} --columns map.toml --public-from YYYY-MM-DD \\"
    yield "#       --private-from YYYY-MM-DD --out EDITION"
    yield ""


def _settings(draft: Draft) -> Iterator[str]:
    if draft.date_format:
        yield f"date_format = {_text(draft.date_format)}  {_comment(draft.date_why)}"
    if draft.hs_digits:
        yield f"hs_digits = {draft.hs_digits}  # of which the first six are kept"
    if draft.countries:
        yield f"countries = {_text(draft.countries)}  # codes of three letters"
    if draft.missing:
        listed = ", ".join(map(_text, draft.missing))
        yield f"missing = [{listed}]  # read as empty cells"
    if draft.is_spreadsheet:
        yield "spreadsheet = true  # IDs, codes or days were written as numbers: 1000.0, 43831"
    yield ""


def _layout(draft: Draft) -> Iterator[str]:
    yield "[file]"
    yield f"encoding = {_text(draft.layout.encoding)}"
    yield f"delimiter = {_text(draft.layout.delimiter)}"
    yield f"decimal = {_text(draft.decimal)}"
    yield f"thousands = {_text(draft.thousands)}"
    yield ""


def _columns(draft: Draft) -> Iterator[str]:
    yield "[columns]"
    for name in draft.wanted:
        if name in draft.guesses:
            _, source, confidence, reason = draft.guesses[name]
            why = _comment(f"{confidence:.2f}: {reason}")
            yield f"{_text(name)} = {_text(source)}  {why}"
    yield ""


def _absent(draft: Draft) -> Iterator[str]:
    names = [
        name
        for name in draft.wanted
        if name not in draft.guesses and not (name == KEY and draft.items)
    ]
    if not names:
        return
    yield "[absent]"
    for name in names:
        if name in draft.optional:
            yield (
                f'{_text(name)} = ""  # no column looks like it: absent from the edition. Or name '
                "one in [columns], or give a value for all rows"
            )
        else:
            yield (
                f'# {_text(name)} = "?"  # no column looks like it, and an edition needs it: name '
                "one in [columns], or give a value for all rows here"
            )
    yield ""


def _details(draft: Draft) -> Iterator[str]:
    if draft.digits:
        yield "[digits]"
        for name, n in draft.digits.items():
            yield f"{_text(name)} = {n}  # shorter ones seem to have lost their leading zeros"
        yield ""
    for name, values in draft.values.items():
        yield f"[values.{_text(name)}]"
        yield from (f"{_text(word)} = {_text(label)}" for word, label in values.items())
        yield ""
    if draft.items:
        yield "[line_items]"
        yield _comment(draft.items_why)
        yield f"number = {_text(draft.items[0])}"
        yield f"line = {_text(draft.items[1])}"
        yield ""
    if draft.currencies:
        yield "[currency]"
        if draft.currency:
            yield f"column = {_text(draft.currency)}"
        else:
            yield f"code = {_text(draft.currencies[0])}  # by the name of the price's column"
        yield "[currency.rates]"
        for code in draft.currencies:
            yield f"{_text(code)} = 0.0  # FILL IN: won for one {printable(code)}"
        yield ""


def _unknown(draft: Draft) -> Iterator[str]:
    if draft.unknown:
        yield "# Not understood, and left out. Without the marks # in front of [extra] and of a"
        yield "# column, models get the column as a feature:"
        yield "# [extra]"
        for name, kind, examples in draft.unknown:
            own = suitable_name(name)
            line = f"{_text(own)} = {{ column = {_text(name)}, type = {_text(kind)} }}"
            yield f"{_comment(line)}  {_comment(f'such as {examples}')}"
