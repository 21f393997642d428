"""`data import --suggest`: a draft of a column map, from the names and values of an export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from customs_data.column_maps.column_map import FileLayout, is_country, is_hs
from customs_data.column_maps.conversion import SERIAL_DAY
from customs_data.column_maps.drafting import Draft, Guess, write_draft
from customs_data.column_maps.name_matching import CURRENCY, LINE, match_name
from customs_data.column_maps.recognising import recognise
from customs_data.column_maps.tables import tables_of
from customs_data.column_maps.value_patterns import Values, is_day_unclear, number_marks
from customs_data.columns.column_set import REQUIRED
from customs_data.schema import COLUMN, DECLARED_COLUMNS, KEY, LABEL_COLUMNS, Column
from customs_data.tasks import Task

# Guesses below this confidence are left to the person.
_LEAST: Final = 0.3
# A name whose values do not fit, and values that fit but whose name says nothing.
_UNFIT: Final = 0.4
_BY_VALUES: Final = 0.45
_BY_COMMON_VALUES: Final = 0.35
_MOST_CODES: Final = 300
_CURRENCIES: Final[tuple[str, ...]] = (
    "USD",
    "EUR",
    "JPY",
    "CNY",
    "GBP",
    "BRL",
    "COP",
    "MXN",
    "XOF",
    "XAF",
)


@dataclass
class _Export:
    """The columns of a file, and which of them are taken."""

    columns: list[Values]
    guesses: dict[str, Guess] = field(default_factory=dict)

    def values(self, meaning: str) -> Values | None:
        guess = self.guesses.get(meaning)
        if guess is None:
            return None
        return next(x for x in self.columns if x.name == guess.source)


def suggest_map(path: Path, task: Task) -> str:
    """Draft a column map for an export.

    Parameters
    ----------
    path : path
        File, or folder of files of which the first is looked at.
    task : Task
        Task of the edition.

    Returns
    -------
    str
        TOML that `read_column_map` reads, with a comment on every guess.

    Raises
    ------
    KitError
        If the file cannot be read.
    """
    file = tables_of(path)[0]
    raw, layout = recognise(file)
    wanted = [COLUMN[x] if isinstance(x, str) else x for x in task.source_columns]
    pairs = zip(raw.header, raw.columns, strict=True)
    export = _Export([Values(name, cells) for name, cells in pairs if name])
    _assign(export, wanted)
    draft = Draft(path.name, raw.n_rows, [c.name for c in wanted], layout, export.guesses)
    draft.optional = [c.name for c in wanted if _may_be_absent(c)]
    _describe_items(export, draft)
    _describe_times(export, draft)
    _describe_goods(export, draft, wanted)
    _describe_currency(export, draft)
    _describe_labels(export, draft)
    _describe_ids(export, draft, wanted)
    taken = {guess.source for guess in draft.guesses.values()}
    taken |= {draft.items[0], draft.items[1]} if draft.items else set()
    taken |= {draft.currency} if draft.currency else set()
    unknown = [x for x in export.columns if x.name not in taken]
    _describe_numbers(export, draft, wanted, unknown)
    # Also the words of columns that may become extra ones; they change no other column.
    draft.missing = sorted({word for values in export.columns for word in values.missing})
    return write_draft(draft)


def _may_be_absent(column: Column) -> bool:
    return column.name in DECLARED_COLUMNS and column.name not in REQUIRED


def _assign(export: _Export, wanted: Sequence[Column]) -> None:
    """Give each meaning the column that fits it best; a column has one meaning."""
    meanings = [(column.name, column) for column in wanted] + [(LINE, None), (CURRENCY, None)]
    guesses = [
        Guess(name, values.name, *_judge(values, name, column))
        for name, column in meanings
        for values in export.columns
    ]
    taken: set[str] = set()
    for guess in sorted(guesses, key=lambda g: -g.confidence):
        if guess.confidence < _LEAST or guess.meaning in export.guesses or guess.source in taken:
            continue
        export.guesses[guess.meaning] = guess
        taken.add(guess.source)


def _judge(values: Values, meaning: str, column: Column | None) -> tuple[float, str]:
    """Return the confidence that a column has a meaning, and why."""
    if column is not None and not values.counts and _may_be_absent(column):
        return 0.0, ""  # always empty
    confidence, reason = match_name(values.name, meaning)
    fits, why = _fit(values, meaning, column)
    if confidence:
        if fits or not values.counts:
            return confidence, f"{reason}; {why}" if why else reason
        return round(_UNFIT * confidence, 2), f"{reason}, but its values are unlikely: {why}"
    if column is None or not fits:
        return 0.0, ""
    if column.role == "time" and not (values.is_time or values.date_formats):
        return 0.0, ""  # numbers of five digits may be anything
    if column.role == "time" or is_hs(column):
        return _BY_VALUES, f"by its values: {why}"
    if column.name == LABEL_COLUMNS[0] and values.labels:  # words for yes and no
        return _BY_COMMON_VALUES, f"by its values only: {why}"
    return 0.0, ""


def _fit(values: Values, meaning: str, column: Column | None) -> tuple[bool, str]:
    """Return whether values can have a meaning, and what they look like."""
    if column is None:
        if meaning == CURRENCY:
            return values.share("[A-Z]{3}") > 0, f"such as {values.examples()}"
        return values.share("[0-9]+") > 0, "whole numbers"
    if column.role == "time":
        if values.share(rf"{SERIAL_DAY.pattern}(\.0+)?") >= 1:
            return True, f"days as Excel counts them, such as {values.examples()}"
        fits = values.is_time or bool(values.date_formats)
        return fits, f"days such as {values.examples()}"
    if is_hs(column):
        n = values.hs_digits
        return bool(n), f"codes of {n} digits" if n else f"such as {values.examples()}"
    if is_country(column):
        form = values.countries
        return bool(form), f"countries ({form})" if form else f"such as {values.examples()}"
    if column.role == "number":
        return number_marks([values]) is not None, f"such as {values.examples()}"
    if column.role == "label":
        return values.labels is not None, f"such as {values.examples()}"
    if column.role == "key":
        return True, "every value once" if values.is_unique else "some values repeat"
    if column.role == "code":
        return len(values.counts) <= _MOST_CODES, f"{len(values.counts):,} codes"
    return bool(values.counts), f"{len(values.counts):,} different ones"


def _describe_items(export: _Export, draft: Draft) -> None:
    """Recognise rows that are items of a declaration."""
    number, line = export.values(KEY), export.values(LINE)
    guess = draft.guesses.pop(LINE, None)
    if number is None or line is None or guess is None or number.is_unique:
        return
    draft.items = (number.name, line.name)
    draft.items_why = f"{number.name} repeats, and {line.name} is {guess.reason}"
    del draft.guesses[KEY]


def _describe_times(export: _Export, draft: Draft) -> None:
    days = export.values("Date")
    if days is None or days.is_time:
        return
    draft.is_spreadsheet |= days.has_serial_days
    if not days.date_formats:
        return
    form = days.date_formats[0]
    draft.date_format = form
    draft.date_why = f"fits {days.examples()}"
    if is_day_unclear(form, days.date_formats):
        draft.date_why += "; UNCLEAR: the month may come first"


def _describe_goods(export: _Export, draft: Draft, wanted: Sequence[Column]) -> None:
    """Recognise digits of HS codes, and the form of countries."""
    for column in wanted:
        values = export.values(column.name)
        if values is None:
            continue
        if is_hs(column) and values.hs_digits:
            draft.hs_digits = values.hs_digits
        if is_country(column) and values.countries == "alpha-3":
            draft.countries = "alpha-3"


def _describe_numbers(
    export: _Export, draft: Draft, wanted: Sequence[Column], unknown: Sequence[Values]
) -> None:
    """Recognise marks in numbers, and which columns that are not understood are numbers."""
    numbers = [
        values
        for column in wanted
        if column.role == "number" and (values := export.values(column.name)) is not None
    ]
    more = [values for values in unknown if number_marks([values]) is not None]
    # A file has one kind of marks, of which some columns show more than others.
    marks = number_marks([*numbers, *more]) or number_marks(numbers) or FileLayout()
    draft.decimal, draft.thousands = marks.decimal, marks.thousands
    draft.unknown = [
        (x.name, "number" if x.is_numbers(marks) else "category", x.examples()) for x in unknown
    ]


def _describe_currency(export: _Export, draft: Draft) -> None:
    """Recognise currencies."""
    guess = draft.guesses.pop(CURRENCY, None)
    currency = next((x for x in export.columns if guess and x.name == guess.source), None)
    if currency is not None and set(currency.counts) - {"KRW"}:
        draft.currency = currency.name
        draft.currencies = sorted(set(currency.counts) - {"KRW"})
    elif currency is None and (price := export.values("Item Price")) is not None:
        words = price.name.upper().replace("(", " ").replace(")", " ").replace("_", " ").split()
        draft.currencies = [code for code in _CURRENCIES if code in words][:1]


def _describe_labels(export: _Export, draft: Draft) -> None:
    """Recognise words for yes and no; a label of its own stands for the critical one too."""
    fraud, critical = LABEL_COLUMNS
    if fraud in draft.guesses and critical not in draft.guesses and critical in draft.wanted:
        source = draft.guesses[fraud].source
        why = "no column for it: each fraud counts as 1, none as critical (2)"
        draft.guesses[critical] = Guess(critical, source, draft.guesses[fraud].confidence, why)
    for name in LABEL_COLUMNS:
        values = export.values(name)
        if values is not None and values.labels:
            draft.values[name] = values.labels


def _describe_ids(export: _Export, draft: Draft, wanted: Sequence[Column]) -> None:
    """Recognise what a spreadsheet did to IDs and codes."""
    for column in wanted:
        values = export.values(column.name)
        if values is None or column.role not in ("key", "entity", "code") or is_country(column):
            continue
        if values.share(r"[0-9]+\.0+") > 0:
            draft.is_spreadsheet = True
        if not is_hs(column) and values.full_length:
            draft.digits[column.name] = values.full_length
