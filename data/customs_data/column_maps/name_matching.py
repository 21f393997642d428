"""How alike the name of a foreign column is to those that offices give to a column of the kit."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from customs_data.schema import COLUMN
from customs_data.toml import read_toml

#: Things that a map reads, but that are no columns of the kit.
LINE: Final = "line"
CURRENCY: Final = "currency"
# Names that are certain, contained in another one, and spelled alike.
_EQUAL: Final = 0.95
_CONTAINED: Final = 0.75
_UNKNOWN_REST: Final = 0.3
_ALIKE: Final = 0.65
_LEAST_RATIO: Final = 0.85
# Shorter names are part of many others.
_SHORTEST: Final = 4
_SHORTEST_KOREAN: Final = 2
_SOURCES: Final = {
    "asycuda": "an ASYCUDA name",
    "wco": "a name of the WCO Data Model",
    "english": "an English name",
    "korean": "a Korean name",
    "spanish": "a Spanish name",
    "french": "a French name",
    "portuguese": "a Portuguese name",
    "kit": "the kit's own name",
}


class NameMatch(NamedTuple):
    """How well a name fits.

    Attributes
    ----------
    confidence : float
        From 0 to 1, by the name alone.
    reason : str
        Why, in a few words; '' without any likeness.
    """

    confidence: float = 0.0
    reason: str = ""


def match_name(name: str, meaning: str) -> NameMatch:
    """Return how well the name of a foreign column fits a meaning.

    Parameters
    ----------
    name : str
        As in the file.
    meaning : str
        A column of the kit, `LINE` or `CURRENCY`.

    Examples
    --------
    >>> match_name("FECHA DECLARACION", "Date")
    NameMatch(confidence=0.95, reason='a Spanish name')
    >>> match_name("순중량 합계", "Net Mass")
    NameMatch(confidence=0.63, reason="contains '순중량', a Korean name")
    >>> match_name("Bemerkung", "Net Mass").confidence
    0.0
    >>> match_name("Gross weight", "Net Mass").confidence
    0.0
    """
    plain = _plain(name)
    best = NameMatch()
    if any(word in plain for word in _excluded().get(meaning, ())):
        return best
    own = [(_plain(meaning), meaning, "kit")]  # a column that a task adds
    for known, spelled, language in _known_names().get(meaning, own):
        match = _match(plain, known, spelled, language)
        if match.confidence > best.confidence:
            best = match
    return best


def _match(plain: str, known: str, spelled: str, language: str) -> NameMatch:
    source = _SOURCES[language]
    if plain == known:
        return NameMatch(_EQUAL, source)
    shortest = _SHORTEST_KOREAN if language == "korean" else _SHORTEST
    if len(known) >= shortest and known in plain:
        rest = 1 - len(known) / len(plain)  # the more of the name it is, the likelier
        confidence = round(_CONTAINED - _UNKNOWN_REST * rest, 2)
        return NameMatch(confidence, f"contains {spelled!r}, {source}")
    if SequenceMatcher(None, plain, known).ratio() >= _LEAST_RATIO:
        return NameMatch(_ALIKE, f"like {spelled!r}, {source}")
    return NameMatch()


def _plain(name: str) -> str:
    """Return a name in small letters without accents, blanks and marks; Hangul stays composed."""
    letters = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", bare)).casefold()


@cache
def _read_names() -> dict[str, dict[str, list[str]]]:
    return read_toml(files("customs_data.column_maps") / "known_names.toml")


@cache
def _excluded() -> dict[str, list[str]]:
    """Return parts of names, plain, that a meaning excludes."""
    return {
        meaning: [_plain(word) for word in languages.get("never", ())]
        for meaning, languages in _read_names().items()
    }


@cache
def _known_names() -> dict[str, list[tuple[str, str, str]]]:
    """Return plain name, spelling and language of each known name, by meaning."""
    names = {
        meaning: [
            (_plain(spelled), spelled, language)
            for language, some in languages.items()
            if language != "never"
            for spelled in some
        ]
        for meaning, languages in _read_names().items()
    }
    for name in COLUMN:
        names[name].insert(0, (_plain(name), name, "kit"))
    return names
