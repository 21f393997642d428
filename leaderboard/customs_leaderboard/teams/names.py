"""Names of teams and members in any script, without tricks (after Unicode Technical Standard 39).

A name is compared with all others before it is added. The look-alikes are not stored, so that a
newer table of them changes no name that exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby
from typing import Final
from unicodedata import category, combining, name, normalize

from customs_data.errors import KitError

_MAX_LENGTH: Final = 40
_SEPARATORS: Final = " -_."
#: Scripts that may be in one name; others stay alone ("highly restrictive" in the standard).
_TOGETHER: Final = (
    {"LATIN", "HAN", "KANA"},
    {"LATIN", "HAN", "BOPOMOFO"},
    {"LATIN", "HAN", "HANGUL"},
)
#: First words of characters' names that differ from the name of their script.
_ALIASES: Final = {
    "CJK": "HAN",
    "IDEOGRAPHIC": "HAN",
    "HIRAGANA": "KANA",
    "KATAKANA": "KANA",
    "KATAKANA-HIRAGANA": "KANA",
    "ARABIC-INDIC": "ARABIC",
    "EXTENDED": "ARABIC",
    "COPTIC": "GREEK",
}
#: Letters and marks that nobody sees (Default_Ignorable_Code_Point).
_INVISIBLE: Final = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f]")
_MAX_MARKS: Final = 5
_MAX_ACCENTS: Final = 2


def check_name(text: str) -> str:
    """Return a team's name in its normal form (NFKC) if it is allowed.

    Raises
    ------
    KitError
        If it does not have 2 to 40 characters, has others than letters, digits, spaces, ``-``,
        ``_`` and ``.``, starts with something other than a letter or digit, mixes scripts, or
        hides something.

    Examples
    --------
    >>> check_name("Busan Customs 2"), check_name("Équipe Été"), check_name("チーム1")
    ('Busan Customs 2', 'Équipe Été', 'チーム1')
    """
    return _check(text, "a team's name", 2)


def check_member_name(text: str) -> str:
    """Return a member's name in its normal form; a single letter is enough.

    Raises
    ------
    KitError
        As `check_name`.
    """
    # The apostrophe of O'Brien does no harm within a name.
    return _check(text, "a member's name", 1, "'")


def key_of(text: str) -> str:
    """Return what a name is found by: the same for upper and lower case, and for wide letters.

    Examples
    --------
    >>> key_of("Ｔｅａｍ A") == key_of("team a")
    True
    """
    return normalize("NFKC", normalize("NFKC", text).casefold())


@lru_cache(maxsize=20_000)
def skeleton(text: str) -> str:
    """Return a text that is the same for names that look alike.

    It has no accents, and a prototype in place of each letter or digit that looks like another.

    Examples
    --------
    >>> skeleton("Теam 1") == skeleton("Team l"), skeleton("Équipe") == skeleton("Equipe")
    (True, True)
    """
    bare = "".join(it for it in normalize("NFD", normalize("NFKC", text)) if not _is_accent(it))
    # Twice: a capital letter may look like another than its small one.
    return _replaced(_replaced(bare).casefold())


def find_look_alike(text: str, others: Iterable[str]) -> str | None:
    """Return the first of some names that is equal to a name or looks like it."""
    key, shape = key_of(text), skeleton(text)
    for other in others:
        if key_of(other) == key or skeleton(other) == shape:
            return other
    return None


def check_free(text: str, others: Iterable[str]) -> None:
    """Raise `KitError` if a name is among the others, or looks like one of them."""
    other = find_look_alike(text, others)
    if other is None:
        return
    if key_of(other) == key_of(text):
        raise KitError(f"The name {text!r} is taken. Choose another.")
    raise KitError(f"The name {text!r} looks like that of the team {other!r}. Choose another.")


def _check(text: str, what: str, least: int, more: str = "") -> str:
    name_ = normalize("NFKC", text)
    if problem := _problem(name_, least, _SEPARATORS + more):
        # Only printable characters are repeated: others could reorder a terminal's line.
        raise KitError(
            f"{_quoted(text)} cannot be {what}: {problem}. Choose {least} to {_MAX_LENGTH} "
            "characters: letters and digits of one script, single spaces, '-', '_' and '.', a "
            "letter or digit first."
        )
    return name_


def _quoted(text: str) -> str:
    return ascii(text[:60]) if _INVISIBLE.search(text) else repr(text[:60])


def _problem(text: str, least: int, separators: str) -> str:
    """Return what is wrong with a name; empty if nothing is."""
    if not least <= len(text) <= _MAX_LENGTH:
        return f"it has {len(text)} character{'' if len(text) == 1 else 's'}"
    kinds = [category(letter) for letter in text]
    for letter, kind in zip(text, kinds, strict=True):
        allowed = kind[0] == "L" or kind in ("Mn", "Mc", "Nd") or letter in separators
        if not allowed or _INVISIBLE.match(letter):
            return f"it contains U+{ord(letter):04X} ({name(letter, 'without a name').lower()})"
    if kinds[0][0] not in "LN":
        return "it starts with neither a letter nor a digit"
    if text.endswith(" ") or "  " in text:
        return "it has two spaces side by side, or one at its end"
    return _mixed_scripts(text) or _stacked_marks(text)


def _mixed_scripts(text: str) -> str:
    scripts = {script for letter in text if (script := _script(letter))}
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        return f"it mixes scripts ({', '.join(sorted(scripts)).lower()})"
    zeros = {ord(letter) - int(letter) for letter in text if category(letter) == "Nd"}
    return "it mixes kinds of digits" if len(zeros) > 1 else ""


def _stacked_marks(text: str) -> str:
    for is_mark, group in groupby(text, key=lambda letter: category(letter)[0] == "M"):
        marks = list(group)
        if is_mark and (len(marks) > _MAX_MARKS or sum(map(_is_accent, marks)) > _MAX_ACCENTS):
            return "it stacks marks on a letter"
    return ""


@lru_cache(maxsize=10_000)
def _script(letter: str) -> str:
    """Return the script of a character; empty if it belongs to all."""
    if letter.isascii():
        return "LATIN" if letter.isalpha() else ""
    first = name(letter).split()[0]
    return "" if first == "COMBINING" else _ALIASES.get(first, first)


def _is_accent(letter: str) -> bool:
    """Whether a mark is an accent or a vowel point, and not part of a syllable."""
    kind = combining(letter)
    return kind == 1 or 10 <= kind <= 36 or kind >= 200


def _replaced(text: str) -> str:
    table = _prototypes()
    return normalize("NFD", "".join(table.get(letter, letter) for letter in text))


@cache
def _prototypes() -> dict[str, str]:
    """Return the character or characters that each look-alike is replaced by."""
    # ASCII has look-alikes, too; the rest is in the table.
    prototypes = {"I": "l", "1": "l", "0": "O", "m": "rn"}
    text = files("customs_leaderboard.teams").joinpath("look_alikes.txt").read_text("utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            prototype, letters = line.split(":")
            shape = "".join(chr(int(code, 16)) for code in prototype.split("+"))
            prototypes |= {chr(int(code, 16)): shape for code in letters.split()}
    return prototypes
