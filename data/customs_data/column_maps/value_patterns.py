"""What the values of a foreign column look like: dates, HS codes, countries, numbers, labels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import product
from typing import Final, Literal

import numpy as np
import pyarrow as pa

from customs_data.column_maps.column_map import FileLayout
from customs_data.column_maps.conversion import SERIAL_DAY, plain_text, read_numbers
from customs_data.column_maps.countries import ALPHA_2
from customs_data.columns.damaged_ids import MISSING_WORDS
from customs_data.files.cells import parse_numbers

# So many of the values of a column must look alike; the others may be damaged.
_MOSTLY: Final = 0.95
_MOST_DAYS: Final = 3000
_DAYS: Final = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"),
    *("%m/%d/%Y", "%m-%d-%Y", "%d%m%Y", "%d/%m/%y", "%d.%m.%y", "%m/%d/%y", "%d-%b-%Y"),
)
_TIMES: Final = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", " %I:%M:%S %p")
_MONTH_FIRST: Final = {"%d/%m": "%m/%d", "%d-%m": "%m-%d"}
# 1,234 is one thousand rather than one and a bit, if all values have such groups.
_MARKS: Final[tuple[tuple[Literal[".", ","], str], ...]] = (
    *((".", ""), (".", ","), (",", ""), (",", ".")),
    *((".", " "), (",", " "), (".", "'"), (",", "'")),
)
_ISO_2: Final = frozenset(ALPHA_2.values())
_SHORTEST_HS: Final = 5
_LONGEST_HS: Final = 12
_WORDS_FOR_MISSING: Final = frozenset((*MISSING_WORDS, "-", "--", "---", "n.d.", "s/d")) - {"없음"}
_YES: Final = frozenset(
    ("y", "yes", "si", "sí", "s", "oui", "o", "sim", "true", "t", "예", "적발", "유", "위반", "hit")
)
_NO: Final = frozenset(
    ("n", "no", "non", "não", "nao", "false", "f", "x", "아니오", "미적발", "무", "정상", "없음")
)
_MOST_LABELS: Final = 3
# Of the codes made of digits, so many must have the full length for shorter ones to be damaged.
_FULL_LENGTH: Final = 0.6


@dataclass(frozen=True)
class Values:
    """The values of a foreign column.

    Attributes
    ----------
    name : str
        Its name in the file.
    cells : ChunkedArray, shape (n_rows,)
        As they were read.
    """

    name: str
    cells: pa.ChunkedArray

    @cached_property
    def counts(self) -> Counter[str]:
        """Rows of each distinct text that is neither empty nor spells a missing value."""
        counts = Counter(self._texts)
        for word in (*self.missing, ""):
            counts.pop(word, None)
        return counts

    @cached_property
    def _texts(self) -> list[str]:
        text = plain_text(self.cells)
        return [] if text is None else text.to_pylist()

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Words that spell a missing value; NA among countries is Namibia."""
        words = {x for x in set(self._texts) if x.casefold() in _WORDS_FOR_MISSING}
        others = {x for x in set(self._texts) if x} - words
        if others and all(re.fullmatch("[A-Z]{2}", x) for x in others):
            words.discard("NA")
        return tuple(sorted(words))

    @property
    def n_filled(self) -> int:
        """Number of cells that are neither empty nor spell a missing value."""
        return sum(self.counts.values())

    @property
    def is_unique(self) -> bool:
        """Whether no value is repeated."""
        return len(self.counts) == self.n_filled > 0

    @property
    def is_time(self) -> bool:
        """Whether the file stores times, not text."""
        return bool(pa.types.is_timestamp(self.cells.type) or pa.types.is_date(self.cells.type))

    def share(self, pattern: str) -> float:
        """Return the share of the filled cells that match a pattern in full."""
        matches = (n for value, n in self.counts.items() if re.fullmatch(pattern, value))
        return sum(matches) / max(self.n_filled, 1)

    @cached_property
    def date_formats(self) -> tuple[str, ...]:
        """Formats that fit the values, the likelier first; none if they are no days."""
        if not self.counts or self.is_time:
            return ()
        some = [value for value, _ in self.counts.most_common(_MOST_DAYS)]
        if self.has_serial_days:  # beside which others may be days as text
            some = [value for value in some if not SERIAL_DAY.fullmatch(_as_whole(value))]
            if not some:
                return ()
        formats = (day + time for day, time in product(_DAYS, _TIMES))
        return tuple(form for form in formats if _fitting(some, form) >= _MOSTLY)

    @cached_property
    def has_serial_days(self) -> bool:
        """Whether some values may be days as a spreadsheet counts them."""
        return any(SERIAL_DAY.fullmatch(_as_whole(value)) for value in self.counts)

    @cached_property
    def hs_digits(self) -> int:
        """Number of digits of the HS codes, or 0 if the values are none."""
        lengths: Counter[int] = Counter()
        for value, n in self.counts.items():
            digits = re.sub(r"[.\s-]", "", re.sub(r"^([0-9]+)\.0+$", r"\1", value))
            if digits.isdecimal() and _SHORTEST_HS <= len(digits) <= _LONGEST_HS:
                lengths[len(digits)] += n
        if sum(lengths.values()) < _MOSTLY * self.n_filled or not lengths:
            return 0
        longest = max(length for length, n in lengths.items() if n > (1 - _MOSTLY) * self.n_filled)
        fitting = lengths[longest] + lengths[longest - 1]
        is_hs = longest > _SHORTEST_HS and fitting >= _MOSTLY * self.n_filled
        return longest if is_hs else 0

    @cached_property
    def countries(self) -> str:
        """``alpha-2``, ``alpha-3`` or '' for values that are no countries."""
        total = max(self.n_filled, 1)
        for form, known in (("alpha-2", _ISO_2), ("alpha-3", frozenset(ALPHA_2))):
            if sum(n for x, n in self.counts.items() if x.upper() in known) >= _MOSTLY * total:
                return form if self.counts else ""
        return ""

    def is_numbers(self, layout: FileLayout) -> bool:
        """Return whether the values are numbers with the marks of a layout."""
        if not self.counts:
            return False
        text = pa.chunked_array([pa.array(list(self.counts), pa.string())])
        result = read_numbers(text, layout)
        _, wrong = parse_numbers(result.cells)
        n_bad = np.array(list(self.counts.values()))[result.wrong | wrong].sum()
        return bool(n_bad <= (1 - _MOSTLY) * self.n_filled)

    @cached_property
    def labels(self) -> dict[str, str] | None:
        """Labels 0, 1 and 2 of the values, which are words for yes and no; None if unclear.

        Numbers need no mapping and give an empty dictionary.
        """
        values = set(self.counts)
        if not values or len(values) > _MOST_LABELS:
            return None
        if all(re.fullmatch(r"[012](\.0+)?", value) for value in values):
            return {}
        words = {value: value.casefold() for value in sorted(values)}
        if not all(word in _YES | _NO for word in words.values()):
            return None
        if "x" in words.values() and "o" not in words.values():
            return None  # a cross may mean yes
        return {value: "1" if word in _YES else "0" for value, word in words.items()}

    @cached_property
    def full_length(self) -> int:
        """Digits of IDs whose leading zeros seem to be lost, or 0."""
        lengths: Counter[int] = Counter()
        for value, n in self.counts.items():
            digits = re.sub(r"\.0+$", "", value)
            if not digits.isdecimal() or digits.startswith("0"):
                return 0  # zeros are still there, or these are no numbers
            lengths[len(digits)] += n
        longest = max(lengths, default=0)
        is_mostly_full = lengths[longest] >= _FULL_LENGTH * self.n_filled
        return longest if is_mostly_full and len(lengths) > 1 else 0

    def examples(self) -> str:
        """Return some values in words."""
        some = [repr(value[:30]) for value, _ in self.counts.most_common(3)]
        return ", ".join(some) if some else "always empty"


def _as_whole(value: str) -> str:
    return re.sub(r"\.0+$", "", value)


def _fitting(values: list[str], form: str) -> float:
    """Return the share of values that are days of 1990 to 2100 in a format."""
    n_good = 0
    for place, value in enumerate(values):
        try:
            day = datetime.strptime(value, form)
        except ValueError:
            pass
        else:
            is_compact = "%Y%m%d" in form or "%d%m%Y" in form
            is_whole = not is_compact or len(value) >= len("20200131")
            n_good += 1990 <= day.year <= 2100 and is_whole
        if place == 20 and not n_good:
            return 0.0
    return n_good / len(values)


def number_marks(columns: Sequence[Values]) -> FileLayout | None:
    """Return a layout with the marks with which all columns are numbers, or None."""
    for decimal, thousands in _MARKS:
        layout = FileLayout(decimal=decimal, thousands=thousands)
        if all(values.is_numbers(layout) for values in columns):
            return layout
    return None


def is_day_unclear(form: str, formats: tuple[str, ...]) -> bool:
    """Return whether the values also fit the format with day and month exchanged."""
    pairs = [(day, month) for day, month in _MONTH_FIRST.items() if day in form]
    return any(form.replace(day, month) in formats for day, month in pairs)
